"""One crop around the eyes, laid over the frame: warped with the face, in its light, with a soft edge."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from omnitalker.base.types import FloatArray, Frame, Identity
from omnitalker.motion.face.raster import backward_map
from omnitalker.motion.face.surface import picture_triangles
from omnitalker.rendering import curves
from omnitalker.rendering.membrane import Membrane

STEP = 2
"""Pixels of the frame between nodes of the warp."""
FADE = 0.13
"""Width over which the crop goes over into the skin around it, in eye distances."""


@dataclass(frozen=True)
class DrawnFace:
    """A frame whose face is being drawn."""

    frame: Frame
    """(H, W, 4), painted in place."""
    picture: Frame
    """(S, S, 4) the skin of this frame."""
    face: FloatArray
    """(478, 3) before the pose."""
    points: FloatArray
    """Sheet in frame pixels."""
    motion: FloatArray
    """(61,)."""


@dataclass(frozen=True)
class LidCover:
    """What of one eye is painted by a bank: shares 0..1."""

    own: float = 0.0
    """How far the person's own lids replace the warped ones."""
    ball: float = 1.0
    """How far the eyeball between them is still to be drawn."""


class LidPatch:
    """Where the crops of a bank lie on the face. Only what they show is given anew with every frame."""

    def __init__(self, identity: Identity, layout: FloatArray, size: tuple[int, int]) -> None:
        """layout: sheet in pixels of the crop; size: (width, height) of the crop."""
        width, height = size
        self._layout, self._size = layout, size
        self._reach = FADE * identity.camera.scale
        self._membrane = Membrane(width, height)
        self._flat = np.zeros(len(layout), np.float32)
        everything = picture_triangles()
        nothing = np.full((height, width, 2), -1e4, np.float32)
        self._from_picture = backward_map(
            layout, identity.landmarks, everything, self._flat, (height, width), nothing
        )
        within = (layout > -2) & (layout < (width + 1, height + 1))
        inside = np.asarray(within.all(axis=1))
        self._triangles = everything[inside[everything].any(axis=1)]
        self._near = np.flatnonzero(inside)

    def window(self, eye: tuple[int, ...]) -> FloatArray:
        """(h, w) 1 on the eye with these points of the sheet, falling to 0 away from it."""
        canvas = np.ones((self._size[1], self._size[0]), np.uint8)
        hull = cv2.convexHull(np.rint(self._layout[list(eye)]).astype(np.int32))
        cv2.fillConvexPoly(canvas, hull, 0)
        cv2.polylines(canvas, [hull], True, 0, 2)
        away = cv2.distanceTransform(canvas, cv2.DIST_L2, 5) / self._reach
        t = np.clip(1.35 * (1 - away), 0, 1)
        return np.asarray(t * t * (3 - 2 * t), np.float32)

    def paint(self, drawn: DrawnFace, crop: Frame, opacity: FloatArray) -> None:
        """crop: (h, w, 3); opacity: (h, w) 0..1."""
        frame, points = drawn.frame, drawn.points
        size = (frame.shape[1], frame.shape[0])
        left, top, width, height = curves.box_around(points[self._near], 0.0, size)
        width, height = width // STEP * STEP, height // STEP * STEP
        if width < 4 or height < 4:
            return
        shape = (height // STEP, width // STEP)
        corner = np.array((left - 0.5, top - 0.5), np.float32)
        nodes = np.asarray((points[: len(self._layout)] - corner) / STEP - 0.5, np.float32)
        nothing = np.full((*shape, 2), -1e4, np.float32)
        grid = backward_map(nodes, self._layout, self._triangles, self._flat, shape, nothing)
        where = cv2.resize(grid, (width, height), interpolation=cv2.INTER_LINEAR)
        around = cv2.remap(drawn.picture, self._from_picture, None, cv2.INTER_LINEAR)[..., :3]
        lit = cv2.add(crop, self._membrane.spread(around, crop), dtype=cv2.CV_8U)
        lids = cv2.remap(cv2.cvtColor(lit, cv2.COLOR_RGB2RGBA), where, None, cv2.INTER_LINEAR)
        alpha = cv2.remap(opacity, where, None, cv2.INTER_LINEAR)
        region = frame[top : top + height, left : left + width]
        region[:] = cv2.blendLinear(lids, np.ascontiguousarray(region), alpha, 1 - alpha)
