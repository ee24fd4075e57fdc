"""Pitch from the mel alone: a classifier over a logarithmic scale, read out around its peak.

Legend: B batch, T mel frames at 93.75/s.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from omnitalker import timeline
from omnitalker.audio.lookahead import lookahead_backbone

LOWEST_HZ = 50.0
HIGHEST_HZ = 700.0
BINS = 224
"""About 20 cents each."""
NEIGHBOURS = 4
"""Bins on either side of the peak that are averaged into the result."""


def hz_to_bin(hz: Tensor) -> Tensor:
    """Hz -> fractional bin."""
    return torch.log(hz / LOWEST_HZ) / math.log(HIGHEST_HZ / LOWEST_HZ) * (BINS - 1)


def bin_to_hz(position: Tensor) -> Tensor:
    """Fractional bin -> Hz."""
    return LOWEST_HZ * torch.exp(position / (BINS - 1) * math.log(HIGHEST_HZ / LOWEST_HZ))


def normalise(mel: Tensor) -> Tensor:
    """Log-mel to about unit range."""
    return (mel + 4.0) / 4.0


class PitchNet(nn.Module):
    """(B, T, 100) log-mel -> pitch. Where the voice is silent the answer means nothing, but is finite."""

    def __init__(self, dim: int = 128, layers: int = 4) -> None:
        super().__init__()
        self.backbone = lookahead_backbone(timeline.N_MELS, dim, 3 * dim, layers)
        self.out = nn.Linear(dim, BINS)

    def forward(self, mel: Tensor) -> Tensor:
        """(B, T, 100) -> (B, T, BINS) logits."""
        return self.out(self.backbone(normalise(mel).transpose(1, 2)))

    def hz(self, mel: Tensor) -> Tensor:
        """(B, T, 100) -> (B, T) pitch in Hz."""
        logits = self(mel).float()
        peak = logits.argmax(dim=-1, keepdim=True)
        around = torch.arange(-NEIGHBOURS, NEIGHBOURS + 1, device=mel.device)
        bins = (peak + around).clamp(0, BINS - 1)
        weights = logits.gather(-1, bins).softmax(dim=-1)
        return bin_to_hz((weights * bins).sum(dim=-1))
