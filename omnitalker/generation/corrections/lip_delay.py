"""Lips of a network that learnt them too early come when their sound does.

The first motion teacher moved lips 0.09 s ahead of the sound; tracked talkers do so by 0.02 s (`evaluation.talkers`).
Only what is shown is late: the network goes on from what it made.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from omnitalker.base.types import FloatArray
from omnitalker.motion.names import BLENDSHAPES, MOTION_DIM

LATE_FRAMES: Final = 2
_ARTICULATION: Final = [
    column
    for column, name in enumerate(BLENDSHAPES)
    if name.startswith(("jaw", "mouth")) and not name.startswith(("mouthSmile", "mouthFrown"))
]


class LipDelay:
    """Holds the lips back by two frames over windows of motion in their order."""

    def __init__(self) -> None:
        self._held: FloatArray = np.zeros((LATE_FRAMES, MOTION_DIM), np.float32)

    def __call__(self, motion: FloatArray) -> FloatArray:
        """(F, 61) -> (F, 61)."""
        joined = np.concatenate([self._held, motion])
        self._held = joined[len(motion) :]
        late = motion.copy()
        late[:, _ARTICULATION] = joined[: len(motion), _ARTICULATION]
        return late
