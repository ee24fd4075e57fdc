"""Lips of a network that learnt them too early come when their sound does, and no wider than real ones.

The first motion teacher moved lips 0.09 s ahead of the sound, and opened them 1.3 times too far; tracked talkers are ahead
by 0.02 s (`evaluation.talkers`). Only what is shown is late: the network goes on from what it made.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from omnitalker.base.types import FloatArray
from omnitalker.motion.names import BLENDSHAPES, INDEX, MOTION_DIM

LATE_FRAMES: Final = 2
_ARTICULATION: Final = [
    column
    for column, name in enumerate(BLENDSHAPES)
    if name.startswith(("jaw", "mouth")) and not name.startswith(("mouthSmile", "mouthFrown"))
]


FIRST_TEACHER: Final = ("flite", "festival", "espeak")
"""Sources of the voices whose faces it moved."""
TOO_WIDE: Final = 1.3
_OPENING: Final = [
    INDEX[name]
    for name in (
        "jawOpen", "mouthClose", "mouthLowerDownLeft", "mouthLowerDownRight", "mouthUpperUpLeft",
        "mouthUpperUpRight",
    )
]  # fmt: skip


class LipDelay:
    """Holds the lips back by two frames over windows of motion in their order."""

    def __init__(self, width: float = 1.0) -> None:
        """width: how far lips open of how far they were made to."""
        self._width = width
        self._held: FloatArray = np.zeros((LATE_FRAMES, MOTION_DIM), np.float32)

    def __call__(self, motion: FloatArray) -> FloatArray:
        """(F, 61) -> (F, 61)."""
        joined = np.concatenate([self._held, motion])
        self._held = joined[len(motion) :]
        late = motion.copy()
        late[:, _ARTICULATION] = joined[: len(motion), _ARTICULATION]
        late[:, _OPENING] *= self._width
        return late
