from __future__ import annotations

import asyncio
import time
import wave
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from omnitalker.agent.brain import EchoBrain
from omnitalker.agent.character import Character
from omnitalker.agent.chat import ChatInputs, ChatOutputs, talk
from omnitalker.agent.conversation import Conversation
from omnitalker.agent.feelings import Feelings, manner_for
from omnitalker.agent.hearing import Hearing, hearing_named, recogniser_of
from omnitalker.agent.listener import Listener
from omnitalker.agent.turns import Heard
from omnitalker.agent.voice_activity import RATE
from omnitalker.base.errors import ConfigError
from omnitalker.base.types import FloatArray
from omnitalker.live.session import AvatarSession, SessionSettings
from omnitalker.models.mood import Judgement, Mood

if TYPE_CHECKING:
    from omnitalker.live.performer import Performer

pytestmark = pytest.mark.usefixtures("no_leaks")
ADA = Character("Ada", "You are Ada.")


class Loud:
    """Sound that is not zero is a voice."""

    def probability(self, window: FloatArray) -> float:
        return float(window.any())


class Ears:
    """Understands everything as the same words."""

    def __init__(self, text: str = "what time is it") -> None:
        self.text = text
        self.heard: list[FloatArray] = []

    async def transcribe(self, samples: FloatArray) -> str:
        self.heard.append(samples)
        return self.text


class Felt(Feelings):
    """Judges as it is told."""

    def __init__(self, mood: Mood, confidence: float = 0.9) -> None:
        super().__init__()
        self.judgement = Judgement(mood, confidence, {mood: confidence})

    def judge(self, samples: FloatArray) -> Judgement | None:
        return self.judgement


def voice(seconds: float) -> FloatArray:
    rng = np.random.default_rng(0)
    return (0.1 * rng.standard_normal(int(seconds * RATE))).astype(np.float32)


def listen(
    performer: Performer, script: Callable[[Listener, Conversation], object], **parts: object
) -> tuple[list[Heard], Conversation]:
    heard: list[Heard] = []

    async def run() -> Conversation:
        async with AvatarSession(performer, SessionSettings(size=0)) as session:
            conversation = Conversation(session, ADA, EchoBrain())
            listener = Listener(conversation, heard.append, activity=Loud(), **parts)  # type: ignore[arg-type]
            result = script(listener, conversation)
            if asyncio.iscoroutine(result):
                await result
            deadline = time.monotonic() + 20
            while listener.is_busy and time.monotonic() < deadline:
                await asyncio.sleep(0.02)
            await listener.aclose()
            await conversation.aclose()
            return conversation

    return heard, asyncio.run(run())


def test_what_is_understood_is_answered_in_the_manner_of_the_mood(performer: Performer) -> None:
    ears = Ears()

    def script(listener: Listener, _: Conversation) -> None:
        listener.push(np.concatenate([voice(1.5), np.zeros(2 * RATE, np.float32)]))

    heard, conversation = listen(performer, script, recogniser=ears, feelings=Felt("angry"))
    kinds = [event.kind for event in heard]
    assert kinds.index("speech_ended") < kinds.index("mood") < kinds.index("understood")
    assert conversation.memory.turns[0] == {"role": "user", "content": "what time is it"}
    assert conversation.session.manner == "calm"
    assert 1.5 <= len(ears.heard[0]) / RATE < 3.0


def test_a_voice_stops_the_avatar_at_once(performer: Performer) -> None:
    async def script(listener: Listener, conversation: Conversation) -> None:
        conversation.session.say("This goes on and on, and then on again, for a long time. " * 4)
        while conversation.session.stats.speech_frames < 5:
            await asyncio.sleep(0.02)
        listener.push(voice(0.2))
        assert conversation.session.is_speaking
        began = time.perf_counter()
        listener.push(voice(0.2))
        assert time.perf_counter() - began < 1.0
        assert not conversation.session.mixer.is_speaking

    heard, _ = listen(performer, script)
    assert next(event.kind for event in heard) == "barge_in"


@pytest.mark.parametrize(
    ("mood", "confidence", "manner"),
    [("angry", 0.9, "calm"), ("sad", 0.8, "calm"), ("happy", 0.7, "happy"), ("neutral", 1.0, "sad"), ("angry", 0.4, "sad")],
)  # fmt: skip
def test_an_unsure_judgement_changes_nothing(mood: Mood, confidence: float, manner: str) -> None:
    assert manner_for(Judgement(mood, confidence, {}), "sad") == manner
    assert manner_for(None, "sad") == "sad"


def test_recognisers_are_chosen_by_name() -> None:
    assert hearing_named("whisper:small") == Hearing("whisper", model="small")
    assert hearing_named("http://x/v1").url == "http://x/v1"
    assert recogniser_of(Hearing()) is None
    with pytest.raises(ConfigError, match="pocketsphinx"):
        hearing_named("pocketsphynx")
    with pytest.raises(ConfigError, match="url"):
        Hearing("endpoint")


def test_a_talk_with_a_recording_ends_after_its_answer(
    performer: Performer, tmp_path: Path
) -> None:
    path = tmp_path / "user.wav"
    time_ = np.arange(RATE) / RATE
    sound = np.concatenate(
        [0.3 * np.sin(2 * np.pi * 150 * time_) * np.sign(np.sin(900 * time_)), np.zeros(RATE)]
    )
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes((sound * 20000).astype("<i2").tobytes())
    written: list[str] = []
    inputs = ChatInputs(recording=path, recogniser=Ears("hello there"))
    import omnitalker.agent.chat as chat

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chat, "voice_activity", Loud)
        patch.setattr(chat, "END_BLOCKS", 10)
        asyncio.run(
            asyncio.wait_for(
                talk(performer, ADA, EchoBrain(), ChatOutputs(None, False), written.append, inputs),
                60,
            )
        )
    text = "".join(written)
    assert "(understood: hello there)" in text
    assert "said: hello there" in text.replace(",", "")
