"""A session's latency, endurance, interruptions and company, measured with real sessions."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from omnitalker.base import timeline
from omnitalker.evaluation.bench.live_probe import SENTENCES, Probe, live, resident_mb, spread
from omnitalker.live.performer import Performer
from omnitalker.live.session import AvatarSession

Note = Callable[[dict[str, Any]], object]
"""Takes the figures so far, so that a measurement that is cut short was not for nothing."""
WARM_TURNS = 5
"""Before the resident memory is first looked at."""
LISTENING_SECONDS = 1.0
"""Between an answer and what the user says next."""
NOTE_SECONDS = 60.0


def turns(performer: Performer, count: int, note: Note) -> dict[str, Any]:
    """First clause pushed to its first sound and picture handed out; and memory from turn 5 to the last."""
    waits: list[float] = []
    used: list[float] = []
    first = 0.0
    with live(performer) as probe:
        for turn in range(max(count, WARM_TURNS + 1)):
            probe.session.push_text(SENTENCES[turn % len(SENTENCES)].split(",")[0] + ",")
            time.sleep(0.05 + 0.007 * (turn % 6))  # a language model knows nothing of our beat
            before, work, began = len(probe.speech), time.process_time(), time.perf_counter()
            probe.session.push_text(" ")
            probe.session.end_text()
            waits.append(probe.first_after(before, began))
            used.append(1000 * (time.process_time() - work))
            probe.wait_for_speech(8)
            probe.session.interrupt()
            time.sleep(LISTENING_SECONDS)
            if turn + 1 == WARM_TURNS:
                first = resident_mb()
            if turn % 10 == 9:
                note(_turn_figures(waits, used, first))
    return _turn_figures(waits, used, first)


def _turn_figures(waits: list[float], used: list[float], first: float) -> dict[str, Any]:
    last = resident_mb()
    return {
        "latency": {**spread(waits), "processor_median": round(float(np.median(used)), 1)},
        "memory": {
            "turns": len(waits),
            "resident_mb": round(last),
            "growth_percent": round(100 * (last / first - 1), 2) if first else None,
        },
    }


def continuous(performer: Performer, seconds: float, note: Note) -> dict[str, Any]:
    """One long reply; a starved sound or a late frame is a failure."""
    with live(performer) as probe:
        work = time.process_time()
        for index in range(int(seconds / 2) + 4):
            probe.session.push_text(SENTENCES[index % len(SENTENCES)] + " ")
        probe.session.end_text()
        probe.wait(lambda: bool(probe.speech))
        start = time.perf_counter()
        while (left := start + seconds - time.perf_counter()) > 0:
            time.sleep(min(left, NOTE_SECONDS))
            note({"continuous": _endurance(probe, start, time.process_time() - work)})
        return {"continuous": _endurance(probe, start, time.process_time() - work)}


def _endurance(probe: Probe, start: float, work: float) -> dict[str, float]:
    wall = time.perf_counter() - start
    times = [t for t in tuple(probe.times) if t >= start]
    lateness = 1000 * np.abs(np.diff(times) - 0.04)
    pictures = probe.session.pictures
    cores = work / wall
    return {
        "frames_per_second": round(len(times) / wall, 2),
        "speech_share": round(sum(t >= start for t in tuple(probe.speech)) / max(len(times), 1), 3),
        "starved": probe.session.mixer.starved,
        "pictures_repeated": pictures.repeated if pictures else 0,
        "quality_level": pictures.level if pictures else 0,
        "jitter_p95_ms": round(float(np.percentile(lateness, 95)), 1),
        "beats_restarted": probe.session.pacer.restarts,
        "cores_used": round(cores, 2),
        "headroom_percent": round(100 * (1 - cores / (os.cpu_count() or 1)), 1),
        "seconds": round(wall, 1),
    }


def interruption(performer: Performer, count: int, note: Note) -> dict[str, Any]:
    """Frames of old speech after `interrupt()`, and how soon the next reply begins."""
    late: list[int] = []
    waits: list[float] = []

    def figures() -> dict[str, Any]:
        later = {f"next_{name}": value for name, value in spread(waits).items()}
        return {"interruption": {"old_frames_most": max(late), **later}}

    with live(performer) as probe:
        for turn in range(max(count, 1)):
            probe.session.say(" ".join(SENTENCES))
            probe.wait_for_speech(10)
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
            note(figures())
    return figures()


def together(performer: Performer, sessions: int, seconds: float) -> dict[str, Any]:
    """Several avatars that speak at once, each with its own rate, so that unfairness shows."""
    open_ones = [AvatarSession(performer) for _ in range(sessions)]
    probes = [Probe(session) for session in open_ones]
    try:
        for session in open_ones:
            session.start()
            session.say(" ".join(SENTENCES * int(seconds / 8 + 2)))
        start = time.perf_counter()
        time.sleep(seconds)
        wall = time.perf_counter() - start
        rates = [round(sum(t >= start for t in tuple(p.times)) / wall, 1) for p in probes]
        speech = [round(len(p.speech) / timeline.VIDEO_FPS / wall, 2) for p in probes]
        firsts = [round(p.speech[0] - start, 2) if p.speech else None for p in probes]
        return {
            "together": {
                "frames_per_second": rates,
                "speech_share": speech,
                "first_speech_seconds": firsts,
                "starved": [s.mixer.starved for s in open_ones],
                "quality_levels": [s.pictures.level if s.pictures else 0 for s in open_ones],
                "pictures_repeated": [s.pictures.repeated if s.pictures else 0 for s in open_ones],
                "seconds": round(wall, 1),
            }
        }
    finally:
        for session in open_ones:
            session.close()
