"""Loudness and true peak as broadcasters measure them (ITU-R BS.1770-4, EBU R 128), for mono speech at 24 kHz.

Legend: N samples, S steps of 100 ms.
"""

from __future__ import annotations

from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt

from omnitalker.audio.filters import Biquad, oversampled
from omnitalker.base import timeline
from omnitalker.base.types import FloatArray

Powers = npt.NDArray[np.float64]

STEP: Final = timeline.SAMPLE_RATE // 10
"""Blocks of 400 ms begin every 100 ms."""
BLOCK_STEPS: Final = 4
OFFSET_DB: Final = -0.691
"""Makes up for what the weighting adds at 1 kHz."""
ABSOLUTE_GATE: Final = -70.0
RELATIVE_GATE: Final = -10.0


def integrated_loudness(samples: FloatArray) -> float:
    """(N,) -> LUFS; -inf where nothing is loud enough to count."""
    meter = LoudnessMeter()
    meter.push(samples)
    return meter.loudness


def true_peak_db(samples: FloatArray) -> float:
    """(N,) -> dBTP: the highest value between the samples as well, four times as many."""
    return float(20 * np.log10(max(oversampled_peaks(samples).max(initial=0.0), 1e-9)))


def oversampled_peaks(samples: FloatArray) -> FloatArray:
    """(N,) -> (N,) highest magnitude at and after each sample, up to the next one."""
    if not len(samples):
        return samples
    peaks = np.abs(oversampled(samples)).max(axis=1)
    return np.asarray(np.maximum(peaks, np.abs(samples)), np.float32)


class Weighting:
    """Sound as the ear weighs it, in pieces of any length."""

    def __init__(self) -> None:
        self._states: list[Powers] = [np.zeros(2), np.zeros(2)]

    def __call__(self, samples: FloatArray) -> Powers:
        """(N,) -> (N,)."""
        weighed: Powers = samples.astype(np.float64)
        for index, part in enumerate(k_weighting()):
            weighed, self._states[index] = part(weighed, self._states[index])
        return weighed


class LoudnessMeter:
    """Measures what is pushed, in order and in pieces of any length."""

    def __init__(self) -> None:
        self._weighting = Weighting()
        self._rest: Powers = np.zeros(0)
        self._steps: list[float] = []

    def push(self, samples: FloatArray) -> None:
        """(N,)."""
        pending = np.concatenate([self._rest, self._weighting(samples)])
        count = len(pending) // STEP
        whole, self._rest = pending[: count * STEP], pending[count * STEP :]
        self._steps.extend(np.square(whole).reshape(count, STEP).mean(axis=1).tolist())

    @property
    def gated(self) -> Powers:
        """Mean squares of the blocks that count as sound: all within 10 dB of their own average."""
        if len(self._steps) < BLOCK_STEPS:
            return np.zeros(0)
        blocks = np.convolve(self._steps, np.ones(BLOCK_STEPS) / BLOCK_STEPS, mode="valid")
        heard: Powers = np.asarray(blocks, np.float64)
        heard = heard[heard > power_of(ABSOLUTE_GATE)]
        if not len(heard):
            return heard
        return np.asarray(heard[heard > heard.mean() * 10 ** (RELATIVE_GATE / 10)], np.float64)

    @property
    def loudness(self) -> float:
        """LUFS of everything so far; -inf where nothing counts."""
        gated = self.gated
        return loudness_of(float(gated.mean())) if len(gated) else float("-inf")


def loudness_of(power: float) -> float:
    """Mean square of weighed sound -> LUFS."""
    return OFFSET_DB + 10 * float(np.log10(power))


def power_of(loudness: float) -> float:
    """LUFS -> mean square of weighed sound."""
    return float(10 ** ((loudness - OFFSET_DB) / 10))


@cache
def k_weighting(rate: int = timeline.SAMPLE_RATE) -> tuple[Biquad, Biquad]:
    """A shelf for what the head adds and a high-pass for what the ear leaves out.

    The standard gives numbers at 48 kHz; these are its analogue filters brought to any rate.
    """
    return _shelf(rate), _high_pass(rate)


def _shelf(rate: int) -> Biquad:
    gain_db, q, centre = 3.999843853973347, 0.7071752369554196, 1681.974450955533
    k, high = np.tan(np.pi * centre / rate), 10 ** (gain_db / 20)
    band = high**0.4996667741545416
    a0 = 1 + k / q + k * k
    b = [high + band * k / q + k * k, 2 * (k * k - high), high - band * k / q + k * k]
    return Biquad(np.array(b), np.array([a0, 2 * (k * k - 1), 1 - k / q + k * k]))


def _high_pass(rate: int) -> Biquad:
    q, centre = 0.5003270373238773, 38.13547087602444
    k = np.tan(np.pi * centre / rate)
    a0 = 1 + k / q + k * k
    a = np.array([a0, 2 * (k * k - 1), 1 - k / q + k * k])
    return Biquad(a0 * np.array([1.0, -2.0, 1.0]), a)
