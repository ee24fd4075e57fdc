"""16-bit sound and back, said once for files, hosts and recognisers."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from omnitalker.base.types import FloatArray

FULL_SCALE = 32767


def to_int16(samples: FloatArray) -> npt.NDArray[np.int16]:
    """(N,) float in [-1, 1], clipped there -> (N,)."""
    return np.rint(np.clip(samples, -1.0, 1.0) * FULL_SCALE).astype(np.int16)


def pcm_bytes(samples: FloatArray) -> bytes:
    """(N,) float -> little-endian 16-bit samples."""
    return to_int16(samples).astype("<i2").tobytes()


def from_int16(samples: npt.NDArray[np.int16]) -> FloatArray:
    """(N,) -> (N,) float in [-1, 1]."""
    return np.asarray(samples.astype(np.float32) / FULL_SCALE, np.float32)
