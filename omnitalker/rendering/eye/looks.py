"""The person's own eyes in many looks: lids half-way down, looking up, down and aside, as pictures showed them.

Lids, lashes and folds come from the bank; the eyeball between open lids is drawn (`eyeball.py`), so that the
gaze moves without a jump, and goes over into the bank's own as the lids close.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from omnitalker.base.types import FloatArray, Identity, TextureBank
from omnitalker.motion.face.descriptors import look_descriptor
from omnitalker.motion.face.model import FaceModel
from omnitalker.motion.names import GAZE_SLICE
from omnitalker.rendering.eye.eyeball import LEFT, RIGHT, EyeSide
from omnitalker.rendering.eye.lid_patch import DrawnFace, LidCover, LidPatch
from omnitalker.rendering.texture import mixed, nearest_shares

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

    def draw(self, drawn: DrawnFace) -> tuple[LidCover, LidCover]:
        """Paint the lids."""
        left, right = (eye.draw(drawn) for eye in self._eyes)
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
        layout = bank.layout - np.array([columns.start, 0], np.float32)
        rest = identity.coefficients
        model = FaceModel.load()
        known = self._seen(model.deform(identity.neutral, bank.motion), bank.motion)
        own = self._seen(model.deform(identity.neutral, rest), rest)
        self._known, self._rest_gap = known.look, float(own.gap)
        self._open = int(np.linalg.norm(known.look - own.look, axis=1).argmin())
        self._patch = LidPatch(identity, layout, (width, height))
        self._window = self._patch.window(side.upper + side.lower)

    def _seen(self, face: FloatArray, motion: FloatArray) -> _Seen:
        gaze = motion[..., GAZE_SLICE][..., list(self._side.gaze)]
        upper, lower = list(self._side.upper), list(self._side.lower)
        gap = (face[..., upper, 1] - face[..., lower, 1]).mean(axis=-1)
        return _Seen(look_descriptor(face, upper, lower, gaze), gap)

    def draw(self, drawn: DrawnFace) -> LidCover:
        seen = self._seen(drawn.face, drawn.motion)
        shares = nearest_shares(self._known, seen.look, SHARPNESS)
        changed = 1 - float(shares[self._open])
        if changed < UNCHANGED:
            return LidCover()
        shares[self._open] = 0
        crop = mixed(self._crops, shares / shares.sum())
        self._patch.paint(drawn, crop, changed * self._window)
        closed = 1 - float(seen.gap) / max(self._rest_gap, 1e-6)
        t = min(max((closed - DRAWN) / (HIDDEN - DRAWN), 0.0), 1.0)
        return LidCover(own=changed, ball=1 - changed * t * t * (3 - 2 * t))
