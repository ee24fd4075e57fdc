"""The person's own mouth, mixed from the crops nearest in shape.

The mixture changes smoothly with the shape of the lips, so neighbouring frames agree without any memory.
"""

from __future__ import annotations

import cv2
import numpy as np

from omnitalker.motion import face_regions
from omnitalker.motion.face import FaceModel
from omnitalker.motion.names import EXPRESSION_SLICE, MOTION_DIM
from omnitalker.motion.raster import backward_map
from omnitalker.motion.surface import picture_triangles
from omnitalker.rendering import curves
from omnitalker.types import FloatArray, Frame, Identity, TextureBank

NEIGHBOURS = 3
SHARPNESS = 4
"""How quickly the mixture goes over from one crop to the next: mixed teeth are grey teeth."""
GAP_WEIGHT = 3.0
STEP = 2.0
"""Pixels of the frame between nodes of the warp, at 512."""
_LIPS = np.array(face_regions.LIPS + face_regions.LIP_CORNERS)


class OwnMouth:
    """The mouth bank of one identity."""

    def __init__(self, identity: Identity, bank: TextureBank) -> None:
        self._bank, self._neutral, self._model = bank, identity.neutral, FaceModel.load()
        motion = np.zeros((len(bank.shapes), MOTION_DIM), np.float32)
        motion[:, EXPRESSION_SLICE] = bank.shapes
        self._shapes = self._describe(self._model.deform(identity.neutral, motion))
        height, width = bank.crops.shape[1:3]
        alpha = np.rint(255 * _soft_window(width, height)).astype(np.uint8)
        alpha = np.broadcast_to(alpha[None, ..., None], (*bank.crops.shape[:3], 1))
        self._crops = np.concatenate([bank.crops, alpha], axis=3)
        inside = ((bank.layout > -2) & (bank.layout < (width + 1, height + 1))).all(axis=1)
        triangles = picture_triangles()
        self._triangles = triangles[inside[triangles].any(axis=1)]
        self._near = np.flatnonzero(inside)

    @staticmethod
    def _describe(points: FloatArray) -> FloatArray:
        """(..., D) where the lips are, and with more weight how far they are apart."""
        lips = points[..., _LIPS, :]
        gap = (
            points[..., face_regions.INNER_LIP_UPPER, 1]
            - points[..., face_regions.INNER_LIP_LOWER, 1]
        )
        return np.concatenate([lips.reshape(*lips.shape[:-2], -1), GAP_WEIGHT * gap], axis=-1)

    def weights(self, face: FloatArray) -> FloatArray:
        """(K,) share of every crop; zero for all but the nearest, and continuous in the shape of the lips."""
        distance = np.linalg.norm(self._shapes - self._describe(face), axis=1) + 1e-4
        reach = np.partition(distance, NEIGHBOURS)[NEIGHBOURS]
        share = (np.maximum(reach - distance, 0) / (reach * distance)) ** SHARPNESS
        return share / max(float(share.sum()), 1e-12)

    def draw(self, frame: Frame, face: FloatArray, points: FloatArray) -> None:
        """Paint over the lips, in place. face: (478, 3) before the pose; points: sheet in frame pixels."""
        size = (frame.shape[1], frame.shape[0])
        left, top, width, height = curves.box_around(points[self._near], 0.0, size)
        if width < 4 or height < 4:
            return
        step = STEP * size[0] / 512
        columns, rows = int(width / step) + 2, int(height / step) + 2
        nodes = (points[:478] - (left, top) + 0.5) / step - 0.5
        nothing = np.full((rows, columns, 2), -1e4, np.float32)
        depth = np.zeros(478, np.float32)
        grid = backward_map(
            nodes.astype(np.float32),
            self._bank.layout,
            self._triangles,
            depth,
            (rows, columns),
            nothing,
        )
        where = cv2.resize(grid, None, fx=step, fy=step, interpolation=cv2.INTER_LINEAR)
        where = where[:height, :width]
        mouth = cv2.remap(self._mixed(face), where, None, cv2.INTER_LINEAR)
        alpha = mouth[..., 3:].astype(np.float32) * (1 / 255)
        region = frame[top : top + height, left : left + width, :3]
        region[:] = np.rint(region + alpha * (mouth[..., :3] - region.astype(np.float32)))

    def _mixed(self, face: FloatArray) -> Frame:
        shares = self.weights(face)
        picked = np.flatnonzero(shares > 1e-3)
        mixed = self._crops[picked[0]].astype(np.float32) * shares[picked[0]]
        for index in picked[1:]:
            mixed += self._crops[index] * shares[index]
        return np.rint(mixed / shares[picked].sum()).astype(np.uint8)


def _soft_window(width: int, height: int) -> FloatArray:
    """(h, w) 1 in the middle, 0 at the rim, smooth between."""

    def ramp(count: int) -> FloatArray:
        distance = (np.arange(count, dtype=np.float32) + 0.5) / count
        t = np.clip((np.minimum(distance, 1 - distance) - 0.04) / 0.12, 0, 1)
        return t * t * (3 - 2 * t)

    return ramp(height)[:, None] * ramp(width)[None, :]
