"""The mark in pictures: a field of soft blotches, half a grey level strong, that swings back and forth every 0.64 s.

Where the picture stands still the swing is all that moves, so it can be read under any background; a head
that moves swings with no such regularity. Blotches are a thirty-second of the picture's shorter side, too
large for an encoder to throw away, too faint to be seen. Two fields, a quarter of a swing apart, are
mixed by the clock; half of their cells are the same in every mark, the others say its number.

Legend: H, W picture, C cells along a tile's side.
"""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt

from omnitalker.base.types import FloatArray, Frame
from omnitalker.marks.payload import BITS, NOBODY, own_number, signs_of

CELLS = 32
"""Along the shorter side of the picture; larger pictures repeat them."""
SWING_SECONDS = 0.64
PHASES = 16
"""Pictures of a swing that are told apart: 25 a second."""
STRENGTH = 1.2
"""Grey levels, root mean square: 46 dB under the picture's white."""
SYNC_SHARE = 0.5
SEED = 20261201

IntTable = npt.NDArray[np.int64]


@lru_cache(maxsize=1)
def table() -> tuple[FloatArray, IntTable]:
    """(2, C, C) signs of both fields, and which bit each cell carries; -1 for those always the same."""
    rng = np.random.default_rng(SEED)
    shape = (2, CELLS, CELLS)
    signs = rng.choice([-1.0, 1.0], shape).astype(np.float32)
    cells = rng.permutation(2 * CELLS * CELLS)
    sync = int(len(cells) * SYNC_SHARE)
    bits = np.full(len(cells), -1, np.int64)
    bits[cells[sync:]] = np.arange(len(cells) - sync) % BITS
    return signs, bits.reshape(shape)


def fields(value: int) -> FloatArray:
    """(2, C, C) of -1 and 1: both fields of a mark."""
    signs, bits = table()
    return signs * np.where(bits < 0, 1.0, signs_of(value)[bits]).astype(np.float32)


class PictureMarker:
    """Marks the pictures of one size. Costs two additions a picture; what is added is worked out once."""

    def __init__(self, size: tuple[int, int], value: int = NOBODY) -> None:
        """`size`: (width, height)."""
        width, height = size
        smooth = [_spread(field, width, height) for field in fields(value)]
        scale = STRENGTH / float(np.sqrt(np.mean(smooth[0] ** 2 + smooth[1] ** 2) / 2))
        grain = np.random.default_rng(SEED).random((height, width), np.float32)
        self._more: list[Frame] = []
        self._less: list[Frame] = []
        for phase in range(PHASES // 2):
            angle = 2 * np.pi * phase / PHASES
            swing = scale * (np.cos(angle) * smooth[0] + np.sin(angle) * smooth[1])
            whole = np.floor(swing + grain)  # grain keeps what is finer than a grey level
            self._more.append(np.clip(whole, 0, 255).astype(np.uint8))
            self._less.append(np.clip(-whole, 0, 255).astype(np.uint8))

    def mark(self, picture: Frame, seconds: float) -> Frame:
        """The picture (H, W, 3) of a moment, with the mark; of (H, W, 4) the fourth is left alone."""
        phase = round(seconds / SWING_SECONDS * PHASES) % PHASES
        half = phase % (PHASES // 2)
        more, less = self._more[half], self._less[half]
        if phase >= PHASES // 2:
            more, less = less, more
        clear = [np.zeros_like(more)] * (picture.shape[2] - 3)
        brighter = cv2.add(picture, cv2.merge([more, more, more, *clear]))
        marked: Frame = cv2.subtract(brighter, cv2.merge([less, less, less, *clear]))
        return marked


@lru_cache(maxsize=4)
def marker_of(width: int, height: int) -> PictureMarker:
    """The marker of this installation for pictures of a size."""
    return PictureMarker((width, height), own_number())


def marked(picture: Frame, seconds: float) -> Frame:
    """A picture of a moment of a film, with the mark of this installation."""
    return marker_of(picture.shape[1], picture.shape[0]).mark(picture, seconds)


def _spread(field: FloatArray, width: int, height: int) -> FloatArray:
    """(C, C) -> (H, W): the field as soft blotches, repeated where the picture is longer than wide."""
    side = min(width, height)
    across, down = -(-width // side) + 1, -(-height // side) + 1
    tiled = np.tile(field, (down, across))
    large = cv2.resize(tiled, (across * side, down * side), interpolation=cv2.INTER_CUBIC)
    return np.ascontiguousarray(large[:height, :width])
