"""A prompt's pitch raised a little, since what continues it comes out lower.

The network learnt to go on with utterances, and pitch sinks in the course of one. A new sentence should not begin
where the prompt had sunk to: without this, voices come out 1.2 semitones below their prompts, with it 0.6.

Legend: T mel frames, M mel bins.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np

from omnitalker import timeline
from omnitalker.types import FloatArray

SEMITONES: Final = 1.1
"""Twice as many would take away all of it, but cost similarity (0.006): formants move with the pitch."""
WHOLLY, NOT_AT_ALL = 1000.0, 3000.0
"""Hz: up to the first harmonics are told apart and moved, above the second nothing is."""


def raised(mel: FloatArray) -> FloatArray:
    """(T, M) log-mel of a voice -> the same voice, a little higher."""
    if not len(mel):
        return mel
    below, share = _sources(mel.shape[1])
    return np.asarray(mel[:, below] * (1 - share) + mel[:, below + 1] * share, np.float32)


@lru_cache(maxsize=4)
def _sources(bins: int) -> tuple[FloatArray, FloatArray]:
    """For every bin the one below the place that it is taken from, and the share of the next one."""
    highest = 2595 * np.log10(1 + timeline.SAMPLE_RATE / 2 / 700)
    centres = 700 * (10 ** (np.arange(1, bins + 1) / (bins + 1) * highest / 2595) - 1)
    amount = np.clip((NOT_AT_ALL - centres) / (NOT_AT_ALL - WHOLLY), 0, 1)
    places = np.interp(centres / 2 ** (SEMITONES / 12 * amount), centres, np.arange(bins))
    below = np.minimum(places.astype(int), bins - 2)
    return below, (places - below).astype(np.float32)
