"""Log-mel spectrogram on the project's grid: exactly that of Vocos `mel-24khz`, and so of F5-TTS.

Legend: B batch, N samples at 24 kHz, T mel frames at 93.75/s.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor, nn

from omnitalker.base import timeline
from omnitalker.base.errors import InputError
from omnitalker.base.types import FloatArray

FLOOR = 1e-7
"""Magnitudes below it are raised to it before the logarithm."""


def mel_filters(window: int = timeline.N_FFT, bins: int = timeline.N_MELS) -> Tensor:
    """(window // 2 + 1, bins): triangular filters on the HTK scale, peak 1, from 0 to 12 kHz."""
    highest = timeline.SAMPLE_RATE / 2
    mels = torch.linspace(0.0, 2595.0 * math.log10(1.0 + highest / 700.0), bins + 2)
    edges = 700.0 * (10.0 ** (mels / 2595.0) - 1.0)
    apart = edges - torch.linspace(0, highest, window // 2 + 1)[:, None]
    rising = -apart[:, :-2] / edges.diff()[:-1]
    falling = apart[:, 2:] / edges.diff()[1:]
    return torch.minimum(rising, falling).clamp(min=0)


class LogMel(nn.Module):
    """(B, N) samples -> (B, N // 256 + 1, 100) log-mel; frame t is centred at sample 256 t."""

    window: Tensor
    filters: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("window", torch.hann_window(timeline.N_FFT), persistent=False)
        self.register_buffer("filters", mel_filters(), persistent=False)

    def forward(self, samples: Tensor) -> Tensor:
        spectrum = torch.stft(
            samples,
            timeline.N_FFT,
            timeline.HOP_LENGTH,
            window=self.window,
            center=True,
            pad_mode="reflect",
            return_complex=True,
        )
        mel = spectrum.abs().transpose(1, 2) @ self.filters
        return torch.log(mel.clamp(min=FLOOR))


@lru_cache(maxsize=1)
def _log_mel() -> LogMel:
    return LogMel()


def mel_of(samples: FloatArray) -> FloatArray:
    """(N,) samples -> (N // 256 + 1, 100) log-mel. N is at least 513 (half a window)."""
    samples = np.asarray(samples, dtype=np.float32)
    if samples.ndim != 1 or len(samples) <= timeline.N_FFT // 2:
        raise InputError(
            f"expected mono sound of at least {timeline.N_FFT // 2 + 1} samples (21 ms), "
            f"got an array of shape {samples.shape}"
        )
    with torch.no_grad():
        return _log_mel()(torch.from_numpy(samples)[None])[0].numpy()


def mel_covering(samples: FloatArray) -> FloatArray:
    """(3840 K,) samples -> (15 K, 100): the frames that a whole number of blocks covers.

    This is the mel that the model learns and the vocoder returns to exactly as many samples.
    """
    if len(samples) % timeline.BLOCK_SAMPLES:
        raise InputError(
            f"expected a multiple of {timeline.BLOCK_SAMPLES} samples, got {len(samples)}; "
            "pad the sound with `audio.pad_to_blocks` first"
        )
    return mel_of(samples)[: len(samples) // timeline.HOP_LENGTH]


def pad_to_blocks(samples: FloatArray) -> FloatArray:
    """Append silence up to a whole number of 160 ms blocks."""
    return np.pad(samples, (0, -len(samples) % timeline.BLOCK_SAMPLES))
