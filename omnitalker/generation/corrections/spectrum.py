"""Bring generated sound to the reference's long-term spectrum: its colour, level and liveliness.

A few-step sampler errs towards the average: its spectrum is too even over the voices and moves too little
around its own mean. Both are known of the reference, so both can be put right as the sound is made.

Legend: T mel frames, M mel bins.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter1d

from omnitalker.base import timeline
from omnitalker.base.types import FloatArray

LOUD_NATS = 3.5
"""Frames within so much of the loudest are speech."""
TRUSTED_FRAMES = 30
"""After so many frames of speech half of what is measured is believed."""
RAMP_FRAMES = timeline.BLOCK_MEL_FRAMES
"""A new correction comes in over so many frames."""
SPREAD_FLOOR = 0.2
LARGEST_SHIFT = 1.5
GAINS = (0.7, 1.5)
LARGEST_LEVEL = 0.5
"""Nats: 4 dB."""


@dataclass(frozen=True)
class _Correction:
    """mel * gain + shift, per bin."""

    gain: FloatArray
    """(M,)."""
    shift: FloatArray
    """(M,)."""


class VoiceMatch:
    """Corrects mel in the order it is made; measures on, so that later windows are nearer."""

    def __init__(self, reference: FloatArray, strength: float = 0.8) -> None:
        """reference: (T, M) log-mel of the voice. strength: 0 changes nothing, 1 all that is trusted."""
        spoken = _speech(reference)
        self._mean, self._spread = spoken.mean(axis=0), spoken.std(axis=0)
        self._power = _power(spoken)
        self._strength = strength
        bins = reference.shape[1]
        self._sums = np.zeros((2, bins))
        self._count = 0
        self._loud, self._loud_count, self._level = 0.0, 0, 0.0
        self._now = _Correction(np.ones(bins, np.float32), np.zeros(bins, np.float32))

    def __call__(self, mel: FloatArray) -> FloatArray:
        """(T, M) as sampled -> (T, M) in the reference's colours."""
        spoken = _speech(mel).astype(np.float64)
        self._sums += spoken.sum(axis=0), np.square(spoken).sum(axis=0)
        self._count += len(spoken)
        before, self._now = self._now, self._measured()
        share = np.minimum(1.0, np.arange(1, len(mel) + 1) / RAMP_FRAMES)[:, None]
        gain = before.gain + share * (self._now.gain - before.gain)
        shift = before.shift + share * (self._now.shift - before.shift)
        coloured = mel * gain + shift
        before_level, self._level = self._level, self._measured_level(_speech(coloured))
        return (coloured + before_level + share * (self._level - before_level)).astype(np.float32)

    def _measured_level(self, spoken: FloatArray) -> float:
        """What is still missing of the reference's power: that lies in peaks, which few steps flatten."""
        self._loud += _power(spoken) * len(spoken)
        self._loud_count += len(spoken)
        trust = self._strength * self._loud_count / (self._loud_count + TRUSTED_FRAMES)
        missing = 0.5 * np.log(self._power / (self._loud / self._loud_count))
        return float((trust * missing).clip(-LARGEST_LEVEL, LARGEST_LEVEL))

    def _measured(self) -> _Correction:
        mean = self._sums[0] / max(1, self._count)
        spread = np.sqrt(np.maximum(self._sums[1] / max(1, self._count) - np.square(mean), 0.0))
        trust = self._strength * self._count / (self._count + TRUSTED_FRAMES)
        ratio = np.log((self._spread + SPREAD_FLOOR) / (spread + SPREAD_FLOOR))
        gain = np.exp(trust * gaussian_filter1d(ratio, 2.0)).clip(*GAINS)
        shift = gaussian_filter1d(self._mean - mean, 1.5).clip(-LARGEST_SHIFT, LARGEST_SHIFT)
        return _Correction(
            gain.astype(np.float32), (mean + trust * shift - gain * mean).astype(np.float32)
        )


def _speech(mel: FloatArray) -> FloatArray:
    """The frames that are speech; all of them where none stands out."""
    level = mel.mean(axis=1)
    return mel[level >= np.percentile(level, 95) - LOUD_NATS]


def _power(spoken: FloatArray) -> float:
    return float(np.exp(2 * spoken.astype(np.float64)).sum(axis=1).mean()) + 1e-9
