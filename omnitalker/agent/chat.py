"""A talk in the terminal: typed lines or a voice in; the avatar's voice from the loudspeaker, its film in a file."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from omnitalker.agent.brain import Brain
from omnitalker.agent.character import Character
from omnitalker.agent.conversation import Conversation, RunTool
from omnitalker.agent.hearing import Recogniser
from omnitalker.agent.keyboard import typed_lines
from omnitalker.agent.listener import Listener
from omnitalker.agent.microphone import microphone, microphone_file
from omnitalker.agent.turns import Heard
from omnitalker.agent.voice_activity import voice_activity
from omnitalker.audio.pcm import pcm_bytes
from omnitalker.base import timeline
from omnitalker.base.types import AVChunk
from omnitalker.live.performer import Performer
from omnitalker.live.session import AvatarSession, SessionEvent, SessionSettings
from omnitalker.media.writer import VideoWriter
from omnitalker.text.direction import emotion_named

log = logging.getLogger(__name__)
END_BLOCKS = 80
"""So much silence after the last answer (2.5 s) ends a talk with a recording."""


@dataclass(frozen=True)
class ChatInputs:
    """The keyboard always; a voice besides where one of these is given."""

    microphone: bool = False
    recording: Path | None = None
    """A sound file played into the avatar's ear as if it were a microphone; the talk ends after its answer."""
    recogniser: Recogniser | None = None

    @property
    def has_voice(self) -> bool:
        return self.microphone or self.recording is not None


@dataclass(frozen=True)
class ChatOutputs:
    film: Path | None = None
    loudspeaker: bool = True


async def talk(
    performer: Performer,
    character: Character,
    brain: Brain,
    outputs: ChatOutputs,
    write: Callable[[str], object] = sys.stdout.write,
    inputs: ChatInputs | None = None,
    run_tool: RunTool | None = None,
) -> None:
    """Until the input ends, or the user types /quit. /stop interrupts, /manner NAME changes the mood."""
    inputs = inputs or ChatInputs()
    cancelled: asyncio.CancelledError | None = None
    size = None if outputs.film else 0
    session = AvatarSession(performer, SessionSettings(size=size))
    with ExitStack() as stack:
        for sink in _sinks(outputs, session, stack):
            session.subscribe(sink)
        session.subscribe(lambda chunk: _write_words(chunk, write))
        session.listen(lambda event: _write_event(event, character.name, write))
        stack.enter_context(session)
        conversation = Conversation(session, character, brain, run_tool)
        conversation.greet()
        try:
            if inputs.recording is not None:
                await _finish(session)
                await _hear(conversation, inputs, write)
            else:
                await _type_and_talk(conversation, inputs, write)
        except asyncio.CancelledError as error:
            cancelled = error  # Ctrl-C is a way to end a talk like any other: its film is kept
        finally:
            await conversation.aclose()
    if cancelled is not None:
        raise cancelled


async def _type_and_talk(
    conversation: Conversation, inputs: ChatInputs, write: Callable[[str], object]
) -> None:
    """Lines from the keyboard; a microphone is listened to at the same time."""
    ears = asyncio.create_task(_hear(conversation, inputs, write)) if inputs.has_voice else None
    lines = asyncio.create_task(_read_lines(conversation, write))
    both = {lines, ears} if ears is not None else {lines}
    try:
        done, _ = await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in both:
            task.cancel()
        await asyncio.gather(*both, return_exceptions=True)


async def _hear(
    conversation: Conversation, inputs: ChatInputs, write: Callable[[str], object]
) -> None:
    """The user's voice, to its end; a microphone has none."""
    understood = 0

    def tell(heard: Heard) -> None:
        nonlocal understood
        understood += heard.kind == "understood"
        if heard.kind in ("understood", "mood", "barge_in", "backchannel", "agitated"):
            write(f"({heard.kind}{': ' + heard.detail if heard.detail else ''})\n")

    activity = await asyncio.to_thread(voice_activity)
    listener = Listener(conversation, tell, inputs.recogniser, activity)
    sound: Any = microphone_file(inputs.recording) if inputs.recording else microphone()
    quiet = 0
    try:
        async with contextlib.aclosing(sound) as blocks:
            async for block in blocks:
                listener.push(block)
                is_over = not block.any() and not listener.is_busy and not conversation.is_answering
                quiet = quiet + 1 if is_over else 0
                if inputs.recording is not None and quiet > END_BLOCKS:
                    return
    finally:
        await listener.aclose()


async def _finish(session: AvatarSession) -> None:
    """Until the avatar has said what it has to say."""
    while session.is_speaking:
        await asyncio.sleep(0.1)


async def _read_lines(conversation: Conversation, write: Callable[[str], object]) -> None:
    session = conversation.session
    answer: asyncio.Task[None] | None = None
    async for typed in typed_lines():
        line = typed.strip()
        if line == "/quit":
            return
        if line == "/stop":
            conversation.stop()
        elif line.startswith("/manner "):
            manner = emotion_named(line[8:].strip())
            session.set_manner(manner) if manner else write("no such manner\n")
        elif line:
            answer = conversation.hear(line)
    if answer is not None:
        await asyncio.wait({answer})  # it may have been stopped
    await _finish(session)


def _sinks(
    outputs: ChatOutputs, session: AvatarSession, stack: ExitStack
) -> Iterator[Callable[[AVChunk], object]]:
    if outputs.film is not None and session.pictures is not None:
        writer = stack.enter_context(VideoWriter(outputs.film, session.pictures.size))
        yield writer.write
    if outputs.loudspeaker:
        play = stack.enter_context(_loudspeaker())
        if play is not None:
            yield play


@contextmanager
def _loudspeaker() -> Iterator[Callable[[AVChunk], object] | None]:
    """None where there is no sound card or no library for it; the talk goes on in text."""
    try:
        import sounddevice
    except (ImportError, OSError) as error:
        log.warning("no sound: %s (pip install sounddevice)", error)
        yield None
        return
    with contextlib.ExitStack() as stack:
        try:
            stream = sounddevice.RawOutputStream(
                samplerate=timeline.SAMPLE_RATE, channels=1, dtype="int16", latency="low"
            )
            stack.enter_context(stream)
        except sounddevice.PortAudioError as error:
            log.warning("no sound: %s", error)
            yield None
            return
        yield lambda chunk: stream.write(pcm_bytes(chunk.samples))


def _write_words(chunk: AVChunk, write: Callable[[str], object]) -> None:
    for word in chunk.words:
        write(word.text + " ")
    if chunk.is_last:
        write("\n")


def _write_event(event: SessionEvent, name: str, write: Callable[[str], object]) -> None:
    if event.kind == "speech_started":
        write(f"{name}: ")
    elif event.kind == "interrupted":
        write("—\n")
