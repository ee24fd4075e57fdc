"""Any sample rate to the project's 24 kHz, any number of channels to one.

Legend: N samples, C channels.
"""

from __future__ import annotations

import numpy as np
import soxr

from omnitalker.base import timeline
from omnitalker.base.errors import InputError
from omnitalker.base.types import FloatArray


def to_mono_24k(samples: FloatArray, rate: int) -> FloatArray:
    """(N,) or (N, C) at `rate` Hz -> (about N * 24 000 / rate,) float32."""
    samples = np.asarray(samples, dtype=np.float32)
    if samples.ndim not in (1, 2):
        raise InputError(f"expected sound of shape (N,) or (N, channels), got {samples.shape}")
    mono = samples if samples.ndim == 1 else samples.mean(axis=1)
    return resample(mono, rate, timeline.SAMPLE_RATE)


def resample(samples: FloatArray, rate: int, new_rate: int) -> FloatArray:
    """(N,) at `rate` Hz -> (round(N * new_rate / rate),) float32, band-limited."""
    if rate <= 0 or new_rate <= 0:
        raise InputError(f"sample rates must be positive, got {rate} and {new_rate}")
    if rate == new_rate:
        return np.asarray(samples, dtype=np.float32)
    return soxr.resample(np.asarray(samples, dtype=np.float32), rate, new_rate, quality="HQ")
