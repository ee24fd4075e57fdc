"""Blinks as frequent as the reference's: those that come too early go, one that is overdue comes.

Legend: F motion frames at 25/s.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from omnitalker.base import timeline
from omnitalker.base.types import FloatArray
from omnitalker.motion.made.blinks import Blink, detect_blinks
from omnitalker.motion.names import INDEX
from omnitalker.motion.track.statistics import measure_style

USUAL_BLINKS: Final = 0.33
"""A second; believed as if seen for `PRIOR_SECONDS`, so that three seconds without a blink are no stare."""
PRIOR_SECONDS: Final = 3.0
EARLY, LATE = 1.0, 0.6
"""A blink may come so many blinks too early, and is added when it is so many too late."""
OPEN: Final = 0.45
"""Lids further closed than this are in a blink, or narrow: no place for another one."""

_LIDS = (INDEX["eyeBlinkLeft"], INDEX["eyeBlinkRight"])
_BLINK = np.array([0.35, 0.95, 1.0, 0.65, 0.3, 0.08], np.float32)
"""Lid closure, frame by frame."""


class BlinkRate:
    """Corrects motion in the order it is made."""

    def __init__(self, reference: FloatArray) -> None:
        """reference: (F, 61) of the talker."""
        seconds = len(reference) / timeline.VIDEO_FPS
        blinks = measure_style(reference).blinks_per_minute / 60 * seconds
        self._per_second = (blinks + USUAL_BLINKS * PRIOR_SECONDS) / (seconds + PRIOR_SECONDS)
        self._shown = reference[:0]
        self._frames = 0
        self._blinked = 0

    def __call__(self, motion: FloatArray) -> FloatArray:
        """(F, 61) -> (F, 61) that differs in the lids alone."""
        if not len(motion):
            return motion
        made = np.array(motion, np.float32)
        per_frame = self._per_second / timeline.VIDEO_FPS
        before = len(self._shown)
        joined = np.concatenate([self._shown, made])
        found = [blink for blink in detect_blinks(joined) if blink.peak >= before - 1]
        for blink in found:
            due = per_frame * (self._frames + blink.peak - before) - self._blinked
            if due + EARLY < 1 and blink.start >= before:
                _keep_open(joined, blink)
            else:
                self._blinked += 1
        made[:] = joined[before:]
        while per_frame * (self._frames + len(made)) - self._blinked >= LATE:
            due = (self._blinked + 1) / per_frame - self._frames
            if not _blink_near(made, due):
                break
            self._blinked += 1
        self._frames += len(made)
        self._shown = np.concatenate([self._shown, made])[-timeline.VIDEO_FPS // 2 :]
        return made


def _keep_open(made: FloatArray, blink: Blink) -> None:
    first, last = max(0, blink.start - 2), min(len(made) - 1, blink.end + 2)
    share = np.linspace(0, 1, last - first + 1, dtype=np.float32)
    for lid in _LIDS:
        level = made[first, lid] + share * (made[last, lid] - made[first, lid])
        made[first : last + 1, lid] = np.minimum(made[first : last + 1, lid], level)


def _blink_near(made: FloatArray, frame: float) -> bool:
    """One more blink as near to `frame` as the lids are open for long enough, if they are anywhere."""
    reach = len(_BLINK) + 4
    if len(made) < reach:
        return False
    lids = made[:, list(_LIDS)].max(axis=1)
    free = np.lib.stride_tricks.sliding_window_view(lids, reach).max(axis=1) < OPEN
    if not free.any():
        return False
    places = np.flatnonzero(free) + 2
    at = int(places[np.argmin(np.abs(places - frame))])
    for lid in _LIDS:
        part = made[at : at + len(_BLINK), lid]
        part[:] = 1 - (1 - part) * (1 - _BLINK)
    return True
