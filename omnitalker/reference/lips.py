"""Do lips close where they must and open where they should: by coefficients, or by points in pictures."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from omnitalker.base import timeline
from omnitalker.base.types import FloatArray, TimedPhoneme
from omnitalker.motion.face import regions
from omnitalker.motion.names import INDEX
from omnitalker.text.symbols import BILABIALS

OPEN_VOWELS = frozenset(("ɑ", "æ", "a", "aʊ", "aɪ", "ɔ", "ɛ", "ʌ"))
SEALED = 0.06
"""Lip gap in units of jawOpen under which the lips count as closed."""


def lip_gap(points: FloatArray) -> FloatArray:
    """(F, 478, >=2) -> (F,) mean distance of the inner lip edges."""
    upper, lower = list(regions.INNER_LIP_UPPER[2:-2]), list(regions.INNER_LIP_LOWER[2:-2])
    gap = points[:, upper, :2] - points[:, lower, :2]
    return np.asarray(np.linalg.norm(gap, axis=2).mean(1))


@dataclass(frozen=True)
class LipFigures:
    closures: int
    closed: int
    """Of these bilabials, how many really close."""
    contrast: float
    """Mean lip gap at open vowels minus that at bilabials, over the former; 1 is perfect."""


def lip_figures(motion: FloatArray, phonemes: tuple[TimedPhoneme, ...]) -> LipFigures:
    """By the coefficients: the lip gap is what jawOpen opens and mouthClose does not close again."""
    gap = np.maximum(motion[:, INDEX["jawOpen"]] - motion[:, INDEX["mouthClose"]], 0.0)
    at_bilabials, at_vowels = [], []
    for item in phonemes:
        first = max(0, int((item.start - 0.12) * timeline.VIDEO_FPS))
        last = max(first + 1, int(np.ceil(item.end * timeline.VIDEO_FPS)))
        stretch = gap[first:last]
        if not len(stretch):
            continue
        if item.phoneme.symbol in BILABIALS:
            at_bilabials.append(float(stretch.min()))
        elif item.phoneme.symbol in OPEN_VOWELS:
            at_vowels.append(float(stretch.max()))
    closed = sum(value < SEALED for value in at_bilabials)
    if not at_bilabials or not at_vowels:
        return LipFigures(len(at_bilabials), closed, float("nan"))
    wide = float(np.mean(at_vowels))
    return LipFigures(
        len(at_bilabials), closed, (wide - float(np.mean(at_bilabials))) / max(wide, 1e-6)
    )
