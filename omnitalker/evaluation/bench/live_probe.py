"""What the live measurements share: sentences, a session with everything noted that comes out of it, and sums."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from omnitalker.base.types import AVChunk
from omnitalker.live.performer import Performer
from omnitalker.live.session import AvatarSession, SessionEvent

SENTENCES = (
    "Well, let me think about that for a moment, and then I will tell you.",
    "That is a good question, and the answer may surprise you.",
    "I would take the train, because the view along the coast is lovely.",
    "No, not today, but we could try again tomorrow morning.",
)
PATIENCE = 30.0


class Probe:
    """What a session delivered and when, on `time.perf_counter`'s clock."""

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

    def first_after(self, count: int, began: float) -> float:
        """Milliseconds from `began` to the speech frame after the first `count`."""
        self.wait(lambda: len(self.speech) > count)
        came = self.speech[count] if len(self.speech) > count else began + PATIENCE
        return 1000 * (came - began)

    def wait_for_speech(self, frames: int) -> None:
        """Until so many more frames of speech have come."""
        enough = len(self.speech) + frames
        self.wait(lambda: len(self.speech) >= enough)

    def wait(self, condition: Callable[[], bool], seconds: float = PATIENCE) -> None:
        deadline = time.perf_counter() + seconds
        while not condition() and time.perf_counter() < deadline:
            time.sleep(0.005)


@contextmanager
def live(performer: Performer) -> Iterator[Probe]:
    """A session that has begun to play."""
    session = AvatarSession(performer)
    probe = Probe(session)
    with session:
        time.sleep(0.2)
        yield probe


def spread(milliseconds: list[float]) -> dict[str, float]:
    values = np.array(milliseconds)
    return {
        "median": round(float(np.median(values)), 1),
        "p95": round(float(np.percentile(values, 95)), 1),
        "count": len(values),
    }


def resident_mb() -> float:
    """Now where Linux tells, else the highest so far."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return pages * resource.getpagesize() / 2**20
