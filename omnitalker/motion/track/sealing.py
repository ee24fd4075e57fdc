"""Lips that nearly meet at p, b and m meet: what a sampler with few steps leaves open is closed.

Legend: F motion frames at 25/s, T mel frames at 93.75/s.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from omnitalker.base import timeline
from omnitalker.base.types import FloatArray
from omnitalker.motion.names import INDEX

LEAD_SECONDS: Final = 0.12
"""Lips may meet so much before the sound, as they do in real speech."""
NEAR: Final = 0.25
"""Lips further open than this (in units of jawOpen) at their nearest are meant to be open."""
_SHAPE: Final = ((-2, 0.25), (-1, 0.8), (0, 1.0), (1, 0.8), (2, 0.25))
"""How much of the gap is closed in the frames around the nearest: about 100 ms, as in real speech."""
PRESS: Final = 0.6
"""How firmly lips that meet are pressed together: without it drawn ones just touch."""
_JAW, _CLOSE = INDEX["jawOpen"], INDEX["mouthClose"]
_PARTING = tuple(
    INDEX[f"{name}{side}"]
    for name in ("mouthLowerDown", "mouthUpperUp")
    for side in ("Left", "Right")
)
_PRESSES = [INDEX["mouthPressLeft"], INDEX["mouthPressRight"]]


def seal_lips(values: FloatArray, meeting: npt.NDArray[np.bool_]) -> FloatArray:
    """(F, 61) -> the same with lips that close. `meeting`: (T,) which mel frames are of p, b or m.

    Each closure stays where the lips were nearest to one another already: only what is left of the gap goes.
    """
    closed = np.array(values, np.float32)
    share = np.zeros(len(values), np.float32)
    gap = _gap(values)
    for first, last in _stretches(meeting, len(values)):
        nearest = first + int(np.argmin(gap[first:last]))
        if gap[nearest] > NEAR:
            continue
        for offset, strength in _SHAPE:
            if 0 <= nearest + offset < len(values):
                share[nearest + offset] = max(share[nearest + offset], strength)
    left_open = closed[:, _JAW] - closed[:, _CLOSE]
    closed[:, _CLOSE] = np.clip(closed[:, _CLOSE] + share * left_open, 0.0, 1.0)
    closed[:, list(_PARTING)] *= 1.0 - share[:, None]
    closed[:, _PRESSES] = np.maximum(closed[:, _PRESSES], PRESS * share[:, None])
    return closed


def _gap(values: FloatArray) -> FloatArray:
    """(F,) how far the lips are apart, roughly."""
    parting = values[:, list(_PARTING)].mean(axis=1)
    return np.asarray(np.maximum(values[:, _JAW] - values[:, _CLOSE], 0.0) + parting, np.float32)


def _stretches(meeting: npt.NDArray[np.bool_], frames: int) -> list[tuple[int, int]]:
    """For every bilabial the motion frames in which lips may meet."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], meeting.astype(np.int8), [0]])))
    found = []
    for start, stop in edges.reshape(-1, 2) / float(timeline.MEL_RATE):
        first = max(0, int((start - LEAD_SECONDS) * timeline.VIDEO_FPS))
        last = min(frames, int(np.ceil(stop * timeline.VIDEO_FPS)))
        if first < last:
            found.append((first, last))
    return found
