"""Sound from a mel without any weights: linear magnitudes that explain it, then phases that agree.

Legend: B batch, T mel frames, K = 513 bins, N = 256 (T - 1) samples.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from omnitalker.audio.mel import mel_filters
from omnitalker.base import timeline

FIT_STEPS = 20
MOMENTUM = 0.99
SHORTEST = 4
"""Frames below which the last is repeated: an STFT needs more than half a window."""


def magnitudes_of(mel: Tensor, filters: Tensor) -> Tensor:
    """(B, T, 100) log-mel -> (B, K, T) magnitudes >= 0 whose mel it is.

    Starts from the pseudo-inverse and goes on by multiplicative updates, which keep the sign.
    """
    target = torch.exp(mel)
    guess = (target @ torch.linalg.pinv(filters)).clamp(min=1e-6)
    smooth = target @ (filters / filters.sum(0).clamp(min=1e-6)).T
    guess = torch.maximum(guess, 0.01 * smooth)
    for _ in range(FIT_STEPS):
        guess = guess * (target @ filters.T) / ((guess @ filters) @ filters.T).clamp(min=1e-8)
    return guess.transpose(1, 2)


class GriffinLim(nn.Module):
    """Fast Griffin-Lim (Perraudin et al. 2013) from seeded random phases."""

    window: Tensor
    filters: Tensor

    def __init__(self, iterations: int = 32) -> None:
        super().__init__()
        self.iterations = iterations
        self.register_buffer("window", torch.hann_window(timeline.N_FFT), persistent=False)
        self.register_buffer("filters", mel_filters(), persistent=False)

    def forward(self, mel: Tensor) -> Tensor:
        """(B, T, 100) -> (B, 256 (T - 1))."""
        wanted = timeline.HOP_LENGTH * (mel.shape[1] - 1)
        if mel.shape[1] < SHORTEST:
            mel = torch.cat([mel, mel[:, -1:].expand(-1, SHORTEST - mel.shape[1], -1)], dim=1)
        magnitudes = magnitudes_of(mel, self.filters)
        generator = torch.Generator().manual_seed(0)
        phases = 2 * torch.pi * torch.rand(magnitudes.shape, generator=generator)
        guess = torch.polar(magnitudes, phases.to(mel.device))
        before = torch.zeros_like(guess)
        for _ in range(self.iterations):
            now = self._stft(self._istft(guess))
            moved = now + MOMENTUM * (now - before)
            guess = magnitudes * moved / moved.abs().clamp(min=1e-8)
            before = now
        return self._istft(guess)[:, :wanted]

    def _istft(self, spectrum: Tensor) -> Tensor:
        return torch.istft(spectrum, timeline.N_FFT, timeline.HOP_LENGTH, window=self.window)

    def _stft(self, sound: Tensor) -> Tensor:
        return torch.stft(
            sound,
            timeline.N_FFT,
            timeline.HOP_LENGTH,
            window=self.window,
            return_complex=True,
        )
