"""`omnitalker eval speed`: how much faster than real time sound and video are made, medians of several runs."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from omnitalker.generation.pacing import live
from omnitalker.generation.request import SpeakRequest
from omnitalker.generation.stream import stream
from omnitalker.studio.casting import Casting
from omnitalker.studio.order import Outputs, parse
from omnitalker.studio.produce import Made, produce, request_of

TEXT = (
    "Good morning, and welcome to the show. Today we talk about small machines that do large work, "
    "and about the people who build them. Stay with us!"
)


def measure(
    studio: Casting,
    *,
    face: str | None = None,
    size: int = 512,
    runs: int = 5,
    kind: str = "warp",
) -> dict[str, Any]:
    """Real-time factors (wall seconds per second made) of sound alone and of text to mp4."""
    order = parse({"text": TEXT, "face": face, "size": size, "renderer": kind})
    sound = replace(order, outputs=Outputs("wav"))
    begun = replace(request_of(TEXT, studio.style(), order.delivery), pacing=live())
    with tempfile.TemporaryDirectory() as folder:
        return {
            "sound": _repeat(lambda: produce(studio, sound, Path(folder, "a")), runs),
            f"video at {size} px": _repeat(lambda: produce(studio, order, Path(folder, "a")), runs),
            "first sound, live": _first_chunk(studio, begun, runs),
        }


def _repeat(make: Callable[[], Made], runs: int) -> dict[str, float]:
    make()  # the first run also loads and tunes
    reports = [make() for _ in range(runs)]
    factors = [report.real_time_factor for report in reports]
    return {
        "real_time_factor": round(statistics.median(factors), 3),
        "slowest": round(max(factors), 3),
        "seconds_made": round(reports[0].seconds, 2),
    }


def _first_chunk(studio: Casting, request: SpeakRequest, runs: int) -> dict[str, float]:
    delays = []
    for _ in range(runs + 1):
        started = time.perf_counter()
        chunks = stream(studio.parts, request)
        next(chunks)
        delays.append(time.perf_counter() - started)
        chunks.close()  # type: ignore[attr-defined]
    return {
        "seconds": round(statistics.median(delays[1:]), 3),
        "slowest": round(max(delays[1:]), 3),
    }
