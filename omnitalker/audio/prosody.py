"""How something was said, in a few numbers: pitch, loudness, pace and colour of a stretch of speech.

Made for a microphone: 16 kHz, any level, a few milliseconds of arithmetic for a few seconds of sound.

Legend: N samples, K frames every 16 ms.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from omnitalker.base.types import FloatArray

RATE: Final = 16_000
HOP: Final = 256
WINDOW: Final = 1024
LOWEST_HZ, HIGHEST_HZ = 65.0, 480.0
VOICED: Final = 0.5
"""Height of the autocorrelation's peak from which a frame has a pitch."""
ACTIVE_DECIBELS: Final = 30.0
"""Frames so far below the loudest are silence."""
SHORTEST_SECONDS: Final = 0.6
FEATURES: Final = (
    "pitch_range", "pitch_movement", "pitch_slope", "pitch_skew", "level_range", "level_movement", "rate",
    "voiced_share", "pause_share", "tilt", "brightness", "jitter", "clarity", "clarity_low", "pitch",
    "level",
)  # fmt: skip
RELATIVE: Final = ("pitch", "level", "rate", "tilt", "pitch_range", "brightness")
"""These say most when compared with how the same person usually speaks."""


@dataclass(frozen=True)
class Prosody:
    """(16,) values in the order of `FEATURES`: semitones, decibels, shares of the time, events per second."""

    values: FloatArray

    def __getitem__(self, name: str) -> float:
        return float(self.values[FEATURES.index(name)])


def prosody(samples: FloatArray) -> Prosody | None:
    """(N,) at 16 kHz -> how it was said; None where too little of it is a voice."""
    frames = _frames(samples)
    if len(frames) * HOP < SHORTEST_SECONDS * RATE:
        return None
    level = 10 * np.log10(np.mean(np.square(frames), axis=1) + 1e-9)
    active = level > max(np.percentile(level, 98) - ACTIVE_DECIBELS, -75.0)
    pitch, clarity = _pitch(frames)
    voiced = active & (clarity > VOICED)
    if voiced.sum() * HOP < 0.3 * SHORTEST_SECONDS * RATE:
        return None
    semitones = 12 * np.log2(_smoothed(pitch, voiced)[voiced] / 100)
    found = {
        **_of_pitch(semitones, np.flatnonzero(voiced)),
        **_of_level(level, active),
        **_of_colour(frames[active]),
        "voiced_share": float(voiced[active].mean()),
        "clarity": float(np.median(clarity[voiced])),
        "clarity_low": float(np.percentile(clarity[active], 20)),
    }
    return Prosody(np.array([found[name] for name in FEATURES], np.float32))


def _frames(samples: FloatArray) -> FloatArray:
    """(K, WINDOW) overlapping."""
    if len(samples) < WINDOW:
        return np.zeros((0, WINDOW), np.float32)
    windows = np.lib.stride_tricks.sliding_window_view(samples, WINDOW)[::HOP]
    return np.asarray(windows - windows.mean(axis=1, keepdims=True), np.float32)


def _pitch(frames: FloatArray) -> tuple[FloatArray, FloatArray]:
    """(K,) Hz and (K,) clarity 0..1, by the autocorrelation of the windowed frame over that of its window."""
    hann = np.hanning(WINDOW).astype(np.float32)
    spectrum = np.fft.rfft(frames * hann, 2 * WINDOW)
    correlation = np.fft.irfft(np.square(np.abs(spectrum)))[:, :WINDOW]
    own = np.fft.irfft(np.square(np.abs(np.fft.rfft(hann, 2 * WINDOW))))[:WINDOW]
    lags = np.arange(int(RATE / HIGHEST_HZ), int(RATE / LOWEST_HZ) + 1)
    height = correlation[:, lags] / (correlation[:, :1] + 1e-9) / (own[lags] / own[0])
    # A shorter lag is preferred: every multiple of a period is as good as the period.
    best = (height - 0.12 * np.log2(lags / lags[0])).argmax(axis=1)
    clarity = height[np.arange(len(height)), best].clip(0, 1)
    return (RATE / lags[best]).astype(np.float32), clarity.astype(np.float32)


def _smoothed(pitch: FloatArray, voiced: np.ndarray) -> FloatArray:
    """Octave errors of single frames removed: the median of three, and no farther than 9 semitones off."""
    middle = np.median(np.stack([np.roll(pitch, 1), pitch, np.roll(pitch, -1)]), axis=0)
    usual = float(np.median(middle[voiced]))
    octaves = np.round(np.log2(middle / usual) * 12 / 12 * (np.abs(np.log2(middle / usual)) > 0.75))
    return np.asarray(middle / 2.0**octaves, np.float32)


def _of_pitch(semitones: FloatArray, at: np.ndarray) -> dict[str, float]:
    low, middle, high = np.percentile(semitones, [10, 50, 90])
    neighbours = np.diff(at) == 1
    steps = np.diff(semitones)[neighbours] if neighbours.any() else np.zeros(1, np.float32)
    seconds = (at - at.mean()) * HOP / RATE
    slope = float((seconds * semitones).sum() / (np.square(seconds).sum() + 1e-3))
    return {
        "pitch": float(middle),
        "pitch_range": float(high - low),
        "pitch_movement": float(np.sqrt(np.mean(np.square(steps.clip(-3, 3))))),
        "pitch_slope": slope,
        "pitch_skew": float((high - middle) - (middle - low)),
        "jitter": float(np.median(np.abs(steps))),
    }


def _of_level(level: FloatArray, active: np.ndarray) -> dict[str, float]:
    spoken = level[active]
    low, middle, high = np.percentile(spoken, [10, 60, 95])
    first, last = np.flatnonzero(active)[[0, -1]]
    inside = level[first : last + 1]
    smooth = np.convolve(inside - inside.mean(), np.ones(5) / 5, "same") + inside.mean()
    peaks = (
        (smooth[1:-1] > smooth[:-2]) & (smooth[1:-1] >= smooth[2:]) & (smooth[1:-1] > middle - 12)
    )
    return {
        "level": float(middle),
        "level_range": float(high - low),
        "level_movement": float(np.std(np.diff(smooth))),
        "rate": float(peaks.sum() / max(active.sum() * HOP / RATE, 0.2)),
        "pause_share": float(1 - active[first : last + 1].mean()),
    }


def _of_colour(frames: FloatArray) -> dict[str, float]:
    power = np.square(np.abs(np.fft.rfft(frames * np.hanning(WINDOW).astype(np.float32)))).mean(
        axis=0
    )
    hertz = np.arange(len(power)) * RATE / WINDOW

    def decibels(low: float, high: float) -> float:
        return float(10 * np.log10(power[(hertz >= low) & (hertz < high)].mean() + 1e-9))

    return {
        "tilt": decibels(1000, 3500) - decibels(80, 1000),
        "brightness": decibels(3500, 7500) - decibels(80, 1000),
    }
