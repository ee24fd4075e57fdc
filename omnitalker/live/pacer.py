"""A metronome of 25 beats a second that never drifts: beat n falls at start + n / 25, whatever came between.

A single beat may be brought forward (somebody waits for the first word); the one after it falls as ever.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from fractions import Fraction

from omnitalker.base import timeline

_BEAT_SECONDS = float(timeline.video_frames_to_seconds(1))
LATEST_CATCH_UP = 1.0
"""Seconds of lateness that are made good by quick beats; after a longer stop the count starts anew."""


class Pacer:
    """`clock` and `sleep` are exchangeable so that ten minutes can be tested in a moment."""

    def __init__(
        self,
        clock: Callable[[], float] = time.perf_counter,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self._clock = clock
        self._sleep = sleep
        self._start: float | None = None
        self._beats = 0
        self.restarts = 0
        """How often the machine (or a consumer) stood still too long to catch up."""

    @property
    def beats(self) -> int:
        return self._beats

    @property
    def lateness(self) -> float:
        """Seconds by which the next beat is overdue; below 0 it is still to come."""
        return self._clock() - self._due() if self._start is not None else 0.0

    def wait(self, hurry: threading.Event | None = None) -> int:
        """Sleeps until the next beat is due, or `hurry` is set; returns its number.

        Never more than one beat ahead: the beat after a hurried one is waited for to its end.
        """
        if self._start is None:
            self._start = self._clock()
        late = self.lateness
        if late > LATEST_CATCH_UP:
            self._start += late
            self.restarts += 1
        while (early := -self.lateness) > 0:
            if hurry is None:
                self._sleep(early)
            elif early > _BEAT_SECONDS:
                self._sleep(early - _BEAT_SECONDS)
            elif hurry.wait(early):
                break
        self._beats += 1
        return self._beats - 1

    def _due(self) -> float:
        assert self._start is not None
        return self._start + float(Fraction(self._beats, timeline.VIDEO_FPS))
