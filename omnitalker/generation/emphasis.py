"""Words that were written `*so*`: longer, higher and louder than their neighbours."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Final

import numpy as np
import numpy.typing as npt

from omnitalker.audio.curves import HIGHEST_PITCH, Curves
from omnitalker.base import timeline
from omnitalker.base.types import Phoneme

LONGER: Final = 1.25
HIGHER: Final = 2.5
"""Semitones in the middle of the word."""
LOUDER: Final = 1.35
"""Amplitude there."""


def drawn_out(
    seconds: npt.NDArray[np.float64], phonemes: Sequence[Phoneme], stressed: Collection[int]
) -> npt.NDArray[np.float64]:
    """Durations (P,) with those of stressed words (by index) longer."""
    if not stressed:
        return seconds
    return seconds * [LONGER if phoneme.word in stressed else 1.0 for phoneme in phonemes]


def accented(curves: Curves, spans: Sequence[tuple[float, float]]) -> Curves:
    """Curves that rise over each (start, end) in seconds, and come back."""
    if not spans:
        return curves
    times = (np.arange(len(curves)) + 0.5) * timeline.CURVE_MEL_FRAMES / float(timeline.MEL_RATE)
    rise = np.zeros(len(curves))
    for start, end in spans:
        inside = (times >= start) & (times < end)
        rise[inside] = np.sin(np.pi * (times[inside] - start) / (end - start)) ** 0.5
    pitch = curves.pitch + rise * HIGHER * np.log(2) / 12
    return replace(
        curves,
        pitch=pitch.clip(max=HIGHEST_PITCH).astype(np.float32),
        energy=(curves.energy + rise * np.log(LOUDER)).astype(np.float32),
    )
