"""Which pictures of a mouth are shown, frame after frame: the one on show stays while it still fits.

Pictures of real mouths differ in more than their lips: teeth, tongue and light. Were the nearest shown each time, what
is between the lips would jump whenever two are about as near. So a change has to be worth it, the more so the more
the two differ, and takes a few frames; behind closed lips it is free.
"""

from __future__ import annotations

import cv2
import numpy as np

from omnitalker.base.types import FloatArray, Frame, RenderMemory
from omnitalker.motion.face import regions as face_regions

KEEP = 0.05
"""How much better another picture must fit, in the units of `mouth_descriptor`."""
UNLIKE = 1.0
"""The same for every full range (0..1) of mean difference between the lips."""
PACE, HURRIED = 0.35, 0.85
"""Share of the way to the new picture that each frame goes while lips are still, and at most."""
HURRY = 8.0
"""How much faster it goes for every eye distance that lips part or close in a frame: what moves hides the change."""
TOO_SHUT = 3.0
"""What a picture costs for every eye distance that its lips would have to be torn apart."""
TEAR, LOOSE = 1.15, 0.015
"""How much further apart than in the picture, by factor and in eye distances, lips may be pulled."""
SHUT = 0.025
"""Gap between the lips, in eye distances, below which a change is not seen."""


class SteadyChoice:
    """For one bank: crops (K, h, w, 3), laid out alike; known: (K, D) their descriptors; gaps: (K,) between the lips."""

    def __init__(
        self, crops: Frame, layout: FloatArray, known: FloatArray, gaps: FloatArray
    ) -> None:
        self._known, self._gaps = known, gaps
        self._unlike = UNLIKE * _differences(crops, layout) + KEEP
        np.fill_diagonal(self._unlike, 0.0)

    def shares(self, wanted: FloatArray, gap: float, memory: RenderMemory) -> FloatArray:
        """(K,) that sum to one; `memory` is brought up to date. wanted: (D,); gap: between the lips, eye distances."""
        cost = np.linalg.norm(self._known - wanted, axis=1)
        cost += TOO_SHUT * np.maximum(gap - TEAR * self._gaps - LOOSE, 0)
        hurry, memory.gap = HURRY * abs(gap - memory.gap), gap
        if memory.mouth is None or gap < SHUT:
            memory.mouth = int(cost.argmin())
            memory.shares = np.eye(len(cost), dtype=np.float32)[memory.mouth]
            return memory.shares
        memory.mouth = int((cost + self._unlike[memory.mouth]).argmin())
        pace = min(PACE + hurry, HURRIED)
        shares = (1 - pace) * memory.shares
        shares[memory.mouth] += pace
        memory.shares = shares
        return shares


def _differences(crops: Frame, layout: FloatArray) -> FloatArray:
    """(K, K) mean difference between the lips, 0..1."""
    small = cv2.resize(np.ones(crops.shape[1:3], np.uint8), None, fx=0.5, fy=0.5)
    loop = (layout[list(face_regions.INNER_LIPS)] + 0.5) * 0.5 - 0.5
    inside = cv2.fillPoly(0 * small, [np.rint(loop).astype(np.int32)], 1) > 0
    size = (small.shape[1], small.shape[0])
    seen = np.stack(
        [cv2.resize(crop, size, interpolation=cv2.INTER_AREA)[inside] for crop in crops]
    )
    flat = seen.reshape(len(crops), -1).astype(np.float32) / 255
    return np.stack([np.abs(flat - one).mean(axis=1) for one in flat])
