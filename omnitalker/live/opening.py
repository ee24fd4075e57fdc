"""How short a reply may begin on this machine, learnt from how long the second network call takes."""

from __future__ import annotations

import threading
from typing import Final

from omnitalker.base import timeline
from omnitalker.generation.pacing import SHORT_OPENING

OPENINGS: Final = {SHORT_OPENING: 1.0, 5: 0.8, 7: 1.1}
"""Blocks of 160 ms that replies may begin with, and what the second window after them costs in comparison.

The fewer, the sooner the first sound, and the sooner it must go on. All but the shortest save a pass.
"""
MARGIN: Final = 0.75
"""Share of an opening's sound that the second window may be expected to take."""
BAD_NEWS, GOOD_NEWS = 0.5, 0.2
"""How far a single reply changes what is expected of the next."""


class Opening:
    """Shared by all sessions of a character. Safe under threads."""

    def __init__(self, vocoder_latency_frames: int) -> None:
        """vocoder_latency_frames: mel frames that the vocoder holds back until the second window comes."""
        self._held_back = float(timeline.mel_frames_to_seconds(vocoder_latency_frames))
        self._lock = threading.Lock()
        self._pace: float | None = None
        self._blocks = SHORT_OPENING

    @property
    def blocks(self) -> int:
        """What the next reply begins with."""
        return self._blocks

    def sound_of(self, blocks: int) -> float:
        """Seconds of sound that an opening gives at once."""
        return float(blocks * timeline.BLOCK_SECONDS) - self._held_back

    def second_window(self, blocks: int) -> float | None:
        """Seconds that the window after an opening is expected to take; None before there was any."""
        pace = self._pace
        return None if pace is None else OPENINGS[blocks] * pace

    def note_second_window(self, blocks: int, seconds: float) -> None:
        """It took so long; the next reply opens with just enough sound to play meanwhile."""
        new = seconds / OPENINGS[blocks]
        with self._lock:
            before = new if self._pace is None else self._pace
            self._pace = before + (BAD_NEWS if new > before else GOOD_NEWS) * (new - before)
            self._choose()

    def begin_anew(self, pace: float | None = None) -> None:
        """Forget what was learnt. `pace`: seconds that the window after the shortest opening takes, if known."""
        with self._lock:
            self._pace, self._blocks = pace, SHORT_OPENING
            if pace is not None:
                self._choose()

    def _choose(self) -> None:
        assert self._pace is not None
        pace = self._pace
        fitting = (o for o in OPENINGS if OPENINGS[o] * pace <= MARGIN * self.sound_of(o))
        self._blocks = next(fitting, max(OPENINGS))
