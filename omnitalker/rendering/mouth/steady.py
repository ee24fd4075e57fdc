"""Which pictures of a mouth are shown, frame after frame: the one on show stays while it still fits.

Pictures of real mouths differ in more than their lips: teeth, tongue and light. Were the nearest shown each time, what
is between the lips would jump whenever two are about as near. So a change has to be worth it, the more so the more
the two differ, and takes a few frames; behind closed lips it is free.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

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
ODD = 6.0
"""What a picture of closed lips costs for every full range (0..1) that it differs from the usual one: in some the lips
were open after all and only the tracker had not seen it."""
TOO_SHUT = 3.0
"""What a picture costs for every eye distance that its lips would have to be torn apart."""
TEAR, LOOSE = 1.15, 0.015
"""How much further apart than in the picture, by factor and in eye distances, lips may be pulled."""
FEWEST_SHUT = 3
"""So many pictures of closed lips make a usual one."""
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
        self._odd = ODD * _oddness(crops, layout, gaps < SHUT)

    def shares(self, wanted: FloatArray, gap: float, memory: RenderMemory) -> FloatArray:
        """(K,) that sum to one; `memory` is brought up to date. wanted: (D,); gap: between the lips, eye distances."""
        cost = np.linalg.norm(self._known - wanted, axis=1)
        cost += TOO_SHUT * np.maximum(gap - TEAR * self._gaps - LOOSE, 0)
        hurry, memory.gap = HURRY * abs(gap - memory.gap), gap
        if memory.mouth is None or gap < SHUT:
            memory.mouth = int((cost + self._odd).argmin())
            memory.shares = np.eye(len(cost), dtype=np.float32)[memory.mouth]
            return memory.shares
        memory.mouth = int((cost + self._unlike[memory.mouth]).argmin())
        pace = min(PACE + hurry, HURRIED)
        shares = (1 - pace) * memory.shares
        shares[memory.mouth] += pace
        memory.shares = shares
        return shares


def _oddness(crops: Frame, layout: FloatArray, shut: npt.NDArray[np.bool_]) -> FloatArray:
    """(K,) mean difference of the lips from the median of those that are shut, 0..1; 0 for the others."""
    odd = np.zeros(len(crops), np.float32)
    if shut.sum() < FEWEST_SHUT:
        return odd
    canvas = np.zeros(crops.shape[1:3], np.uint8)
    loop = np.rint(layout[list(face_regions.OUTER_LIPS)]).astype(np.int32)
    lips = crops[shut][:, cv2.fillPoly(canvas, [loop], 1) > 0].astype(np.float32) / 255
    odd[shut] = np.abs(lips - np.median(lips, axis=0)).mean(axis=(1, 2))
    return odd


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
