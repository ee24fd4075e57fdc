"""Closed eyes for people who were never seen with them closed: skin around the eyes, continued over the eyeball.

Warping alone would stretch lashes and make-up over the whole lid. So what lies between the edge of the open lid and
where it comes down to is filled from the skin around it, and the lashes are drawn where the lids meet.
"""

from __future__ import annotations

import cv2
import numpy as np

from omnitalker.base.types import FloatArray, Frame, Identity
from omnitalker.motion.face import regions as face_regions
from omnitalker.reference.matting import fill

ABOVE = 0.09
"""How far above the edge of the open lid lashes and make-up reach, in eye distances."""
BELOW = 0.02
"""How far below the closed line the lower lashes are left out."""
LASHES = 0.016
"""Thickness of the drawn line of lashes, in eye distances."""
STRENGTH = 0.8
_FINE = 16
_EYES = (
    (face_regions.LEFT_LID_UPPER, face_regions.LEFT_LID_LOWER),
    (face_regions.RIGHT_LID_UPPER, face_regions.RIGHT_LID_LOWER),
)


def paint_lids(identity: Identity, crop: Frame, closed: FloatArray, opened: FloatArray) -> Frame:
    """crop: (h, w, 3) both eyes warped shut; closed, opened: (478, 2) its points, and where they were with open eyes."""
    unit = identity.camera.scale
    holes = np.zeros(crop.shape[:2], np.uint8)
    for upper, lower in _EYES:
        cv2.fillPoly(holes, [_hole(closed[list(lower)], opened[list(upper)], unit)], 1, shift=4)
    skin = np.clip(fill(crop.astype(np.float32), holes == 0), 0, 255)
    soft = cv2.GaussianBlur(holes.astype(np.float32), (0, 0), 0.008 * unit)[..., None]
    painted = crop + soft * (skin - crop)
    for upper, lower in _EYES:
        painted = _lashed(painted, closed[list(lower)], _darkest(identity, upper), unit)
    return np.rint(np.clip(painted, 0, 255)).astype(np.uint8)


def _hole(line: FloatArray, edge: FloatArray, unit: float) -> FloatArray:
    """A closed outline in sixteenths of pixels: from above the open edge to below the closed line."""
    bow = np.sin(np.linspace(0, np.pi, len(line), dtype=np.float32)).clip(0) ** 0.5
    up, down = edge.copy(), line.copy()
    up[:, 1] -= ABOVE * unit * bow
    down[:, 1] += BELOW * unit * bow
    return np.rint(_FINE * np.concatenate([up, down[::-1]])).astype(np.int32)


def _darkest(identity: Identity, upper: tuple[int, ...]) -> FloatArray:
    """(3,) of the edge of the upper lid."""
    edge = identity.landmarks[list(upper)].astype(np.float32)
    steps = np.linspace(-0.02, 0.01, 4, dtype=np.float32) * identity.camera.scale
    where = edge[:, None] + np.stack([np.zeros_like(steps), steps], axis=1)
    colours = cv2.remap(identity.picture, where, None, cv2.INTER_LINEAR).reshape(-1, 3)
    dark = colours[np.argsort(colours.sum(axis=1))[: len(colours) // 5]]
    return np.asarray(dark.mean(axis=0), np.float32)


def _lashed(crop: FloatArray, line: FloatArray, colour: FloatArray, unit: float) -> FloatArray:
    """The line where the lids meet: thin at the inner corner, soft below, where the lashes cast their shadow."""
    steps = np.linspace(0, 1, 8 * len(line))
    known = np.linspace(0, 1, len(line))
    path = np.stack([np.interp(steps, known, line[:, axis]) for axis in (0, 1)], axis=1)
    path = cv2.GaussianBlur(path.astype(np.float32), (1, 15), 3.0, borderType=cv2.BORDER_REPLICATE)
    canvas = np.zeros(crop.shape[:2], np.float32)
    thick = max(0.5, 0.5 * LASHES * unit)
    path[:, 1] -= thick
    for (x, y), part in zip(path, np.sin(np.pi * steps) ** 0.6, strict=True):
        spot = np.rint(np.array([x, y]) * _FINE).astype(int).tolist()
        radius = max(1, round(_FINE * thick * (0.3 + 0.7 * part)))
        cv2.circle(canvas, spot, radius, 1.0, -1, cv2.LINE_AA, 4)
    edge = cv2.GaussianBlur(canvas, (0, 0), 0.7 * thick)
    down = np.array([[1, 0, 0], [0, 1, 1.2 * thick]], np.float32)
    shadow = cv2.GaussianBlur(canvas, (0, 0), 1.5 * thick)
    shadow = cv2.warpAffine(shadow, down, (crop.shape[1], crop.shape[0]))
    share = np.clip(np.maximum(STRENGTH * edge, 0.45 * shadow), 0, 1)[..., None]
    return np.asarray(crop + share * (colour - crop), np.float32)
