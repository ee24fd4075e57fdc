"""The avatar's ears: turns what the microphone hears into barge-ins, nods, "mm-hm"s, moods and words."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

import numpy as np

from omnitalker.agent.conversation import Conversation
from omnitalker.agent.feelings import Feelings, manner_for
from omnitalker.agent.hearing import Recogniser
from omnitalker.agent.turns import Heard, TurnSettings, TurnTaker
from omnitalker.agent.voice_activity import RATE, WINDOW, VoiceActivity, voice_activity
from omnitalker.base.types import FloatArray
from omnitalker.models.mood import Judgement

log = logging.getLogger(__name__)
LONGEST_SECONDS = 60
BEFORE_SECONDS = 0.4
"""Kept from before speech was noticed, so that the first sound is not cut."""


class Listener:
    """Use from the event loop of the conversation. Without a recogniser only the reactions work."""

    def __init__(
        self,
        conversation: Conversation,
        tell: Callable[[Heard], object],
        recogniser: Recogniser | None = None,
        activity: VoiceActivity | None = None,
        feelings: Feelings | None = None,
    ) -> None:
        self._conversation = conversation
        self._tell = tell
        self._recogniser = recogniser
        self._activity = activity or voice_activity()
        self._feelings = feelings or Feelings()
        self._is_agitated = False
        proactive = conversation.character.proactive
        self._turns = TurnTaker(TurnSettings(silence_seconds=proactive.after_seconds))
        self._backchannels = 0
        self._rest: FloatArray = np.zeros(0, np.float32)
        self._heard: list[FloatArray] = []
        self._tasks: set[asyncio.Task[None]] = set()

    def push(self, samples: FloatArray) -> None:
        """(N,) at 16 kHz, as it comes."""
        sound = np.concatenate([self._rest, samples])
        whole = len(sound) // WINDOW * WINDOW
        self._rest = sound[whole:]
        for window in sound[:whole].reshape(-1, WINDOW):
            self._heard.append(window)
            level = float(np.sqrt(np.mean(np.square(window))))
            speaks = self._conversation.session.is_speaking
            probability = self._activity.probability(window)
            for heard in self._turns.push(probability, level, avatar_speaks=speaks):
                self._react(heard)
        self._forget()

    @property
    def is_busy(self) -> bool:
        """Whether the user is speaking, or what was said is still being understood."""
        return self._turns.is_speech or bool(self._tasks)

    async def aclose(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _react(self, heard: Heard) -> None:
        conversation = self._conversation
        character = conversation.character
        if heard.kind == "barge_in":
            conversation.stop()
        elif heard.kind == "pause":
            conversation.session.nod()
        elif heard.kind == "backchannel" and character.backchannels:
            line = character.backchannels[self._backchannels % len(character.backchannels)]
            self._backchannels += 1
            conversation.session.say(line)
        elif heard.kind == "agitated":
            self._is_agitated = True
            conversation.session.set_manner("calm")
            if self._recogniser is None:
                conversation.say(character.lines.agitated)
        elif heard.kind == "silence":
            conversation.speak_unasked()
        elif heard.kind == "speech_ended":
            self._understand()
        self._tell(heard)

    def _understand(self) -> None:
        sound = np.concatenate(self._heard)
        self._heard.clear()
        was_agitated, self._is_agitated = self._is_agitated, False
        task = asyncio.create_task(self._answer(sound, was_agitated), name="omnitalker-hearing")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _answer(self, sound: FloatArray, was_agitated: bool) -> None:
        """Mood first: it is ready long before the words, and they are answered in its manner."""
        own = self._conversation.character.manner
        judgement = await asyncio.to_thread(self._feelings.judge, sound)
        manner = "calm" if was_agitated else manner_for(judgement, own)
        if judgement is not None:
            self._tell(Heard("mood", self._turns.time, _described(judgement)))
        if manner != self._conversation.session.manner:
            self._conversation.session.set_manner(manner)
        if self._recogniser is None:
            return
        try:
            text = await self._recogniser.transcribe(sound)
        except Exception:
            log.exception("the recogniser failed; the user's words are lost")
            return
        if text.strip():
            self._tell(Heard("understood", self._turns.time, text))
        opening = self._conversation.character.lines.agitated if was_agitated else ""
        self._conversation.hear(text, opening=opening)

    def _forget(self) -> None:
        seconds = LONGEST_SECONDS if self._turns.is_speech else BEFORE_SECONDS
        most = int(seconds * RATE / WINDOW) + 1
        del self._heard[:-most]


def _described(judgement: Judgement) -> str:
    return f"{judgement.mood} {judgement.confidence:.0%}"
