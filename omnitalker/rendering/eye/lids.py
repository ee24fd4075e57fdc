"""Keeping the white of the eye from being carried along by a closing lid.

Detectors put the edge of the lids a little inside the opening. What lies between their points and the true edge is
eyeball; were it pulled along with the skin, it would shine below the closed lashes. So the true edge is looked for
once, and the more the eye closes, the further out the lids take their skin from.
"""

from __future__ import annotations

import cv2
import numpy as np

from omnitalker.base.types import FloatArray, Identity
from omnitalker.motion.face import regions as face_regions

REACH = 0.045
"""How far outside the landmarks the edge of the opening is looked for, in eye distances."""
STEPS = 16
DROP = 10.0
"""By how much whiteness must fall to be an edge."""
EAGERNESS = 1.7
"""How much sooner than the eye the slide is complete."""
_LOOPS = (np.array(face_regions.RIGHT_EYE), np.array(face_regions.LEFT_EYE))
_EDGES = (
    (np.array(face_regions.RIGHT_LID_UPPER), np.array(face_regions.RIGHT_LID_LOWER)),
    (np.array(face_regions.LEFT_LID_UPPER), np.array(face_regions.LEFT_LID_LOWER)),
)


class LidSlide:
    """For one identity: where in its picture the edge of the lids is taken from."""

    def __init__(self, identity: Identity) -> None:
        self._slides = [_slide(identity, loop) for loop in _LOOPS]
        self._rest = [_opening(identity.landmarks, *edge) for edge in _EDGES]
        self._scale = identity.camera.scale

    def source(self, rest: FloatArray, points: FloatArray, zoom: float) -> FloatArray:
        """(V, 2) `rest`, with the lids moved outwards as far as the eyes of `points` (V, 2) are closed."""
        moved = rest.copy()
        for loop, edge, slide, opened in zip(_LOOPS, _EDGES, self._slides, self._rest, strict=True):
            closed = 1 - _opening(points, *edge) / max(zoom * opened, 1e-3)
            moved[loop] += slide * min(max(EAGERNESS * closed, 0.0), 1.0)
        return moved


def _opening(points: FloatArray, upper: np.ndarray, lower: np.ndarray) -> float:
    """Mean height of the opening over its width: a number that turning the head hardly changes."""
    gap = np.linalg.norm(points[upper] - points[lower], axis=1)[1:-1].mean()
    return float(gap)


def _slide(identity: Identity, loop: np.ndarray) -> FloatArray:
    """(16, 2) from each landmark of a lid's edge to the true edge, pixels of the picture."""
    marks = identity.landmarks[loop]
    outward = marks - marks.mean(axis=0)
    outward[:, 1] *= 2.5
    outward /= np.linalg.norm(outward, axis=1, keepdims=True)
    reach = REACH * identity.camera.scale
    along = np.linspace(-0.25, 1.0, STEPS, dtype=np.float32) * reach
    where = (marks[:, None] + outward[:, None] * along[None, :, None]).astype(np.float32)
    white = cv2.GaussianBlur(identity.picture.min(axis=2), (0, 0), 0.6)
    profile = cv2.remap(white, where, None, cv2.INTER_LINEAR).astype(np.float32)
    drop = profile[:, :-2] - profile[:, 2:]
    best = drop.argmax(axis=1)
    found = drop.max(axis=1) > DROP
    length = np.where(found, along[best + 2], np.nan)
    return (outward * _smoothed(length, 0.2 * reach)[:, None]).astype(np.float32)


def _smoothed(lengths: FloatArray, otherwise: float) -> FloatArray:
    """Around a loop: gaps filled from the sides, then a median and a mean of three."""
    count = len(lengths)
    known = np.flatnonzero(np.isfinite(lengths))
    if len(known) < 4:
        return np.full(count, otherwise, np.float32)
    filled = np.interp(np.arange(count), known, lengths[known], period=count)
    around = np.stack([np.roll(filled, shift) for shift in (-1, 0, 1)])
    middle = np.median(around, axis=0)
    mean = np.mean([np.roll(middle, shift) for shift in (-1, 0, 1)], axis=0)
    return np.clip(mean, 0, None).astype(np.float32)
