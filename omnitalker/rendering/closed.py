"""The person's own closed eyes: laid over the warped lids as they come down, so that folds and lashes are true."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from omnitalker.motion import face_regions
from omnitalker.motion.names import INDEX
from omnitalker.motion.raster import backward_map
from omnitalker.motion.surface import picture_triangles
from omnitalker.rendering import curves
from omnitalker.rendering.membrane import Membrane
from omnitalker.types import FloatArray, Frame, Identity, TextureBank

STEP = 2
"""Pixels of the frame between nodes of the warp."""
FROM, TO = 0.45, 0.9
"""Strengths of a blink between which the own lids fade in."""
FADE = 0.13
"""Width over which the crop goes over into the skin around it, in eye distances."""
_EYES = (face_regions.LEFT_EYE, face_regions.RIGHT_EYE)
_BLINKS = (INDEX["eyeBlinkLeft"], INDEX["eyeBlinkRight"])


@dataclass(frozen=True)
class LidCover:
    """What of one eye is painted by a bank: shares 0..1."""

    own: float = 0.0
    """How far the person's own lids replace the warped ones."""
    ball: float = 1.0
    """How far the eyeball between them is still to be drawn."""


def shut(motion: FloatArray) -> tuple[float, float]:
    """How far the own lids replace the warped ones: left and right, 0..1."""
    t = np.clip((motion[list(_BLINKS)] - FROM) / (TO - FROM), 0, 1)
    left, right = t * t * (3 - 2 * t)
    return float(left), float(right)


class OwnLids:
    """The lid bank of one identity."""

    def __init__(self, identity: Identity, bank: TextureBank) -> None:
        self._crop, self._layout = bank.crops[0], bank.layout
        height, width = self._crop.shape[:2]
        self._membrane = Membrane(width, height)
        reach = FADE * identity.camera.scale
        self._windows = [window(bank.layout[list(eye)], (width, height), reach) for eye in _EYES]
        flat = np.zeros(len(bank.layout), np.float32)
        nothing = np.full((height, width, 2), -1e4, np.float32)
        everything = picture_triangles()
        self._from_picture = backward_map(
            bank.layout, identity.landmarks, everything, flat, (height, width), nothing
        )
        inside = ((bank.layout > -2) & (bank.layout < (width + 1, height + 1))).all(axis=1)
        self._triangles = everything[inside[everything].any(axis=1)]
        self._near = np.flatnonzero(inside)

    def draw(
        self,
        frame: Frame,
        picture: Frame,
        face: FloatArray,
        points: FloatArray,
        motion: FloatArray,
    ) -> tuple[LidCover, LidCover]:
        """Paint over the lids, in place. frame, picture: (H, W, 4), (S, S, 4) the skin of this frame; face: (478, 3)
        before the pose; points: sheet in frame pixels."""
        del face
        shares = shut(motion)
        if max(shares) > 0:
            self._paint(frame, picture, points, shares)
        return LidCover(shares[0]), LidCover(shares[1])

    def _paint(
        self, frame: Frame, picture: Frame, points: FloatArray, shares: tuple[float, float]
    ) -> None:
        size = (frame.shape[1], frame.shape[0])
        left, top, width, height = curves.box_around(points[self._near], 0.0, size)
        width, height = width // STEP * STEP, height // STEP * STEP
        if width < 4 or height < 4:
            return
        shape = (height // STEP, width // STEP)
        nodes = (points[: len(self._layout)] - np.array((left - 0.5, top - 0.5), np.float32)) / STEP
        nothing = np.full((*shape, 2), -1e4, np.float32)
        flat = np.zeros(len(self._layout), np.float32)
        grid = backward_map(nodes - 0.5, self._layout, self._triangles, flat, shape, nothing)
        where = cv2.resize(grid, (width, height), interpolation=cv2.INTER_LINEAR)
        around = cv2.remap(picture, self._from_picture, None, cv2.INTER_LINEAR)[..., :3]
        lit = cv2.add(self._crop, self._membrane.spread(around, self._crop), dtype=cv2.CV_8U)
        lids = cv2.remap(cv2.cvtColor(lit, cv2.COLOR_RGB2RGBA), where, None, cv2.INTER_LINEAR)
        both = sum(share * own for share, own in zip(shares, self._windows, strict=True))
        alpha = cv2.remap(np.minimum(both, 1.0), where, None, cv2.INTER_LINEAR)
        region = frame[top : top + height, left : left + width]
        region[:] = cv2.blendLinear(lids, np.ascontiguousarray(region), alpha, 1 - alpha)


def window(eye: FloatArray, size: tuple[int, int], reach: float) -> FloatArray:
    """(h, w) 1 on the closed eye, falling to 0 at the distance `reach` from it."""
    canvas = np.ones((size[1], size[0]), np.uint8)
    hull = cv2.convexHull(np.rint(eye).astype(np.int32))
    cv2.fillConvexPoly(canvas, hull, 0)
    cv2.polylines(canvas, [hull], True, 0, 2)
    away = cv2.distanceTransform(canvas, cv2.DIST_L2, 5) / reach
    t = np.clip(1.35 * (1 - away), 0, 1)
    return np.asarray(t * t * (3 - 2 * t), np.float32)
