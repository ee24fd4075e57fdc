"""Pitch moved in the mel, frame by frame.

Only where harmonics are told apart: there formants move with them, so a little goes unnoticed and much does not.

Legend: T mel frames, M mel bins.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np

from omnitalker.base import timeline
from omnitalker.base.types import FloatArray

WHOLLY, NOT_AT_ALL = 1000.0, 3000.0
"""Hz: up to the first everything is moved, above the second nothing is."""
_BREAK_HZ: Final = 700.0
"""Of the mel scale: linear below, logarithmic above."""


def shift_pitch(mel: FloatArray, semitones: FloatArray) -> FloatArray:
    """(T, M) log-mel of a voice, every frame moved up by its `semitones` (T,)."""
    if not len(mel):
        return mel
    centres, amount = _moved_bins(mel.shape[1])
    source = centres * np.exp2(-semitones[:, None] / 12 * amount)
    place = (_warped(source) * (mel.shape[1] + 1) - 1).clip(0, mel.shape[1] - 1.001)
    below = place.astype(int)
    share = place - below
    rows = np.arange(len(mel))[:, None]
    made = np.array(mel, np.float32)
    made[:, : len(centres)] = mel[rows, below] * (1 - share) + mel[rows, below + 1] * share
    return made


def _warped(hertz: FloatArray) -> FloatArray:
    """0 Hz is 0, half the sample rate 1."""
    highest = timeline.SAMPLE_RATE / 2
    scaled = np.log1p(hertz / _BREAK_HZ) / np.log1p(highest / _BREAK_HZ)
    return np.asarray(scaled, np.float64)


@lru_cache(maxsize=4)
def _moved_bins(bins: int) -> tuple[FloatArray, FloatArray]:
    """Centres in Hz of the lowest bins, those that are moved, and how far each is."""
    highest = np.log1p(timeline.SAMPLE_RATE / 2 / _BREAK_HZ)
    centres = _BREAK_HZ * np.expm1(np.arange(1, bins + 1) / (bins + 1) * highest)
    amount = np.clip((NOT_AT_ALL - centres) / (NOT_AT_ALL - WHOLLY), 0, 1)
    moved = amount > 0
    return centres[moved], amount[moved]
