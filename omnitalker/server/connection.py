"""One client's avatar, whatever it is connected by: commands in, events out.

Commands and events are the JSON messages of docs/live.md; the WebSocket and WebRTC share them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, cast

import numpy as np

from omnitalker.agent.character import Character
from omnitalker.agent.conversation import Conversation
from omnitalker.agent.listener import Heard, Listener
from omnitalker.agent.voice_activity import voice_activity
from omnitalker.audio.pcm import from_int16
from omnitalker.base import timeline
from omnitalker.base.config import LONGEST_SHOWN, unknown_choice
from omnitalker.base.errors import InputError
from omnitalker.base.types import MANNERS, AVChunk, Manner
from omnitalker.live.session import AvatarSession, SessionEvent, SessionSettings
from omnitalker.live.warmup import warm_up
from omnitalker.server.admission import Busy
from omnitalker.server.state import ServerState

Tell = Callable[[dict[str, Any]], object]
MOST_TEXT = 20_000
MOST_QUESTION = 4000
"""Characters that a user may say at once: a language model is sent them again with every later turn."""
MOST_SOUND_BYTES = 64_000
"""Two seconds of a microphone."""
SIZES = (0, 256, 512, 768)


class ClientConnection:
    """Make it in a worker thread (it may load a face), then `open` it in the event loop."""

    def __init__(
        self, hall: ServerState, name: str, wish: dict[str, Any], caller: str = ""
    ) -> None:
        if name not in hall.characters:
            raise InputError(unknown_choice("character", name, hall.characters))
        size = wish.get("size")
        if size is not None and (type(size) is not int or size not in SIZES):
            got = str(size)[:LONGEST_SHOWN]
            raise InputError(f"size must be one of {', '.join(map(str, SIZES))}, got {got}")
        self._hall = hall
        self._caller = caller
        self.character: Character = hall.characters[name]
        self.wants_pictures = wish.get("video", "jpeg") != "none"
        settings = SessionSettings(size=size if self.wants_pictures else 0)
        performer = hall.performer(name)
        warm_up(performer)
        self.session = AvatarSession(performer, settings)
        self.conversation = Conversation(self.session, self.character, hall.brain, hall.toolbox)
        self._name = name
        self._greets = bool(wish.get("greet", True))
        self._listener: Listener | None = None
        self._has_microphone = False
        self._tasks: list[asyncio.Task[None]] = []
        self._commands: dict[str, Callable[[dict[str, Any]], object]] = {
            "text.delta": lambda m: self.session.push_text(self._to_say(m)),
            "text.end": lambda _: self.session.end_text(),
            "say": lambda m: self.session.say(self._to_say(m), _manner(m)),
            "interrupt": lambda _: self.conversation.stop(),
            "manner": lambda m: self.session.set_manner(_manner(m) or self.character.manner),
            "nod": lambda _: self.session.nod(),
            "user.text": lambda m: self._user_said(_text(m, MOST_QUESTION)),
            "session.start": lambda _: None,
            "ping": lambda _: self._tell({"type": "pong", "time": self.session.time}),
        }
        self._tell: Tell = lambda _: None

    def open(self, loop: asyncio.AbstractEventLoop, tell: Tell) -> None:
        """`tell` gets every event, in the loop."""
        self._loop = loop
        self._tell = tell
        self.session.listen(lambda event: loop.call_soon_threadsafe(self._relay, event))
        self.session.subscribe(self._count)
        self._hall.live.add(self.session)
        width, height = self.session.pictures.size if self.session.pictures else (0, 0)
        tell(
            {
                "type": "session.started",
                "character": self._name,
                "name": self.character.name,
                "characters": list(self._hall.characters),
                "manners": list(MANNERS),
                "manner": self.session.manner,
                "width": width,
                "height": height,
                "fps": timeline.VIDEO_FPS,
                "sample_rate": timeline.SAMPLE_RATE,
            }
        )
        self._tasks.append(loop.create_task(self._break_silence(), name="omnitalker-silence"))
        if self._greets:
            self.conversation.greet()

    async def do(self, message: dict[str, Any]) -> None:
        command = self._commands.get(message["type"])
        if command is None:
            raise InputError(unknown_choice("message type", message["type"], self._commands))
        command(message)

    def hear_sound(self, data: bytes) -> None:
        """The user's microphone: 16-bit mono at 16 kHz."""
        if len(data) % 2:
            raise InputError(f"sound must be 16-bit samples; got {len(data)} bytes")
        if len(data) > MOST_SOUND_BYTES:
            raise InputError(f"{len(data)} bytes of sound at once; the limit is {MOST_SOUND_BYTES}")
        if self._listener is not None:
            self._listener.push(from_int16(np.frombuffer(data, "<i2")))
        elif not self._has_microphone:
            self._has_microphone = True
            self._tasks.append(asyncio.create_task(self._begin_to_listen()))

    async def aclose(self) -> None:
        self._hall.live.discard(self.session)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._listener is not None:
            await self._listener.aclose()
        await self.conversation.aclose()
        await asyncio.to_thread(self.session.close)

    async def _begin_to_listen(self) -> None:
        """The detector is loaded aside; the first moments of the microphone are not heard."""
        activity = await asyncio.to_thread(voice_activity)
        self._listener = Listener(
            self.conversation, self._on_heard, activity=activity, recogniser=self._hall.recogniser
        )

    async def _break_silence(self) -> None:
        """Without a microphone nobody else notices that the user has gone quiet."""
        patience = self.character.proactive.after_seconds
        quiet = 0.0
        while not self._has_microphone:
            await asyncio.sleep(1.0)
            quiet = 0.0 if self.conversation.is_answering else quiet + 1.0
            if quiet >= patience:
                quiet = 0.0
                self.conversation.speak_unasked()

    def _to_say(self, message: dict[str, Any]) -> str:
        """Within the caller's budget, and while the server stays."""
        if self._hall.is_leaving.is_set():
            raise Busy("the server is stopping")
        self._hall.admission.check_speech(self._caller)
        return _text(message)

    def _count(self, chunk: AVChunk) -> None:
        if not chunk.is_idle:
            self._hall.admission.speech.add(self._caller, 1 / timeline.VIDEO_FPS)

    def _user_said(self, text: str) -> None:
        if self._hall.is_leaving.is_set():
            raise Busy("the server is stopping")
        self._hall.admission.check_question(self._caller)
        self._hall.admission.check_speech(self._caller)
        self._tell({"type": "user", "text": text})
        self.conversation.hear(text)

    def _on_heard(self, heard: Heard) -> None:
        if heard.kind == "understood":
            self._tell({"type": "user", "text": heard.detail})
            return
        self._tell({"type": "heard", "kind": heard.kind, "detail": heard.detail})

    def _relay(self, event: SessionEvent) -> None:
        told: dict[str, Any] = {
            "type": event.kind.replace("_", "."), "time": event.time, "utterance": event.utterance,
        }  # fmt: skip
        if event.detail:
            told["detail"] = event.detail
        if event.kind == "speech_started" and self.session.stats.first_chunk_seconds:
            told["latency_ms"] = round(1000 * self.session.stats.first_chunk_seconds[-1])
        self._tell(told)


def _text(message: dict[str, Any], most: int = MOST_TEXT) -> str:
    text = message.get("text")
    if not isinstance(text, str) or len(text) > most:
        raise InputError(f'"text" must be a string of at most {most} characters')
    return text


def _manner(message: dict[str, Any]) -> Manner | None:
    manner = message.get("manner")
    if manner is not None and manner not in MANNERS:
        raise InputError(unknown_choice("manner", str(manner), MANNERS))
    return cast("Manner | None", manner)
