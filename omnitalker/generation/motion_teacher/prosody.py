"""Loudness and pitch per motion frame, measured cheaply: enough to nod to.

Legend: F motion frames at 25/s.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter1d, median_filter
from scipy.signal import resample_poly

from omnitalker.base import timeline
from omnitalker.base.types import FloatArray

_DECIMATION = 3
_RATE = timeline.SAMPLE_RATE // _DECIMATION
_WINDOW = 512
_LOWEST_HZ = 65
_HIGHEST_HZ = 420
_VOICED = 0.45


@dataclass(frozen=True)
class Prosody:
    """All (F,)."""

    loudness: np.ndarray
    """dB over the clip's usual speech level, smoothed; about -40 in silence."""
    semitones: np.ndarray
    """Pitch over the clip's median; carried across unvoiced stretches, smoothed."""
    voiced: np.ndarray
    """bool."""


def measure_prosody(samples: FloatArray) -> Prosody:
    """samples: (960 F,) at 24 kHz."""
    frames = len(samples) // timeline.SAMPLES_PER_VIDEO_FRAME
    blocks = samples[: frames * timeline.SAMPLES_PER_VIDEO_FRAME].reshape(frames, -1)
    power = np.mean(np.square(blocks, dtype=np.float64), axis=1)
    level = 10 * np.log10(gaussian_filter1d(power, 0.8) + 1e-10)
    speech = level > level.max(initial=-100.0) - 30
    usual = np.median(level[speech]) if speech.any() else 0.0
    loudness = np.maximum(level - usual, -40.0)

    strength, hertz = _pitch(samples, frames)
    voiced = median_filter((strength > _VOICED) & (loudness > -15), 3)
    if voiced.sum() < 3:
        return Prosody(loudness, np.zeros(frames), np.zeros(frames, bool))
    semitones = 12 * np.log2(hertz / np.median(hertz[voiced]))
    semitones = np.interp(np.arange(frames), np.flatnonzero(voiced), semitones[voiced])
    smooth = gaussian_filter1d(median_filter(semitones, 3), 1.0)
    return Prosody(loudness, np.clip(smooth, -14, 14), voiced)


def _pitch(samples: FloatArray, frames: int) -> tuple[np.ndarray, np.ndarray]:
    """(F,) normalised autocorrelation at the best lag, and that lag as Hz."""
    slow = resample_poly(samples.astype(np.float32), 1, _DECIMATION)
    hop = timeline.SAMPLES_PER_VIDEO_FRAME // _DECIMATION
    margin = (_WINDOW - hop) // 2
    padded = np.pad(slow, (margin, _WINDOW))
    windows = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[::hop][:frames]
    taper = np.hanning(_WINDOW).astype(np.float32)
    spectrum = np.fft.rfft((windows - windows.mean(axis=1, keepdims=True)) * taper, 2 * _WINDOW)
    correlation = np.fft.irfft(np.abs(spectrum) ** 2)[:, :_WINDOW]
    own = np.fft.irfft(np.abs(np.fft.rfft(taper, 2 * _WINDOW)) ** 2)[:_WINDOW]
    low, high = _RATE // _HIGHEST_HZ, _RATE // _LOWEST_HZ
    normal = correlation[:, low:high] / (own[low:high] / own[0]) / (correlation[:, :1] + 1e-9)
    normal *= 1.0 - 0.0008 * np.arange(high - low)
    best = normal.argmax(axis=1)
    return normal[np.arange(frames), best], _RATE / (best + low)
