"""The face as 478 points in space: what 61 coefficients do to them, and where a camera sees them.

Axes: x to the viewer's right, y up, z to the viewer. The unit is the distance between the outer eye corners of
the neutral face; the origin is where the head turns, between the ears a little below their canals.
Points are numbered as MediaPipe's FaceMesh with irises; `face_regions` names them.

P = 478 points, F frames; `...` is nothing or F.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from safetensors.numpy import load

from omnitalker.base.assets import data_path
from omnitalker.base.types import Camera, FloatArray
from omnitalker.motion.face import regions
from omnitalker.motion.names import EXPRESSION_SLICE, GAZE_SLICE, INDEX, POSE_SLICE

IntArray = npt.NDArray[np.int32]

__all__ = ["Camera", "FaceModel", "rotation", "rotation_vector"]

POINTS = 478
_LIPS = np.array([regions.INNER_LIP_UPPER[1:-1], regions.INNER_LIP_LOWER[1:-1]])
_LIDS = np.array(
    [
        [regions.LEFT_LID_UPPER[1:-1], regions.LEFT_LID_LOWER[1:-1]],
        [regions.RIGHT_LID_UPPER[1:-1], regions.RIGHT_LID_LOWER[1:-1]],
    ]
)
_BLINKS = [INDEX["eyeBlinkLeft"], INDEX["eyeBlinkRight"]]
_IRISES = np.array([regions.LEFT_IRIS, regions.RIGHT_IRIS])


def rotation(vector: FloatArray) -> FloatArray:
    """Rotation vectors (..., 3) in radians -> matrices (..., 3, 3)."""
    vector = np.asarray(vector)
    angle = np.sqrt((vector**2).sum(-1))[..., None, None]
    x, y, z = vector[..., 0], vector[..., 1], vector[..., 2]
    zero = np.zeros_like(x)
    cross = np.stack([zero, -z, y, z, zero, -x, -y, x, zero], -1).reshape(*vector.shape[:-1], 3, 3)
    safe = np.maximum(angle, 1e-6)
    first, second = np.sin(safe) / safe, (1 - np.cos(safe)) / safe**2
    return np.asarray(np.eye(3) + first * cross + second * (cross @ cross), vector.dtype)


def rotation_vector(matrix: FloatArray) -> FloatArray:
    """Inverse of `rotation` for turns below 180 degrees."""
    cosine = ((np.trace(matrix, axis1=-2, axis2=-1) - 1) / 2).clip(-1, 1)
    angle = np.arccos(cosine)[..., None]
    skew = matrix - np.swapaxes(matrix, -1, -2)
    axis = np.stack([skew[..., 2, 1], skew[..., 0, 2], skew[..., 1, 0]], -1)
    ratio = np.where(angle > 1e-4, angle / np.maximum(2 * np.sin(angle), 1e-9), 0.5)
    return np.asarray(axis * ratio, matrix.dtype)


@dataclass(frozen=True)
class FaceModel:
    """The blendshape basis shared by tracking and rendering. All arrays are read-only."""

    neutral: FloatArray
    """(P, 3) the mean face."""
    expressions: FloatArray
    """(51, P, 3) displacements at full strength, in the order of `names.BLENDSHAPES`."""
    identities: FloatArray
    """(40, P, 3) displacements for one standard deviation each."""
    triangles: IntArray
    """(852, 3) skin, counter-clockwise from the front; eyes and mouth are open holes."""
    mirror: IntArray
    """(P,) which point each becomes in a mirror."""
    eyeball_radius: float

    @staticmethod
    def load() -> FaceModel:
        """The basis that ships with the package."""
        return _load()

    def shape(self, modes: FloatArray, residual: FloatArray | None = None) -> FloatArray:
        """A person's neutral face (P, 3): identity modes (K <= 40,) and what they leave over (P, 3)."""
        face = self.neutral + np.tensordot(modes, self.identities[: len(modes)], 1)
        return np.asarray(face if residual is None else face + residual, np.float32)

    def blinks(self, neutral: FloatArray) -> FloatArray:
        """(2, P, 3): closing the left and the right eye of this very face, lid exactly on lid."""
        fields = self.expressions[_BLINKS].copy()
        upper, lower = _LIDS[:, 0], _LIDS[:, 1]
        opening = (neutral[upper, 1] - neutral[lower, 1]).sum(1)
        usual = (self.neutral[upper, 1] - self.neutral[lower, 1]).sum(1)
        fields *= (opening / usual).clip(0.2, 3.0)[:, None, None]
        for eye in (0, 1):
            meet = neutral[lower[eye]] + fields[eye, lower[eye]]
            fields[eye, upper[eye]] = meet - neutral[upper[eye]]
        return fields

    def fields(self, neutral: FloatArray) -> FloatArray:
        """(51, P, 3): the expressions as this face makes them. `deform` is linear in them up to contact."""
        fields = self.expressions.copy()
        fields[_BLINKS] = self.blinks(neutral)
        return fields

    def deform(self, neutral: FloatArray, coefficients: FloatArray) -> FloatArray:
        """Expression and gaze on a neutral face: (..., 61) -> (..., P, 3), head still unmoved.

        Lips and lids stop where they meet; `mouthClose` closes no further than `jawOpen` has opened.
        """
        strengths = coefficients[..., EXPRESSION_SLICE].astype(np.float32)
        close, jaw = INDEX["mouthClose"], INDEX["jawOpen"]
        strengths[..., close] = np.minimum(strengths[..., close], strengths[..., jaw])
        flat = strengths @ self.expressions.reshape(len(self.expressions), -1)
        extra = self.blinks(neutral) - self.expressions[_BLINKS]
        flat += strengths[..., _BLINKS] @ extra.reshape(2, -1)
        points = neutral + flat.reshape(*strengths.shape[:-1], POINTS, 3)
        self._meet(points)
        self._look(points, coefficients[..., GAZE_SLICE])
        return np.asarray(points, np.float32)

    @staticmethod
    def _meet(points: FloatArray) -> None:
        over = np.maximum(points[..., _LIPS[1], 1] - points[..., _LIPS[0], 1], 0)
        points[..., _LIPS[0], 1] += 0.5 * over
        points[..., _LIPS[1], 1] -= 0.5 * over
        upper, lower = _LIDS[:, 0].ravel(), _LIDS[:, 1].ravel()
        points[..., upper, 1] = np.maximum(points[..., upper, 1], points[..., lower, 1])

    def _look(self, points: FloatArray, gaze: FloatArray) -> None:
        """Turn the irises about the middle of their eyeballs; gaze: (..., 4) left and right yaw, pitch."""
        ring = points[..., _IRISES, :]
        radius = np.linalg.norm(ring[..., 1:, :2] - ring[..., :1, :2], axis=-1).mean(-1)
        centre = ring[..., 0, :].copy()
        centre[..., 2] -= np.sqrt(np.maximum(self.eyeball_radius**2 - radius**2, 1e-4))
        angles = gaze.reshape(*gaze.shape[:-1], 2, 2)
        sy, cy = np.sin(angles[..., 0]), np.cos(angles[..., 0])
        sp, cp = np.sin(angles[..., 1]), np.cos(angles[..., 1])
        zero = np.zeros_like(sy)
        turn = np.stack([cy, -sy * sp, sy * cp, zero, cp, sp, -sy, -cy * sp, cy * cp], -1)
        turn = turn.reshape(*sy.shape, 3, 3)
        arm = ring - centre[..., None, :]
        points[..., _IRISES, :] = centre[..., None, :] + arm @ np.swapaxes(turn, -1, -2)

    def pose(self, points: FloatArray, coefficients: FloatArray) -> FloatArray:
        """Head pose on points (..., P, 3) by the six pose numbers of (..., 61)."""
        pose = coefficients[..., POSE_SLICE].astype(np.float32)
        turned = points @ np.swapaxes(rotation(pose[..., :3]), -1, -2)
        return np.asarray(turned + pose[..., None, 3:], np.float32)

    def pixels(self, neutral: FloatArray, coefficients: FloatArray, camera: Camera) -> FloatArray:
        """Where a face is seen: (..., 61) -> (..., P, 2)."""
        return camera.project(self.pose(self.deform(neutral, coefficients), coefficients))


@lru_cache(maxsize=1)
def _load() -> FaceModel:
    arrays = load(data_path("face_model.safetensors").read_bytes())
    radius = float(arrays.pop("eyeball_radius")[0])
    for array in arrays.values():
        array.flags.writeable = False
    return FaceModel(**arrays, eyeball_radius=radius)
