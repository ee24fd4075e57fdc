"""How much the inside of a mouth changes from one frame to the next while the lips are held still by measure.

Lips are laid onto one layout first, so that what is left is teeth, tongue and dark that come, go or jump. A person
speaking in a real clip gives the scale: a rendered mouth should not be restless beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from omnitalker.base.types import Camera, FloatArray, Frame, Identity
from omnitalker.motion.face import regions
from omnitalker.motion.face.model import FaceModel
from omnitalker.motion.face.raster import backward_map
from omnitalker.motion.face.surface import picture_triangles
from omnitalker.motion.names import INDEX, MOTION_DIM

OPEN = 0.04
"""Gap between the lips, in eye distances, from which on their inside is seen."""
SOFT = 1.0
"""Pixels of blur against the noise of a camera."""


@dataclass(frozen=True)
class MouthChange:
    """Grey levels between two frames that both show the inside of the mouth."""

    mean: float
    worst: float
    """The 95th percentile: pops."""
    pairs: int


@dataclass(frozen=True)
class MouthStability:
    """A person speaking before the camera, and the same motion rendered."""

    camera_mean: float | None
    shown_mean: float | None
    mean_ratio: float | None
    """None where one of them never opens the mouth in two frames on end."""
    worst_ratio: float | None


def compare_stability(
    shown: Sequence[Frame],
    there: Sequence[Frame],
    points: FloatArray,
    identity: Identity,
) -> MouthStability:
    """Pictures of one size as rendered and as seen by the camera; points: (F, 478, 2) pixels of both."""
    model, half_open = FaceModel.load(), np.zeros(MOTION_DIM, np.float32)
    half_open[INDEX["jawOpen"]] = 0.35
    scale = identity.camera.scale * len(shown[0]) / identity.size
    layout = Camera(scale, 0.0, 0.0).project(model.deform(identity.neutral, half_open))
    own, camera = (mouth_change(frames, points, layout, scale) for frames in (shown, there))
    return MouthStability(
        camera.mean if camera else None,
        own.mean if own else None,
        own.mean / camera.mean if own and camera else None,
        own.worst / camera.worst if own and camera else None,
    )


def mouth_change(
    frames: Sequence[Frame], points: FloatArray, layout: FloatArray, eye_distance: float
) -> MouthChange | None:
    """frames: F pictures; points: (F, 478, 2) their pixels; layout: (478, 2) pixels of a half-open mouth as large as
    in the pictures; eye_distance: pixels. None where the mouth is never open in two frames on end."""
    loop = layout[list(regions.INNER_LIPS)]
    corner = np.floor(loop.min(axis=0) - 2)
    width, height = np.ceil(loop.max(axis=0) - corner + 3).astype(int)
    local = (layout - corner).astype(np.float32)
    canvas = np.zeros((height, width), np.uint8)
    cv2.fillPoly(canvas, [np.rint(local[list(regions.INNER_LIPS)]).astype(np.int32)], 1)
    inside = cv2.erode(canvas, np.ones((3, 3), np.uint8)) > 0
    seen = np.stack(
        [
            _aligned(frame, face[: len(layout)], local, (height, width))[inside]
            for frame, face in zip(frames, points, strict=True)
        ]
    )
    lips = (list(side[2:-2]) for side in (regions.INNER_LIP_UPPER, regions.INNER_LIP_LOWER))
    upper, lower = (points[:, side, :2] for side in lips)
    is_open = np.linalg.norm(lower - upper, axis=2).mean(axis=1) > OPEN * eye_distance
    change = np.abs(np.diff(seen, axis=0)).mean(axis=(1, 2))[is_open[1:] & is_open[:-1]]
    if not len(change):
        return None
    return MouthChange(float(change.mean()), float(np.percentile(change, 95)), len(change))


def _aligned(
    frame: Frame, points: FloatArray, layout: FloatArray, shape: tuple[int, int]
) -> FloatArray:
    where = np.full((*shape, 2), -1e4, np.float32)
    flat = np.zeros(len(layout), np.float32)
    source = np.ascontiguousarray(points[:, :2], np.float32)
    backward_map(layout, source, picture_triangles(), flat, shape, where)
    mouth = cv2.remap(frame, where, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(cv2.GaussianBlur(mouth, (0, 0), SOFT), np.float32)
