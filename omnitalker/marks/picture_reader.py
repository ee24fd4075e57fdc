"""Reads the mark of `picture` back: whatever part of the picture is left, at whatever size, in whatever frame.

Every point's swing at the mark's own pace is measured over some seconds. Divided by how much its neighbourhood
swings anyway, it is laid against the field at every place (by Fourier transforms) and at many sizes. For
pictures without a mark the squared agreement has an exponential distribution, so the chance of a false
alarm is known.

Legend: F pictures, S side of the map on which places are sought.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from omnitalker.base.types import FloatArray, Frame
from omnitalker.marks.payload import BITS, value_of
from omnitalker.marks.picture import CELLS, SWING_SECONDS, table

LONGEST = 384
"""Pixels of the longer side on which swings are measured."""
MOST_MOVED = 3.0
"""Grey levels: what moves farther than that in half a swing is not the mark, mostly."""
FALSE_ALARMS = 1e-5
"""At one size and at others each; `verify` looks at three places of a film."""
SIZES = tuple(float(x) for x in np.geomspace(0.3, 1.15, 136))
"""Of the marked picture's shorter side, over that of the picture at hand: 1 % apart."""
NEIGHBOURHOOD = 5
"""Cells' worth of points whose usual swing a point's is divided by."""
FEWEST_SECONDS = 2 * SWING_SECONDS

Map = npt.NDArray[np.complex64]


@dataclass(frozen=True)
class PictureMark:
    """What was found in a film."""

    score: float
    """Squared agreement over what chance gives at one place."""
    chance: float = 1.0
    """How likely a film without a mark scores as high somewhere."""
    value: int | None = None
    size: float = 1.0
    """Of the marked picture, over that of the picture at hand."""

    @property
    def is_found(self) -> bool:
        return self.chance <= FALSE_ALARMS


def read_picture_mark(pictures: Sequence[Frame], seconds: Sequence[float]) -> PictureMark:
    """The mark of a film given as pictures (H, W, 3) and their times; four seconds are plenty."""
    if len(pictures) < 8 or seconds[-1] - seconds[0] < FEWEST_SECONDS:
        return PictureMark(0.0)
    swings = evened(swings_of(pictures, seconds))
    exact = _laid(swings, 1.0, 1)
    if exact.is_found:
        return exact
    return max((_laid(swings, size, len(SIZES)) for size in SIZES), key=lambda mark: mark.score)


def swings_of(pictures: Sequence[Frame], seconds: Sequence[float]) -> Map:
    """How every point swings at the mark's pace: magnitude and phase.

    What a point is over a whole swing is taken away first, and what is left is held to what a mark could be:
    so neither a wall nor an edge that passes by drowns it.
    """
    height, width = pictures[0].shape[:2]
    factor = min(1.0, LONGEST / max(height, width))
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    greys = np.stack(
        [
            cv2.resize(
                cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), size, interpolation=cv2.INTER_AREA
            )
            for picture in pictures
        ]
    ).astype(np.float32)
    times = np.asarray(seconds, np.float64)
    sums = np.concatenate([np.zeros((1, *greys.shape[1:]), np.float32), greys.cumsum(axis=0)])
    begins = np.searchsorted(times, times - SWING_SECONDS / 2 - 1e-6)
    ends = np.searchsorted(times, times + SWING_SECONDS / 2 - 1e-6)
    wave = np.hanning(len(times) + 2)[1:-1] * np.exp(-2j * np.pi * times / SWING_SECONDS)
    total = np.zeros(size[::-1], np.complex64)
    for index, (begin, end) in enumerate(zip(begins, ends, strict=True)):
        usual = (sums[end] - sums[begin]) / max(end - begin, 1)
        moved = np.clip(greys[index] - usual, -MOST_MOVED, MOST_MOVED)
        total += moved * np.complex64(wave[index])
    return total


def evened(swings: Map) -> Map:
    """Each point over the usual swing around it: a head that moves counts no more than a wall."""
    reach = max(3, NEIGHBOURHOOD * min(swings.shape) // CELLS)
    flat = swings - _blurred(swings, reach)
    usual = np.sqrt(np.maximum(cv2.blur(np.abs(flat) ** 2, (reach, reach)), 0.0))
    even: Map = (flat / (usual + 1e-3 * float(usual.mean()) + 1e-9)).astype(np.complex64)
    return even / np.maximum(1.0, np.abs(even) / 2.0)


def _blurred(swings: Map, reach: int) -> Map:
    parts = [
        cv2.blur(np.ascontiguousarray(part), (reach, reach)) for part in (swings.real, swings.imag)
    ]
    return (parts[0] + 1j * parts[1]).astype(np.complex64)


def _laid(swings: Map, size: float, tried: int) -> PictureMark:
    """The best place of the field against the swings, if the marked picture was `size` as large."""
    tiles = tiles_of(swings, size)
    if tiles is None:
        return PictureMark(0.0)
    signs, bits = table()
    agree = agreement(tiles, np.where(bits < 0, signs, 0.0).astype(np.float32))
    scores = np.abs(agree) ** 2
    where = np.unravel_index(int(scores.argmax()), scores.shape)
    score = float(scores[where])
    chance = float(min(1.0, np.exp(-score) * scores.size * tried))
    mark = PictureMark(score, chance, None, size)
    if not mark.is_found:
        return mark
    shifted = np.roll(tiles[where[0]], (-int(where[1]), -int(where[2])), axis=(0, 1))
    phase = agree[where] / abs(agree[where])
    return PictureMark(score, chance, _value(shifted / phase, signs, bits), size)


def tiles_of(swings: Map, size: float) -> Map | None:
    """(SHIFTS^2, C, C) swings on the cells of a picture `size` as large; None where too little of it is left."""
    cells = _on_cells(swings, size)
    return None if min(cells.shape) < CELLS // 4 else _folded(cells)


def agreement(tiles: Map, sync: FloatArray) -> Map:
    """(SHIFTS^2, C, C): of both fields (2, C, C) laid at every place; its square has mean 1 where there is no mark."""
    field = sync[0] - 1j * sync[1]
    agree = np.fft.ifft2(np.fft.fft2(tiles, axes=(-2, -1)) * np.conj(np.fft.fft2(field)))
    power = float(np.mean(np.abs(tiles) ** 2) * np.sum(np.abs(field) ** 2)) + 1e-12
    return (agree / np.sqrt(power)).astype(np.complex64)


SHIFTS = 4
"""Places within a cell that are tried, along each side."""


def _on_cells(swings: Map, size: float) -> Map:
    """(H', W'): the swings on a grid of SHIFTS points to a cell."""
    cell = min(swings.shape) * size / CELLS
    wide = max(1, round(swings.shape[1] / cell * SHIFTS))
    high = max(1, round(swings.shape[0] / cell * SHIFTS))
    parts = [
        cv2.resize(np.ascontiguousarray(part), (wide, high), interpolation=cv2.INTER_AREA)
        for part in (swings.real, swings.imag)
    ]
    fine = (parts[0] + 1j * parts[1]).astype(np.complex64)
    return _blurred(fine, SHIFTS)


def _folded(fine: Map) -> Map:
    """(SHIFTS^2, C, C): for each place within a cell, all tiles of the picture laid over one another."""
    side = SHIFTS * CELLS
    high, wide = (-(-length // side) for length in fine.shape)
    whole = np.zeros((high * side, wide * side), np.complex64)
    whole[: fine.shape[0], : fine.shape[1]] = fine
    tile = whole.reshape(high, CELLS, SHIFTS, wide, CELLS, SHIFTS).sum(axis=(0, 3))
    return tile.transpose(1, 3, 0, 2).reshape(SHIFTS * SHIFTS, CELLS, CELLS)


def _value(tile: Map, signs: FloatArray, bits: npt.NDArray[np.int64]) -> int | None:
    heard = np.stack([tile.real, -tile.imag]) * signs
    return value_of(np.array([heard[bits == bit].sum() for bit in range(BITS)]))
