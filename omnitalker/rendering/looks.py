"""The person's own eyes in many looks: lids half-way down, looking up, down and aside, as pictures showed them.

Lids, lashes and folds come from the bank; the eyeball between open lids is drawn (`rendering/eyes.py`), so that the
gaze moves without a jump, and goes over into the bank's own as the lids close.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from omnitalker.motion.descriptors import look_descriptor
from omnitalker.motion.face import FaceModel
from omnitalker.motion.names import GAZE_SLICE
from omnitalker.motion.raster import backward_map
from omnitalker.motion.surface import picture_triangles
from omnitalker.rendering import curves
from omnitalker.rendering.closed import FADE, LidCover, window
from omnitalker.rendering.eyes import LEFT, RIGHT, EyeSide
from omnitalker.rendering.membrane import Membrane
from omnitalker.rendering.texture import mixed, nearest_shares
from omnitalker.types import FloatArray, Frame, Identity, TextureBank

STEP = 2
"""Pixels of the frame between nodes of the warp."""
SHARPNESS = 2.0
"""How quickly the mixture goes over from one look to the next."""
UNCHANGED = 0.02
"""Below this share of other looks the picture's own open eyes stay as they are."""
DRAWN, HIDDEN = 0.20, 0.60
"""How far lids are closed when the drawn eyeball begins to give way to the one in the bank, and when it is gone."""


class OwnLooks:
    """Both eyes of an identity whose bank of lids holds many looks."""

    def __init__(self, identity: Identity, bank: TextureBank) -> None:
        middle = bank.crops.shape[2] // 2
        left, right = slice(middle, None), slice(0, middle)
        self._eyes = _Look(identity, bank, LEFT, left), _Look(identity, bank, RIGHT, right)

    def draw(
        self,
        frame: Frame,
        picture: Frame,
        face: FloatArray,
        points: FloatArray,
        motion: FloatArray,
    ) -> tuple[LidCover, LidCover]:
        """Paint the lids, in place. frame, picture: (H, W, 4), (S, S, 4) the skin of this frame; face: (478, 3)
        before the pose; points: sheet in frame pixels."""
        left, right = (eye.draw(frame, picture, face, points, motion) for eye in self._eyes)
        return left, right


@dataclass(frozen=True)
class _Seen:
    """One look as a descriptor, and how far the lids are apart in it."""

    look: FloatArray
    gap: FloatArray


class _Look:
    def __init__(
        self, identity: Identity, bank: TextureBank, side: EyeSide, columns: slice
    ) -> None:
        self._side = side
        self._crops = np.ascontiguousarray(bank.crops[:, :, columns])
        height, width = self._crops.shape[1:3]
        self._layout = bank.layout - np.array([columns.start, 0], np.float32)
        rest = identity.coefficients
        model = FaceModel.load()
        known = self._seen(model.deform(identity.neutral, bank.motion), bank.motion)
        own = self._seen(model.deform(identity.neutral, rest), rest)
        self._known, self._rest_gap = known.look, float(own.gap)
        self._open = int(np.linalg.norm(known.look - own.look, axis=1).argmin())
        self._membrane = Membrane(width, height)
        loop = self._layout[list(side.upper + side.lower)]
        self._window = window(loop, (width, height), FADE * identity.camera.scale)
        everything = picture_triangles()
        flat = np.zeros(len(bank.layout), np.float32)
        nothing = np.full((height, width, 2), -1e4, np.float32)
        self._from_picture = backward_map(
            self._layout, identity.landmarks, everything, flat, (height, width), nothing
        )
        inside = ((self._layout > -2) & (self._layout < (width + 1, height + 1))).all(axis=1)
        self._triangles = everything[inside[everything].any(axis=1)]
        self._near = np.flatnonzero(inside)

    def _seen(self, face: FloatArray, motion: FloatArray) -> _Seen:
        gaze = motion[..., GAZE_SLICE][..., list(self._side.gaze)]
        upper, lower = list(self._side.upper), list(self._side.lower)
        gap = (face[..., upper, 1] - face[..., lower, 1]).mean(axis=-1)
        return _Seen(look_descriptor(face, upper, lower, gaze), gap)

    def draw(
        self,
        frame: Frame,
        picture: Frame,
        face: FloatArray,
        points: FloatArray,
        motion: FloatArray,
    ) -> LidCover:
        seen = self._seen(face, motion)
        shares = nearest_shares(self._known, seen.look, SHARPNESS)
        changed = 1 - float(shares[self._open])
        if changed < UNCHANGED:
            return LidCover()
        shares[self._open] = 0
        self._paint(frame, picture, points, shares / shares.sum(), changed)
        closed = 1 - float(seen.gap) / max(self._rest_gap, 1e-6)
        t = min(max((closed - DRAWN) / (HIDDEN - DRAWN), 0.0), 1.0)
        return LidCover(own=changed, ball=1 - changed * t * t * (3 - 2 * t))

    def _paint(
        self, frame: Frame, picture: Frame, points: FloatArray, shares: FloatArray, amount: float
    ) -> None:
        size = (frame.shape[1], frame.shape[0])
        left, top, width, height = curves.box_around(points[self._near], 0.0, size)
        width, height = width // STEP * STEP, height // STEP * STEP
        if width < 4 or height < 4:
            return
        shape = (height // STEP, width // STEP)
        offset = np.array((left - 0.5, top - 0.5), np.float32)
        nodes = (points[: len(self._layout)] - offset) / STEP - 0.5
        nothing = np.full((*shape, 2), -1e4, np.float32)
        flat = np.zeros(len(self._layout), np.float32)
        grid = backward_map(nodes, self._layout, self._triangles, flat, shape, nothing)
        where = cv2.resize(grid, (width, height), interpolation=cv2.INTER_LINEAR)
        look = mixed(self._crops, shares)
        around = cv2.remap(picture, self._from_picture, None, cv2.INTER_LINEAR)[..., :3]
        lit = cv2.add(look, self._membrane.spread(around, look), dtype=cv2.CV_8U)
        lids = cv2.remap(cv2.cvtColor(lit, cv2.COLOR_RGB2RGBA), where, None, cv2.INTER_LINEAR)
        alpha = cv2.remap(amount * self._window, where, None, cv2.INTER_LINEAR)
        region = frame[top : top + height, left : left + width]
        region[:] = cv2.blendLinear(lids, np.ascontiguousarray(region), alpha, 1 - alpha)
