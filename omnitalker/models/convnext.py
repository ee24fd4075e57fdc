"""The backbone of Vocos: ConvNeXt blocks at one rate, with as much view of the future as is asked for.

Centred as published, eight blocks of kernel 7 see 27 frames (290 ms) ahead and cannot stream; with `ahead=1`
every convolution sees one frame ahead and five behind. Parameters are named as in the package `vocos`.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

KERNEL = 7
CENTRED = KERNEL // 2
STREAMING = 1
"""Frames of the future seen by each convolution of a network that streams."""


class ConvNeXtBackbone(nn.Module):
    """(B, C, T) -> (B, T, dim)."""

    def __init__(
        self, channels: int, dim: int, intermediate_dim: int, layers: int, ahead: int = STREAMING
    ) -> None:
        super().__init__()
        self.ahead = ahead
        self.embed = ShiftedConv1d(channels, dim, ahead)
        self.norm = nn.LayerNorm(dim, eps=1e-6)
        self.convnext = nn.ModuleList(
            ConvNeXtBlock(dim, intermediate_dim, ahead, scale=1 / layers) for _ in range(layers)
        )
        self.final_layer_norm = nn.LayerNorm(dim, eps=1e-6)
        for module in self.modules():
            if isinstance(module, nn.Conv1d | nn.Linear):
                nn.init.trunc_normal_(module.weight, std=0.02)
                nn.init.zeros_(module.bias)  # type: ignore[arg-type]

    @property
    def frames_ahead(self) -> int:
        """How many frames of the future an output frame depends on."""
        return self.ahead * (len(self.convnext) + 1)

    @property
    def frames_behind(self) -> int:
        """How many frames of the past an output frame depends on."""
        return (KERNEL - 1 - self.ahead) * (len(self.convnext) + 1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.norm(self.embed(x).transpose(1, 2)).transpose(1, 2)
        for block in self.convnext:
            x = block(x)
        return self.final_layer_norm(x.transpose(1, 2))


class ConvNeXtBlock(nn.Module):
    """(B, dim, T) -> the same: depthwise in time, then two layers at every frame, scaled per channel."""

    def __init__(self, dim: int, intermediate_dim: int, ahead: int, scale: float) -> None:
        super().__init__()
        self.dwconv = ShiftedConv1d(dim, dim, ahead, groups=dim)
        self.norm = nn.LayerNorm(dim, eps=1e-6)
        self.pwconv1 = nn.Linear(dim, intermediate_dim)
        self.pwconv2 = nn.Linear(intermediate_dim, dim)
        self.gamma = nn.Parameter(torch.full((dim,), scale))

    def forward(self, x: Tensor) -> Tensor:
        hidden = self.norm(self.dwconv(x).transpose(1, 2))
        hidden = self.gamma * self.pwconv2(F.gelu(self.pwconv1(hidden)))
        return x + hidden.transpose(1, 2)


class ShiftedConv1d(nn.Conv1d):
    """Over (B, C, T): sees `ahead` frames ahead and the rest of its kernel behind."""

    def __init__(self, channels: int, dim: int, ahead: int, groups: int = 1) -> None:
        super().__init__(channels, dim, KERNEL, groups=groups)
        self.sides = (KERNEL - 1 - ahead, ahead)

    def forward(self, x: Tensor) -> Tensor:
        return F.conv1d(F.pad(x, self.sides), self.weight, self.bias, groups=self.groups)
