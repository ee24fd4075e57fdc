"""The person's own closed eyes: laid over the warped lids as they come down, so that folds and lashes are true."""

from __future__ import annotations

import numpy as np

from omnitalker.base.types import FloatArray, Identity, TextureBank
from omnitalker.motion.face import regions as face_regions
from omnitalker.motion.names import INDEX
from omnitalker.rendering.eye.lid_patch import DrawnFace, LidCover, LidPatch

FROM, TO = 0.2, 0.75
"""Strengths of a blink between which the own lids fade in."""
_EYES = (face_regions.LEFT_EYE, face_regions.RIGHT_EYE)
_BLINKS = (INDEX["eyeBlinkLeft"], INDEX["eyeBlinkRight"])


def shut(motion: FloatArray) -> tuple[float, float]:
    """How far the own lids replace the warped ones: left and right, 0..1."""
    t = np.clip((motion[list(_BLINKS)] - FROM) / (TO - FROM), 0, 1)
    left, right = t * t * (3 - 2 * t)
    return float(left), float(right)


class OwnLids:
    """The lid bank of one identity."""

    def __init__(self, identity: Identity, bank: TextureBank) -> None:
        self._crop = bank.crops[0]
        height, width = self._crop.shape[:2]
        self._patch = LidPatch(identity, bank.layout, (width, height))
        self._windows = [self._patch.window(eye) for eye in _EYES]

    def draw(self, drawn: DrawnFace) -> tuple[LidCover, LidCover]:
        """Paint over the lids."""
        shares = shut(drawn.motion)
        if max(shares) > 0:
            both = sum(share * own for share, own in zip(shares, self._windows, strict=True))
            self._patch.paint(drawn, self._crop, np.minimum(both, 1.0))
        return LidCover(shares[0]), LidCover(shares[1])
