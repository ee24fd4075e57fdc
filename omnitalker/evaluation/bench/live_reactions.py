"""How soon an avatar reacts: from the last piece of sound or text that makes an event, to what it does."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from omnitalker.agent.brain import EchoBrain
from omnitalker.agent.character import Character
from omnitalker.agent.conversation import Conversation
from omnitalker.agent.listener import Listener
from omnitalker.agent.turns import Heard
from omnitalker.agent.voice_activity import WINDOW, VoiceActivity, voice_activity
from omnitalker.base.types import AVChunk, FloatArray
from omnitalker.live.performer import Performer
from omnitalker.live.session import AvatarSession
from omnitalker.studio.order import parse

LONG = (
    "This is a long answer that goes on for quite a while, so that somebody can cut it short. " * 3
)


class Certain:
    """The installed detector does its work, but what it says is known: sound that is not zero is a voice."""

    def __init__(self, inner: VoiceActivity) -> None:
        self._inner = inner

    def probability(self, window: FloatArray) -> float:
        self._inner.probability(window)
        return float(window.any())


@dataclass
class _Watch:
    """When things happened, on `time.perf_counter`'s clock."""

    heard: dict[str, float] = field(default_factory=dict)
    idle: list[float] = field(default_factory=list)
    speech: list[float] = field(default_factory=list)

    def on_heard(self, event: Heard) -> None:
        self.heard[event.kind] = time.perf_counter()

    def on_chunk(self, chunk: AVChunk) -> None:
        (self.idle if chunk.is_idle else self.speech).append(time.perf_counter())


def reactions(performer: Performer, turns: int) -> dict[str, float]:
    """Milliseconds, the slowest 5 % of `turns`; each is asked to be at most 50."""
    return asyncio.run(_reactions(performer, max(turns, 1)))


async def _reactions(performer: Performer, turns: int) -> dict[str, float]:
    character = Character(performer.name, "A voice.", parse({"emotion": performer.manner}))
    activity = Certain(await asyncio.to_thread(voice_activity))
    times: dict[str, list[float]] = {}
    watch = _Watch()
    async with AvatarSession(performer) as session:
        session.subscribe(watch.on_chunk)
        conversation = Conversation(session, character, EchoBrain())
        listener = Listener(conversation, watch.on_heard, activity=activity)
        for _ in range(turns):
            for name, seconds in (await _turn(session, listener, watch)).items():
                times.setdefault(name, []).append(1000 * seconds)
        await listener.aclose()
        await conversation.aclose()
    return {f"{name}_p95": round(float(np.percentile(v, 95)), 1) for name, v in times.items()}


async def _turn(session: AvatarSession, listener: Listener, watch: _Watch) -> dict[str, float]:
    """The avatar speaks, the user breaks in, and falls silent."""
    watch.heard.clear()
    began = time.perf_counter()
    session.say(LONG)
    said = time.perf_counter() - began
    before = len(watch.speech)
    await _until(lambda: len(watch.speech) > before + 5)
    voice = (0.1 * np.random.default_rng(0).standard_normal(WINDOW)).astype(np.float32)
    pushed = _push_until(listener, voice, watch, "barge_in")
    silenced = time.perf_counter()
    count = len(watch.idle)
    await _until(lambda: len(watch.idle) > count)
    for _ in range(40):
        listener.push(voice)
    ended = _push_until(listener, np.zeros(WINDOW, np.float32), watch, "speech_ended")
    over = time.perf_counter()
    await _until(lambda: "mood" in watch.heard or not listener.is_busy)
    return {
        "text_accepted": said,
        "barge_in_noticed": pushed,
        "barge_in_to_listening_face": watch.idle[count] - silenced + pushed,
        "end_of_turn_noticed": ended,
        "mood_judged": watch.heard.get("mood", over) - over + ended,
    }


def _push_until(listener: Listener, window: FloatArray, watch: _Watch, kind: str) -> float:
    """How long the window took that made the event happen."""
    for _ in range(200):
        began = time.perf_counter()
        listener.push(window)
        if kind in watch.heard:
            return time.perf_counter() - began
    raise AssertionError(f"{kind} never came")


async def _until(condition: Callable[[], bool], seconds: float = 30.0) -> None:
    deadline = time.perf_counter() + seconds
    while not condition() and time.perf_counter() < deadline:
        await asyncio.sleep(0.002)
