"""The face as a closed sheet in a picture: skin and openings, and the way back from a picture to head space."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from omnitalker.base.types import Camera, FloatArray
from omnitalker.motion.face import regions as face_regions
from omnitalker.motion.face.model import FaceModel, rotation
from omnitalker.motion.names import POSE_SLICE

Triangles = npt.NDArray[np.int64]


@lru_cache(maxsize=1)
def picture_triangles() -> Triangles:
    """(T, 3) skin, mouth and eyes, with positive area in picture coordinates (y down) when seen from the front."""
    skin = FaceModel.load().triangles[:, ::-1].astype(np.int64)
    triangles = np.concatenate([skin, openings()])
    triangles.flags.writeable = False
    return triangles


def openings() -> Triangles:
    """Triangles over mouth and eyes, which the face mesh leaves open."""
    pairs = (
        (face_regions.INNER_LIP_UPPER, face_regions.INNER_LIP_LOWER),
        (face_regions.RIGHT_LID_UPPER, face_regions.RIGHT_LID_LOWER),
        (face_regions.LEFT_LID_UPPER, face_regions.LEFT_LID_LOWER),
    )
    return np.concatenate([_strip(upper, lower) for upper, lower in pairs])


def _strip(upper: tuple[int, ...], lower: tuple[int, ...]) -> Triangles:
    triangles = []
    for k in range(len(upper) - 1):
        a, b, c, d = upper[k], upper[k + 1], lower[k], lower[k + 1]
        if a != c:
            triangles.append((a, b, c))
        if b != d:
            triangles.append((b, d, c))
    return np.array(triangles, dtype=np.int64)


def unposed(points: FloatArray, coefficients: FloatArray) -> FloatArray:
    """Take back the head pose: the inverse of `FaceModel.pose`. (V, 3) -> (V, 3)."""
    pose = coefficients[POSE_SLICE]
    return np.asarray((points - pose[3:]) @ rotation(pose[:3]), np.float32)


def neutral_through(
    landmarks: FloatArray, coefficients: FloatArray, neutral: FloatArray, camera: Camera
) -> FloatArray:
    """The neutral face nearest to `neutral` that is seen exactly at `landmarks` (478, 2): only depth is kept.

    A few rounds, since lids and lips that touch make `FaceModel.deform` not quite linear.
    """
    model = FaceModel.load()
    own = neutral.astype(np.float32)
    zero = np.zeros_like(coefficients)
    zero[POSE_SLICE][:3] = coefficients[POSE_SLICE][:3]
    for _ in range(5):
        posed = model.pose(model.deform(own, coefficients), coefficients)
        error = camera.lift(landmarks, posed[:, 2]) - posed
        own = own + unposed(error, zero)
    return own
