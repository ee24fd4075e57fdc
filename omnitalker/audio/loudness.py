"""How loud speech is, making it as loud as asked, and finding where nothing is said.

Legend: N samples at 24 kHz.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import maximum_filter1d, minimum_filter1d, uniform_filter1d

from omnitalker.base import timeline
from omnitalker.base.types import FloatArray

SPEECH_DB = -23.0
"""Level that speech is brought to: RMS over its loud parts, in dB of full scale."""
CEILING = 0.97
"""No sample leaves the limiter above this."""
WINDOW = timeline.SAMPLE_RATE // 40
"""25 ms."""
GATE_DB = 25.0
"""What is this far under the loud parts does not count as speech."""
SILENT_DB = -65.0
"""Under this there is nothing, however quiet the rest."""


def level_db(samples: FloatArray) -> FloatArray:
    """(N,) -> (N // 600,) RMS in dB of full scale, per 25 ms."""
    count = len(samples) // WINDOW
    windows = np.asarray(samples[: count * WINDOW], dtype=np.float32).reshape(count, WINDOW)
    return 10 * np.log10((windows**2).mean(axis=1) + 1e-12)


def speech_level_db(samples: FloatArray) -> float:
    """RMS of the parts that are at most `GATE_DB` under the loud ones; -inf for silence."""
    levels = level_db(samples)
    if not len(levels) or levels.max() < SILENT_DB:
        return float("-inf")
    loud = levels[levels > np.percentile(levels, 95) - GATE_DB]
    return float(10 * np.log10((10 ** (loud / 10)).mean()))


def normalise_loudness(samples: FloatArray, target_db: float = SPEECH_DB) -> FloatArray:
    """Bring speech to `target_db` and limit its peaks; silence stays as it is."""
    level = speech_level_db(samples)
    if not np.isfinite(level):
        return np.asarray(samples, dtype=np.float32)
    return limit_peaks(samples * np.float32(10 ** ((target_db - level) / 20)))


def limit_peaks(samples: FloatArray, ceiling: float = CEILING) -> FloatArray:
    """Turn down 5 ms around every peak over `ceiling`, smoothly; elsewhere nothing changes."""
    samples = np.asarray(samples, dtype=np.float32)
    peaks = np.abs(samples)
    if not len(samples) or peaks.max() <= ceiling:
        return samples
    span = timeline.SAMPLE_RATE // 200 | 1
    needed = ceiling / np.maximum(maximum_filter1d(peaks, span), ceiling)
    gain = uniform_filter1d(minimum_filter1d(needed, span), span)
    return np.clip(samples * gain, -ceiling, ceiling).astype(np.float32)


@dataclass(frozen=True)
class Span:
    """A stretch of sound, in samples."""

    start: int
    stop: int


def find_silences(samples: FloatArray, shortest: float = 0.2) -> list[Span]:
    """Stretches of at least `shortest` seconds where nothing is said, edges included."""
    levels = level_db(samples)
    if not len(levels):
        return []
    threshold = max(SILENT_DB, float(np.percentile(levels, 95)) - 1.4 * GATE_DB)
    quiet = np.concatenate([[False], levels < threshold, [False]])
    turns = np.flatnonzero(quiet[1:] != quiet[:-1]).reshape(-1, 2)
    return [
        Span(int(a) * WINDOW, int(b) * WINDOW)
        for a, b in turns
        if (b - a) * WINDOW >= shortest * timeline.SAMPLE_RATE
    ]


def is_silent(samples: FloatArray) -> bool:
    """Whether nothing at all can be heard."""
    return not np.isfinite(speech_level_db(samples))


def trim_silence(samples: FloatArray, keep: float = 0.1) -> FloatArray:
    """Cut silence off both ends, leaving `keep` seconds of it."""
    margin = int(keep * timeline.SAMPLE_RATE)
    start, stop = 0, len(samples)
    for span in find_silences(samples, shortest=keep):
        if span.start == 0:
            start = max(0, span.stop - margin)
        if span.stop + WINDOW > len(samples):
            stop = min(len(samples), span.start + margin)
    return samples[start:stop] if start < stop else samples[:0]
