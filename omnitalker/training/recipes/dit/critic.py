"""Tells a made mel from a real one: what regression leaves blurred, it asks for.

Legend: B items, T mel frames, M mel bins.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.parametrizations import weight_norm

from omnitalker.training.adversary import Verdict

SLOPE = 0.2


@dataclass(frozen=True)
class CriticConfig:
    share: float = 0.7
    """How strongly it pulls, relative to the distance to the real mel (of the gradient on the mel)."""
    features: float = 0.5
    """Of its pull, the part that brings its inner features near those of the real mel."""
    channels: tuple[int, ...] = (32, 64, 96, 96)
    frames: int = 96
    """What it looks at of every sequence."""
    alone: float = 0.03
    """Share of the training in which it learns before it is listened to; it is then believed more and more."""


class MelCritic(nn.Module):
    """Overlapping patches of a mel, each with a score: above 0 for real."""

    def __init__(self, channels: tuple[int, ...]) -> None:
        super().__init__()
        kernels, strides = ((3, 9), (3, 7), (3, 5), (3, 3)), ((1, 2), (1, 2), (2, 2), (1, 1))
        sizes = (2, *channels)
        self.convs = nn.ModuleList(
            weight_norm(nn.Conv2d(a, b, kernel, stride, padding=(kernel[0] // 2, kernel[1] // 2)))
            for a, b, kernel, stride in zip(sizes, channels, kernels, strides, strict=False)
        )
        self.score = weight_norm(nn.Conv2d(channels[-1], 1, 3, padding=1))

    def forward(self, mel: Tensor) -> list[Verdict]:
        """(B, T, M) normalised."""
        height = torch.linspace(-1, 1, mel.shape[-1], device=mel.device).expand_as(mel)
        x = torch.stack([mel, height], dim=1)
        features = []
        for conv in self.convs:
            x = F.leaky_relu(conv(x), SLOPE)
            features.append(x)
        return [Verdict(self.score(x), features)]


def excerpts(mel: Tensor, first: Tensor, frames: int) -> Tensor:
    """(B, T, M) and where to begin (B,) -> (B, frames, M)."""
    index = first[:, None] + torch.arange(frames, device=mel.device)
    return mel.gather(1, index[..., None].expand(-1, -1, mel.shape[-1]))
