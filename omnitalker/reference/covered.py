"""Whether the mouth is in sight: lips differ from the skin around them, a hand or a mask before them does not.

Landmark finders place lips on whatever covers them, so nothing else tells.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from omnitalker.base.types import FloatArray, Frame
from omnitalker.motion.face import regions as face_regions

WORK_EYES = 60.0
"""Pixels between the outer eye corners in the picture that colours are compared in."""
REDDER = 3.0
"""Lips of every complexion are redder than the skin around them by more than this (a* of CIE Lab)."""
DARKER = 4.0
"""The same for lightness, where a picture has no colours."""
COLOURLESS = 6.0
"""Skin with less chroma than this belongs to a black-and-white picture."""
_RIM = np.ones((3, 3), np.uint8)
_SKIN = np.ones((9, 9), np.uint8)


def mouths_shown(frames: Sequence[Frame], landmarks: FloatArray) -> npt.NDArray[np.bool_]:
    """(F,) from pictures and (F, 478, 2 or more) pixels."""
    pairs = zip(frames, landmarks[..., :2], strict=True)
    return np.array([mouth_shown(frame, points) for frame, points in pairs], bool)


def mouth_shown(frame: Frame, points: FloatArray) -> bool:
    """frame: (H, W, 3) RGB; points: (478, 2) pixels. True also where the mouth is outside the picture."""
    right, left = face_regions.OUTER_EYE_CORNERS
    eyes = float(np.linalg.norm(points[left] - points[right]))
    outer = points[list(face_regions.OUTER_LIPS)]
    size = np.array([frame.shape[1], frame.shape[0]])
    low = np.floor(np.clip(outer.min(axis=0) - 0.2 * eyes, 0, size)).astype(int)
    high = np.ceil(np.clip(outer.max(axis=0) + 0.2 * eyes, 0, size)).astype(int)
    if eyes < 1 or (high - low).min() < 4:
        return True
    zoom = WORK_EYES / eyes
    method = cv2.INTER_AREA if zoom < 1 else cv2.INTER_LINEAR
    cut = cv2.resize(frame[low[1] : high[1], low[0] : high[0]], None, None, zoom, zoom, method)
    lab = cv2.cvtColor(cut, cv2.COLOR_RGB2LAB).astype(np.float32)
    lips, skin = _areas(lab.shape[:2], (points - low) * zoom)
    if not lips.any() or not skin.any():
        return True
    around = lab[skin].mean(axis=0)
    lightness, redness = (lab[lips].mean(axis=0) - around)[:2]
    if float(np.hypot(*(around[1:] - 128))) < COLOURLESS:
        return bool(abs(lightness) > DARKER)
    return bool(redness > REDDER)


def _areas(
    shape: tuple[int, ...], points: FloatArray
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """The red of the lips, and a narrow ring of what is around them."""

    def filled(loop: tuple[int, ...]) -> npt.NDArray[np.uint8]:
        canvas = np.zeros(shape, np.uint8)
        return cv2.fillPoly(canvas, [np.rint(points[list(loop)]).astype(np.int32)], 1)

    whole = filled(face_regions.OUTER_LIPS)
    ring = (cv2.dilate(whole, _SKIN) > 0) & (cv2.dilate(whole, _RIM) == 0)
    red = (whole > 0) & (cv2.dilate(filled(face_regions.INNER_LIPS), _RIM) == 0)
    return (red if red.sum() >= 10 else whole > 0), ring
