"""`omnitalker bench live`: what a user feels, measured on this machine with real sessions."""

from __future__ import annotations

import os
import resource
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from omnitalker import timeline
from omnitalker.dialogue.bench_reactions import reactions
from omnitalker.dialogue.character import Character, perform
from omnitalker.dialogue.performer import Performer
from omnitalker.dialogue.session import AvatarSession, SessionEvent
from omnitalker.studio import RendererKind, Studio
from omnitalker.types import AVChunk

SENTENCES = (
    "Well, let me think about that for a moment, and then I will tell you.",
    "That is a good question, and the answer may surprise you.",
    "I would take the train, because the view along the coast is lovely.",
    "No, not today, but we could try again tomorrow morning.",
)
PATIENCE = 30.0


@dataclass(frozen=True)
class BenchSettings:
    turns: int = 20
    seconds: float = 30.0
    sessions: int = 4
    size: int = 512
    renderer: RendererKind = "warp"
    checkpoint: str = "checkpoints/tiny"
    webrtc_minutes: float = 0.0
    """Watch the sound and picture of a WebRTC peer for so long; 0 = not."""


def measure(settings: BenchSettings) -> dict[str, Any]:
    """Every figure by name; times in milliseconds unless the name says otherwise."""
    studio = Studio.from_pretrained(settings.checkpoint)
    character = Character("bench", "A voice.", renderer=settings.renderer, size=settings.size)
    performer = perform(studio, character)
    performer.warm_up()
    figures = {
        "settings": asdict(settings),
        "processors": os.cpu_count(),
        "load_average": round(os.getloadavg()[0], 2),
        "latency": latency(performer, settings.turns),
        "continuous": continuous(performer, settings.seconds),
        "interruption": interruption(performer, settings.turns // 2),
        "memory": memory(performer, settings.turns),
        "reactions_ms": reactions(performer, settings.turns // 2),
        "together": together(performer, settings.sessions, settings.seconds / 2),
    }
    if settings.webrtc_minutes:
        from omnitalker.dialogue.bench_rtc import webrtc

        figures["webrtc"] = webrtc(performer, studio, settings.webrtc_minutes, settings.size)
    return figures


class _Probe:
    """What a session delivered and when."""

    def __init__(self, session: AvatarSession) -> None:
        self.session = session
        self.events: list[SessionEvent] = []
        self.times: list[float] = []
        self.speech: list[float] = []
        self.late_speech = 0
        self.is_silenced = False
        session.subscribe(self._on_chunk)
        session.listen(self.events.append)

    def _on_chunk(self, chunk: AVChunk) -> None:
        now = time.perf_counter()
        self.times.append(now)
        if not chunk.is_idle:
            self.speech.append(now)
            self.late_speech += self.is_silenced

    def count(self, kind: str) -> int:
        return sum(event.kind == kind for event in self.events)

    def first_after(self, count: int, began: float) -> float:
        """Milliseconds from `began` to the speech frame after the first `count`."""
        self.wait(lambda: len(self.speech) > count)
        came = self.speech[count] if len(self.speech) > count else began + PATIENCE
        return 1000 * (came - began)

    def wait(self, condition: Callable[[], bool], seconds: float = PATIENCE) -> None:
        deadline = time.perf_counter() + seconds
        while not condition() and time.perf_counter() < deadline:
            time.sleep(0.005)


@contextmanager
def _live(performer: Performer) -> Iterator[_Probe]:
    session = AvatarSession(performer.pipeline, performer)
    probe = _Probe(session)
    with session:
        time.sleep(0.2)
        yield probe


def latency(performer: Performer, turns: int) -> dict[str, float]:
    """First clause pushed to its first sound and picture handed out, on the beat of 40 ms."""
    waits = []
    with _live(performer) as probe:
        for turn in range(turns):
            probe.session.push_text(SENTENCES[turn % len(SENTENCES)].split(",")[0] + ",")
            before = len(probe.speech)
            began = time.perf_counter()
            probe.session.push_text(" ")
            probe.session.end_text()
            waits.append(probe.first_after(before, began))
            probe.session.interrupt()
            time.sleep(0.4)
        inner = [1000 * s for s in probe.session.stats.first_chunk_seconds]
    return _spread(waits) | {"from_prepared_clause_median": round(float(np.median(inner)), 1)}


def continuous(performer: Performer, seconds: float) -> dict[str, float]:
    """One long reply; a starved sound or a late frame is a failure."""
    sentences = int(seconds / 2) + 4
    with _live(performer) as probe:
        used = time.process_time()
        for index in range(sentences):
            probe.session.push_text(SENTENCES[index % len(SENTENCES)] + " ")
        probe.session.end_text()
        probe.wait(lambda: bool(probe.speech))
        start = time.perf_counter()
        time.sleep(seconds)
        wall = time.perf_counter() - start
        used = time.process_time() - used
        frames = sum(t >= start for t in probe.times)
        lateness = 1000 * np.abs(np.diff([t for t in probe.times if t >= start]) - 0.04)
        pictures = probe.session.pictures
        return {
            "frames_per_second": round(frames / wall, 2),
            "speech_share": round(sum(t >= start for t in probe.speech) / max(frames, 1), 3),
            "starved": probe.session.mixer.starved,
            "pictures_repeated": pictures.repeated if pictures else 0,
            "quality_level": pictures.level if pictures else 0,
            "jitter_p95": round(float(np.percentile(lateness, 95)), 1),
            "cores_used": round(used / wall, 2),
            "seconds": round(wall, 1),
        }


def interruption(performer: Performer, turns: int) -> dict[str, float]:
    """Frames of old speech after `interrupt()`, and how soon the next reply begins."""
    late, waits = [], []
    with _live(performer) as probe:
        for turn in range(max(turns, 1)):
            probe.session.say(" ".join(SENTENCES))
            before = len(probe.speech)
            probe.wait(lambda n=before: len(probe.speech) > n + 10)  # type: ignore[misc]
            probe.late_speech = 0
            probe.session.interrupt()
            probe.is_silenced = True
            time.sleep(0.3)
            probe.is_silenced = False
            late.append(probe.late_speech)
            before, began = len(probe.speech), time.perf_counter()
            probe.session.say(SENTENCES[turn % len(SENTENCES)])
            waits.append(probe.first_after(before, began))
            probe.session.interrupt()
            time.sleep(0.3)
    return {"old_frames_most": max(late), **{f"next_{k}": v for k, v in _spread(waits).items()}}


def memory(performer: Performer, turns: int) -> dict[str, float]:
    """Resident memory before and after many interrupted turns."""
    with _live(performer) as probe:
        first = 0.0
        for turn in range(max(turns, 6)):
            probe.session.say(SENTENCES[turn % len(SENTENCES)])
            before = len(probe.speech)
            probe.wait(lambda n=before: len(probe.speech) > n + 5)  # type: ignore[misc]
            probe.session.interrupt()
            time.sleep(0.1)
            if turn == 4:
                first = _resident_mb()
        last = _resident_mb()
    return {
        "turns": max(turns, 6),
        "resident_mb": round(last),
        "growth_percent": round(100 * (last / first - 1), 2),
    }


def together(performer: Performer, sessions: int, seconds: float) -> dict[str, Any]:
    """Several avatars that speak at once, each with its own rate, so that unfairness shows."""
    open_ones = [AvatarSession(performer.pipeline, performer) for _ in range(sessions)]
    probes = [_Probe(session) for session in open_ones]
    try:
        for session in open_ones:
            session.start()
            session.say(" ".join(SENTENCES * int(seconds / 8 + 2)))
        start = time.perf_counter()
        time.sleep(seconds)
        wall = time.perf_counter() - start
        rates = [round(sum(t >= start for t in p.times) / wall, 1) for p in probes]
        speech = [round(len(p.speech) / timeline.VIDEO_FPS / wall, 2) for p in probes]
        return {
            "frames_per_second": rates,
            "speech_share": speech,
            "starved": [s.mixer.starved for s in open_ones],
            "quality_levels": [s.pictures.level if s.pictures else 0 for s in open_ones],
            "pictures_repeated": [s.pictures.repeated if s.pictures else 0 for s in open_ones],
        }
    finally:
        for session in open_ones:
            session.close()


def _spread(milliseconds: list[float]) -> dict[str, float]:
    values = np.array(milliseconds)
    return {
        "median": round(float(np.median(values)), 1),
        "p95": round(float(np.percentile(values, 95)), 1),
        "count": len(values),
    }


def _resident_mb() -> float:
    """Now where Linux tells, else the highest so far."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * resource.getpagesize() / 2**20
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
