"""A spectrum tilted: brighter or darker by so many dB an octave, as voices are when they press or let go."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from omnitalker.base import timeline

PIVOT_HZ = 1000.0
LOWEST_HZ, HIGHEST_HZ = 250.0, 8000.0
"""The slope holds between them; outside it is level."""
_TAPS = 511


def tilted(samples: npt.NDArray[np.float32], slope: float) -> npt.NDArray[np.float32]:
    """(N,) -> (N,) with `slope` dB an octave around 1 kHz; no delay."""
    if slope == 0.0:
        return samples
    from scipy.signal import fftconvolve, firwin2

    hz = np.linspace(0.0, timeline.SAMPLE_RATE / 2, 257)
    octaves = np.log2(np.clip(hz, LOWEST_HZ, HIGHEST_HZ) / PIVOT_HZ)
    taps = firwin2(_TAPS, hz, 10 ** (slope * octaves / 20), fs=timeline.SAMPLE_RATE)
    return fftconvolve(samples, taps, mode="same").astype(np.float32)
