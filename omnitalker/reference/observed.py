"""One person as seen, before it becomes an identity: what an identity is made of, and what is refused or left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from omnitalker.base.errors import InputError
from omnitalker.base.types import Camera, FloatArray, Frame
from omnitalker.motion.face import regions as face_regions
from omnitalker.motion.face.model import FaceModel

WIDEST_BORDER = 0.02
"""Of a portrait, in heights of it."""
BORDER_STEP, BORDER_GRAIN = 25.0, 30.0
"""Grey levels by which a border differs from the picture, and its largest spread along the edge."""
NARROWEST, WIDEST = 0.74, 1.12
"""Width of a face (between the ears) to its height (forehead to chin), in space; people measured: 0.84 to 0.90."""


@dataclass(frozen=True)
class Observed:
    """One person in F pictures of equal size, with a camera that does not move."""

    frames: Sequence[Frame]
    landmarks: FloatArray
    """(F, 478, 2) pixels."""
    motion: FloatArray
    """(F, 61)"""
    neutral: FloatArray
    """(478, 3) the person's face without expression, head space."""
    camera: Camera
    exact: bool = False
    """Whether the numbers are known (a rendered person), not found by a tracker."""


def without_border(observed: Observed) -> Observed:
    """A portrait without the plain lines, as of a scan or a screenshot, along its edges."""
    if len(observed.frames) > 1:
        return observed
    frame = observed.frames[0]
    top, bottom = _plain(frame), _plain(frame[::-1])
    left, right = _plain(frame.swapaxes(0, 1)), _plain(frame[:, ::-1].swapaxes(0, 1))
    if not any((top, bottom, left, right)):
        return observed
    height, width = frame.shape[:2]
    corner = np.array([left, top], np.float32)
    x, y = observed.camera.centre_x - left, observed.camera.centre_y - top
    return replace(
        observed,
        frames=[np.ascontiguousarray(frame[top : height - bottom, left : width - right])],
        landmarks=observed.landmarks - corner,
        camera=Camera(observed.camera.scale, x, y, observed.camera.distance),
    )


def _plain(frame: Frame) -> int:
    """How many rows from the first one on are a border: plain, and unlike what is below them."""
    most = max(1, round(WIDEST_BORDER * len(frame)))
    rows = frame[: most + 4].astype(np.float32)
    unlike = np.abs(rows[2:] - rows[:-2]).mean(axis=(1, 2)) > BORDER_STEP
    plain = rows.std(axis=1).max(axis=1) < BORDER_GRAIN
    borders = [row for row in range(most) if plain[0] and unlike[row]]
    return borders[-1] + 2 if borders else 0


def refuse_stretched(neutral: FloatArray, name: str) -> None:
    """neutral: (478, 3). People's faces are alike in proportion; a picture of the wrong shape shows at once."""
    across, down = (
        float(np.linalg.norm(neutral[a] - neutral[b]))
        for a, b in (face_regions.SIDES, face_regions.ENDS)
    )
    proportion = across / down
    if NARROWEST < proportion < WIDEST:
        return
    usual = FaceModel.load().neutral
    sides, ends = (
        float(np.linalg.norm(usual[a] - usual[b]))
        for a, b in (face_regions.SIDES, face_regions.ENDS)
    )
    factor = proportion / (sides / ends)
    how = f"{factor:.1f} times too wide" if factor > 1 else f"{1 / factor:.1f} times too high"
    raise InputError(
        f"The face in '{name}' is about {how}: the picture was stretched. Give it in its true proportions."
    )
