"""How long each phoneme lasts, continuing the rhythm of a prompt.

Legend: B items, P phonemes (the prompt's, then the new ones), T mel frames of the prompt.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from omnitalker.base import timeline
from omnitalker.models.layers import (
    DepthwiseConv,
    FeedForward,
    Rotary,
    attend,
    blank,
    rotary,
    rotate,
)
from omnitalker.models.pretrained import Pretrained, register_to_config

TYPICAL_SECONDS = 0.08
"""Durations are logarithms relative to this, so that zero is an ordinary phoneme."""
SHORTEST_SECONDS = 0.005
PHONEMES_PER_SECOND = 12.0
"""Places a phoneme sequence on the rotary clock, which runs in seconds."""


@dataclass(frozen=True)
class DurationInputs:
    symbols: Tensor
    """(B, P) ids."""
    tones: Tensor
    """(B, P)."""
    seconds: Tensor
    """(B, P) known durations; anything where not given."""
    given: Tensor
    """(B, P) bool: the prompt's phonemes."""
    valid: Tensor | None = None
    """(B, P) bool, False for padding."""
    mel: Tensor | None = None
    """(B, T, 100) log-mel of the prompt, for its pace where it has no phonemes."""
    mel_valid: Tensor | None = None
    """(B, T) bool: False for padding; a whole item False when it has no mel."""


class DurationModel(Pretrained):
    """A small transformer with convolutions over phonemes; gives log(seconds / TYPICAL_SECONDS)."""

    @register_to_config
    def __init__(
        self,
        width: int = 160,
        heads: int = 4,
        layers: int = 4,
        ffn: int = 480,
        kernel: int = 5,
        symbols: int = 96,
        tones: int = 8,
        mel_bins: int = timeline.N_MELS,
        mel_mean: float = -4.0,
        mel_std: float = 3.0,
    ) -> None:
        super().__init__()
        self.heads = heads
        self.mel_mean, self.mel_std = mel_mean, mel_std
        self.symbol = nn.Embedding(symbols, width)
        self.tone = nn.Embedding(tones, width)
        self.known = nn.Linear(2, width)
        self.pace = nn.Linear(3, width)
        self.voice = MelSummary(mel_bins, width)
        self.blocks = nn.ModuleList(DurationLayer(width, heads, ffn, kernel) for _ in range(layers))
        self.norm = nn.LayerNorm(width)
        self.out = nn.Linear(width, 1)
        nn.init.normal_(self.symbol.weight, std=0.5)
        nn.init.normal_(self.tone.weight, std=0.2)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)

    def forward(self, inputs: DurationInputs) -> Tensor:
        """(B, P) log(seconds / TYPICAL_SECONDS) for every phoneme, the given ones included."""
        dtype = self.out.weight.dtype
        given = inputs.given.float()
        known = log_seconds(inputs.seconds) * given
        x = self.symbol(inputs.symbols) + self.tone(inputs.tones)
        x = x + self.known(torch.stack([known, given], dim=-1).to(dtype))
        x = x + self.pace(_pace(known, given).to(dtype))[:, None]
        if inputs.mel is not None:
            mel = (inputs.mel - self.mel_mean) / self.mel_std
            x = x + self.voice(mel.to(dtype), inputs.mel_valid)[:, None]
        length, head_dim = x.shape[1], x.shape[2] // self.heads
        place = torch.arange(length, device=x.device) / PHONEMES_PER_SECOND
        rotation = rotary(place, head_dim)
        for layer in self.blocks:
            x = layer(x, rotation, inputs.valid)
        return self.out(self.norm(x))[..., 0].float()


class DurationLayer(nn.Module):
    def __init__(self, width: int, heads: int, ffn: int, kernel: int) -> None:
        super().__init__()
        self.heads = heads
        self.conv = DepthwiseConv(width, kernel)
        self.attention_norm = nn.LayerNorm(width)
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)
        self.ffn_norm = nn.LayerNorm(width)
        self.ffn = FeedForward(width, ffn)

    def forward(self, x: Tensor, rotation: Rotary, valid: Tensor | None) -> Tensor:
        batch, length, _ = x.shape
        x = x + self.conv(x, valid)
        packed = self.qkv(self.attention_norm(x)).view(batch, length, 3, self.heads, -1)
        query, key, value = packed.permute(2, 0, 3, 1, 4).unbind(0)
        x = x + self.out(attend(rotate(query, rotation), rotate(key, rotation), value, valid))
        return x + self.ffn(self.ffn_norm(x))


class MelSummary(nn.Module):
    """(B, T, 100) -> (B, width): two strided convolutions and an average over the valid part."""

    def __init__(self, mel_bins: int, width: int) -> None:
        super().__init__()
        self.first = nn.Conv1d(mel_bins, width, 5, stride=2, padding=2)
        self.second = nn.Conv1d(width, width, 5, stride=2, padding=2)
        self.out = nn.Linear(width, width)

    def forward(self, mel: Tensor, valid: Tensor | None) -> Tensor:
        x = functional.gelu(self.first(blank(mel, valid).transpose(1, 2)))
        half = None if valid is None else valid[:, ::2]
        x = blank(x.transpose(1, 2), half).transpose(1, 2)
        x = functional.gelu(self.second(x)).transpose(1, 2)
        if half is None:
            return self.out(x.mean(dim=1))
        weights = half[:, ::2]
        mean = blank(x, weights).sum(dim=1) / weights.sum(dim=1, keepdim=True).clamp(min=1)
        return self.out(mean) * weights.any(dim=1, keepdim=True)


def log_seconds(seconds: Tensor) -> Tensor:
    return (seconds.float().clamp(min=SHORTEST_SECONDS) / TYPICAL_SECONDS).log()


def seconds_of(logarithms: Tensor) -> Tensor:
    return logarithms.float().exp() * TYPICAL_SECONDS


def _pace(known: Tensor, given: Tensor) -> Tensor:
    """(B, 3): mean and spread of the known log durations, and whether there are any."""
    count = given.sum(dim=1).clamp(min=1)
    mean = known.sum(dim=1) / count
    spread = (((known - mean[:, None]) * given).square().sum(dim=1) / count + 1e-5).sqrt()
    any_given = (given.sum(dim=1) > 0).float()
    return torch.stack([mean, spread * any_given, any_given], dim=-1)
