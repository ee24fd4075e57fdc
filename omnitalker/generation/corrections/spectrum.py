"""Bring generated sound to the reference's long-term spectrum: its colour, level and liveliness.

A few-step sampler errs towards the average: its spectrum is too even over the voices and moves too little
around its own mean. Both are known of the reference, so both can be put right as the sound is made.

Legend: T mel frames, M mel bins.
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter1d

from omnitalker.base import timeline
from omnitalker.base.types import FloatArray
from omnitalker.generation.corrections.followed import Followed, trust

LOUD_NATS = 3.5
"""Frames within so much of the loudest are speech."""
TRUSTED_FRAMES = 30
"""After so many frames of speech half of what is measured is believed."""
RAMP_FRAMES = timeline.BLOCK_MEL_FRAMES
"""A new correction comes in over so many frames."""
SPREAD_FLOOR = 0.2
LARGEST_SHIFT = 1.5
GAINS = (0.7, 1.5)
STRENGTH = 0.85
LARGEST_LEVEL = 0.5
"""Nats: 4 dB."""


class VoiceMatch:
    """Corrects mel in the order it is made; measures on, so that later windows are nearer."""

    def __init__(self, reference: FloatArray, strength: float = STRENGTH) -> None:
        """reference: (T, M) log-mel of the voice. strength: 0 changes nothing, 1 all that is trusted."""
        spoken = _speech(reference)
        self._mean, self._spread = spoken.mean(axis=0), spoken.std(axis=0)
        self._power = _power(spoken)
        self._strength = strength
        bins = reference.shape[1]
        self._sums = np.zeros((2, bins))
        self._count = 0
        self._loud, self._loud_count = 0.0, 0
        self._gain = Followed(np.ones(bins, np.float32), RAMP_FRAMES)
        self._shift = Followed(np.zeros(bins, np.float32), RAMP_FRAMES)
        self._level = Followed(0.0, RAMP_FRAMES)

    def __call__(self, mel: FloatArray) -> FloatArray:
        """(T, M) as sampled -> (T, M) in the reference's colours."""
        if not len(mel):
            return mel
        spoken = _speech(mel).astype(np.float64)
        self._sums += spoken.sum(axis=0), np.square(spoken).sum(axis=0)
        self._count += len(spoken)
        gain, shift = self._measured()
        coloured = mel * self._gain.toward(gain, len(mel)) + self._shift.toward(shift, len(mel))
        level = self._level.toward(self._measured_level(_speech(coloured)), len(mel))
        return (coloured + level[:, None]).astype(np.float32)

    def _measured_level(self, spoken: FloatArray) -> float:
        """What is still missing of the reference's power: that lies in peaks, which few steps flatten."""
        self._loud += _power(spoken) * len(spoken)
        self._loud_count += len(spoken)
        missing = 0.5 * np.log(self._power / (self._loud / self._loud_count))
        believed = trust(self._loud_count, TRUSTED_FRAMES, self._strength)
        return float((believed * missing).clip(-LARGEST_LEVEL, LARGEST_LEVEL))

    def _measured(self) -> tuple[FloatArray, FloatArray]:
        """(M,) gain and (M,) shift per bin, by all that was made so far."""
        mean = self._sums[0] / max(1, self._count)
        spread = np.sqrt(np.maximum(self._sums[1] / max(1, self._count) - np.square(mean), 0.0))
        believed = trust(self._count, TRUSTED_FRAMES, self._strength)
        ratio = np.log((self._spread + SPREAD_FLOOR) / (spread + SPREAD_FLOOR))
        gain = np.exp(believed * gaussian_filter1d(ratio, 2.0)).clip(*GAINS)
        shift = gaussian_filter1d(self._mean - mean, 1.5).clip(-LARGEST_SHIFT, LARGEST_SHIFT)
        moved = mean + believed * shift - gain * mean
        return gain.astype(np.float32), moved.astype(np.float32)


def _speech(mel: FloatArray) -> FloatArray:
    """The frames that are speech; all of them where none stands out."""
    level = mel.mean(axis=1)
    return mel[level >= np.percentile(level, 95) - LOUD_NATS]


def _power(spoken: FloatArray) -> float:
    return float(np.exp(2 * spoken.astype(np.float64)).sum(axis=1).mean()) + 1e-9
