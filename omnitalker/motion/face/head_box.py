"""How much of a picture is the head: the face from its points, the hair from what was cut out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from omnitalker.base.types import FloatArray
from omnitalker.motion.face import regions

HAIR = 0.30
"""Height of hair above the highest face points in heights of the face, where no matte tells."""
EARS = 0.12
"""Width of ears and hair beside the face on each side, in face widths, where no matte tells."""
FARTHEST = 0.75
"""How far beside the face hair is looked for, in face widths."""
_SOME = 0.08
_MUCH = 0.3
"""Shares of a row, of a column, that hair covers at least."""
_SOLID = 127


@dataclass(frozen=True)
class HeadBox:
    """Pixels of a picture, hair included."""

    left: float
    top: float
    right: float
    chin: float
    cut: bool = False
    """Whether hair or forehead go on above the upper edge of the picture."""

    @property
    def width(self) -> float:
        return self.right - self.left

    @property
    def height(self) -> float:
        return self.chin - self.top

    def placed(self, factor: float, left: float, top: float) -> HeadBox:
        """The same head in a picture of which this one is a part: first scaled, then moved."""
        return HeadBox(
            self.left * factor + left,
            self.top * factor + top,
            self.right * factor + left,
            self.chin * factor + top,
            self.cut,
        )


def head_box(matte: npt.NDArray[np.uint8], landmarks: FloatArray) -> HeadBox:
    """matte: (H, W) 255 = the person; landmarks: (478, 2 or more) pixels of the same picture."""
    oval = landmarks[list(regions.OVAL), :2]
    (x0, brow), (x1, chin) = oval.min(axis=0), oval.max(axis=0)
    face_width, face_height = x1 - x0, chin - brow
    guess = HeadBox(
        float(x0 - EARS * face_width),
        float(brow - HAIR * face_height),
        float(x1 + EARS * face_width),
        float(chin),
        bool(brow - HAIR * face_height < 0),
    )
    solid = matte > _SOLID
    height, width = solid.shape
    first, last = int(np.clip(x0, 0, width - 1)), int(np.clip(x1, 1, width))
    start, stop = int(np.clip(brow, 0, height - 1)), int(np.clip(chin, 1, height))
    if solid.all() or last <= first or stop <= start:
        return guess
    empty = np.flatnonzero(solid[:start, first:last].mean(axis=1) < _SOME)
    top = int(empty[-1]) + 1 if len(empty) else 0
    head = solid[top:stop].mean(axis=0) >= _MUCH
    reach = round(FARTHEST * face_width)
    left = _run(head[max(0, first - reach) : first + 1][::-1])
    right = _run(head[last - 1 : last + reach])
    return HeadBox(
        float(min(first - left, x0)),
        float(min(top, brow)),
        float(max(last + right, x1)),
        float(chin),
        top <= max(1, height // 200),
    )


def _run(flags: npt.NDArray[np.bool_]) -> int:
    """How many are true before the first that is not, the first one not counted."""
    gaps = np.flatnonzero(~flags)
    return max(0, (int(gaps[0]) if len(gaps) else len(flags)) - 1)
