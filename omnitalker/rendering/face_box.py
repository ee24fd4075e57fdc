"""The square of a frame that holds the face: it follows the head in whole pixels and never changes size."""

from __future__ import annotations

import numpy as np

from omnitalker.base.types import FloatArray, Identity
from omnitalker.motion.face import regions as face_regions
from omnitalker.motion.face.model import FaceModel

SIDE = 1.9
"""Side of the box, in eye distances."""
MULTIPLE = 8
"""What sides are multiples of, so that a U-Net can halve them."""
_EDGE = 0.08


class FaceBox:
    """For frames of an identity at its own size."""

    def __init__(self, identity: Identity) -> None:
        self._identity, self._model = identity, FaceModel.load()
        wanted = min(SIDE * identity.camera.scale, identity.size)
        self.side = int(wanted) // MULTIPLE * MULTIPLE
        ramp = np.clip((np.arange(self.side) + 0.5) / (_EDGE * self.side), 0, 1)
        ramp = np.minimum(ramp, ramp[::-1]).astype(np.float32)
        self.window = ramp[:, None] * ramp[None, :]
        """(side, side) 1 inside, fading to 0 at the rim."""

    def place(self, coefficients: FloatArray) -> tuple[slice, slice]:
        """Rows and columns of the frame, always inside it."""
        outline = self._identity.neutral[list(face_regions.OVAL)]
        points = self._identity.camera.project(self._model.pose(outline, coefficients))
        middle = 0.5 * (points.min(axis=0) + points.max(axis=0))
        corner = np.rint(middle - self.side / 2).astype(int)
        left, top = np.clip(corner, 0, self._identity.size - self.side)
        return slice(int(top), int(top) + self.side), slice(int(left), int(left) + self.side)
