"""What makes two faces look alike, as vectors whose distances say how well one picture stands in for another."""

from __future__ import annotations

import numpy as np

from omnitalker.base.types import FloatArray
from omnitalker.motion.face import regions as face_regions
from omnitalker.motion.names import INDEX, POSE_SLICE

GAP_WEIGHT = 3.0
"""How much more the gap between the lips says about what is seen in it than where the lips are."""
TURN_WEIGHT = 2.5
"""How much turning the head by one radian changes a face, compared with one full expression."""
PLACE_WEIGHT = 0.15
"""The same for moving it by one eye distance (into other light)."""
LOOK_WEIGHT = 0.1
"""How much one radian of gaze changes an eye, compared with moving a lid by one eye distance."""
_LIPS = np.array(face_regions.LIPS + face_regions.LIP_CORNERS)
_FOLDS = [
    INDEX[name]
    for name in (
        "browDownLeft", "browDownRight", "browInnerUp", "browOuterUpLeft", "browOuterUpRight",
        "cheekPuff", "cheekSquintLeft", "cheekSquintRight", "jawOpen", "mouthFunnel", "mouthPucker",
        "mouthSmileLeft", "mouthSmileRight", "mouthStretchLeft", "mouthStretchRight",
        "noseSneerLeft", "noseSneerRight",
    )
]  # fmt: skip
"""Expressions that fold or stretch the skin of the face."""


def mouth_descriptor(points: FloatArray) -> FloatArray:
    """Face points before the pose (..., 478, 3) -> (..., D)."""
    lips = points[..., _LIPS, :]
    upper, lower = face_regions.INNER_LIP_UPPER, face_regions.INNER_LIP_LOWER
    gap = points[..., upper, 1] - points[..., lower, 1]
    return np.concatenate([lips.reshape(*lips.shape[:-2], -1), GAP_WEIGHT * gap], axis=-1)


def look_descriptor(
    points: FloatArray, upper: list[int], lower: list[int], gaze: FloatArray
) -> FloatArray:
    """One eye of face points before the pose (..., 478, 3) -> (..., D). upper, lower: edges of its lids from corner to
    corner; gaze: (..., 2) radians."""
    level = 0.5 * (points[..., upper[:1], 1] + points[..., upper[-1:], 1])
    lids = points[..., [*upper[1:-1], *lower[1:-1]], 1] - level
    return np.concatenate([lids, LOOK_WEIGHT * gaze], axis=-1).astype(np.float32)


def face_descriptor(motion: FloatArray) -> FloatArray:
    """Coefficients (..., 61) -> (..., D): how the head is held, and what folds its skin."""
    pose = motion[..., POSE_SLICE]
    folds = motion[..., _FOLDS]
    return np.concatenate(
        [TURN_WEIGHT * pose[..., :3], PLACE_WEIGHT * pose[..., 3:], 0.5 * folds], axis=-1
    ).astype(np.float32)
