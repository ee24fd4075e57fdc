"""Head pose of every frame from where its points are seen, the shape of the face being known.

F frames, P points. Lengths are units of `motion.face`, pictures are pixels.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from omnitalker.base.types import Camera, FloatArray
from omnitalker.motion.face import regions
from omnitalker.motion.face.model import rotation, rotation_vector

_RIGID = list(regions.RIGID)


@dataclass(frozen=True)
class Heads:
    """Where the head is in every frame."""

    turn: FloatArray
    """(F, 3, 3) rotation."""
    place: FloatArray
    """(F, 3) translation."""

    @property
    def pose(self) -> FloatArray:
        """(F, 6) as in the motion vector."""
        return np.concatenate([rotation_vector(self.turn), self.place], axis=1)

    @staticmethod
    def from_pose(pose: FloatArray) -> Heads:
        return Heads(rotation(pose[:, :3]), pose[:, 3:])

    def pick(self, frames: np.ndarray) -> Heads:
        return Heads(self.turn[frames], self.place[frames])

    def posed(self, shape: FloatArray) -> FloatArray:
        """(F, P, 3) or (P, 3) -> (F, P, 3) in space."""
        moved: FloatArray = shape @ np.swapaxes(self.turn, 1, 2) + self.place[:, None]
        return moved


def first_guess(
    landmarks: FloatArray, neutral: FloatArray, camera: Camera | None = None
) -> tuple[Heads, Camera]:
    """A camera for the whole clip and rough poses, by matching the rigid points in three dimensions.

    landmarks: (F, P, 3) pixels. An unknown camera is such that the median head sits at the origin.
    """
    seen = landmarks[:, _RIGID] * np.array([1, -1, -1], np.float32)
    model = neutral[_RIGID]
    seen_middle, middle = seen.mean(1), model.mean(0)
    spread = np.einsum("fpi,pj->fij", seen - seen_middle[:, None], model - middle)
    left, strength, right = np.linalg.svd(spread)
    sign = np.sign(np.linalg.det(left @ right))
    left[:, :, 2] *= sign[:, None]
    strength[:, 2] *= sign
    turn = left @ right
    scale = strength.sum(1) / ((model - middle) ** 2).sum()
    origin = seen_middle - scale[:, None] * (turn @ middle)
    if camera is None:
        camera = Camera(1.0, float(np.median(origin[:, 0])), float(np.median(-origin[:, 1])))
        nearness = camera.distance / (camera.distance - float(middle[2]))
        camera = replace(camera, scale=float(np.median(scale)) / nearness)
    depth = camera.distance - camera.scale * camera.distance / scale - float(middle[2])
    place = np.stack(
        [
            (origin[:, 0] - camera.centre_x) / camera.scale,
            (origin[:, 1] + camera.centre_y) / camera.scale,
            depth,
        ],
        axis=1,
    )
    return Heads(turn.astype(np.float32), place.astype(np.float32)), camera


def sways(heads: Heads, camera: Camera, shapes: FloatArray) -> FloatArray:
    """(F, 6, P, 2) how the seen points move with each pose number, perspective taken out."""
    arm = shapes @ np.swapaxes(heads.turn, 1, 2)
    space = arm + heads.place[:, None]
    x, y, z = arm[..., 0], arm[..., 1], arm[..., 2]
    one, zero = np.ones_like(x), np.zeros_like(x)
    nearer = space[..., :2] / (camera.distance - space[..., 2:])
    across = np.stack([zero, z, -y, one, zero, nearer[..., 0]], 1)
    along = np.stack([-z, zero, x, zero, one, nearer[..., 1]], 1)
    return np.stack([across, along], -1)


def refine(
    heads: Heads,
    camera: Camera,
    pixels: FloatArray,
    shapes: FloatArray,
    weights: FloatArray,
    rounds: int = 4,
) -> Heads:
    """Gauss-Newton on reprojection, robust to single points. pixels (F, P, 2), shapes (F, P, 3), weights (P,)."""
    distance = camera.distance
    seen = np.stack(
        [pixels[..., 0] - camera.centre_x, camera.centre_y - pixels[..., 1]], -1
    ) / np.float32(camera.scale)
    for _ in range(rounds):
        arm = shapes @ np.swapaxes(heads.turn, 1, 2)
        space = arm + heads.place[:, None]
        near = distance / (distance - space[..., 2:])
        residual = seen - space[..., :2] * near
        slope = np.zeros((*space.shape[:2], 2, 3), np.float32)
        slope[..., 0, 0] = slope[..., 1, 1] = near[..., 0]
        slope[..., 2] = space[..., :2] * near**2 / distance
        x, y, z = arm[..., 0], arm[..., 1], arm[..., 2]
        zero = np.zeros_like(x)
        turning = np.stack([zero, z, -y, -z, zero, x, y, -x, zero], -1).reshape(*arm.shape, 3)
        jacobian = np.concatenate([slope @ turning, slope], axis=-1)
        error = np.linalg.norm(residual, axis=-1)
        typical = np.median(error, axis=1, keepdims=True) + 1e-4
        trust = weights / (1 + (error / (2.5 * typical)) ** 2)
        weighted = (jacobian * trust[..., None, None]).reshape(len(seen), -1, 6)
        flat = jacobian.reshape(len(seen), -1, 6)
        normal = np.swapaxes(weighted, 1, 2) @ flat + 1e-5 * np.eye(6, dtype=np.float32)
        target = (np.swapaxes(weighted, 1, 2) @ residual.reshape(len(seen), -1, 1))[..., 0]
        step = np.linalg.solve(normal, target[..., None])[..., 0]
        heads = Heads(rotation(step[:, :3]) @ heads.turn, heads.place + step[:, 3:])
    return Heads(heads.turn.astype(np.float32), heads.place.astype(np.float32))
