"""Phonemes on the mel grid -> features for both branches.

Legend: B items, T = 15 K mel frames, F = 4 K motion frames.
"""

from __future__ import annotations

import math
from typing import Literal

import torch
from torch import Tensor, nn

from omnitalker.base import timeline
from omnitalker.models.layers import MEL_FRAME_SECONDS, ConvNeXtBlock, blank

Alignment = Literal["duration", "implicit"]
PLACES = 3
"""Numbers that tell where in its phoneme a frame lies: fraction gone, fraction left, log duration."""


class TextEncoder(nn.Module):
    """Embeddings of symbol, tone and place, then ConvNeXt-V2 blocks.

    duration: ids stand on the frames that speak them. implicit: ids are packed to the left and padded
    with zeros (the paper's form); they get sinusoidal positions, and attention finds the alignment.
    """

    def __init__(
        self, symbols: int, tones: int, width: int, blocks: int, alignment: Alignment
    ) -> None:
        super().__init__()
        self.alignment = alignment
        self.symbol = nn.Embedding(symbols, width)
        self.tone = nn.Embedding(tones, width)
        self.place = nn.Linear(PLACES, width) if alignment == "duration" else None
        self.blocks = nn.ModuleList(ConvNeXtBlock(width) for _ in range(blocks))
        nn.init.normal_(self.symbol.weight, std=0.5)
        nn.init.normal_(self.tone.weight, std=0.2)

    def forward(self, phonemes: Tensor, tones: Tensor, valid: Tensor | None) -> Tensor:
        """(B, T) ids -> (B, T, width)."""
        x = self.symbol(phonemes) + self.tone(tones)
        if self.place is not None:
            x = x + self.place(places(phonemes, tones).to(x.dtype))
        else:
            x = x + sinusoids(x.shape[1], x.shape[2], x.device).to(x.dtype)
        for block in self.blocks:
            x = block(x, valid)
        return blank(x, valid)


def places(phonemes: Tensor, tones: Tensor) -> Tensor:
    """(B, T) ids -> (B, T, 3): where each frame lies in its run of equal ids.

    Zero for unknown phonemes (id 0), whose runs are not phonemes.
    """
    batch, length = phonemes.shape
    frames = torch.arange(length, device=phonemes.device).expand(batch, length)
    code = phonemes * 64 + tones
    begins = torch.ones_like(code, dtype=torch.bool)
    begins[:, 1:] = code[:, 1:] != code[:, :-1]
    run = begins.long().cumsum(dim=1) - 1
    counts = torch.zeros_like(code).scatter_add(1, run, torch.ones_like(code)).gather(1, run)
    starts = torch.where(begins, frames, 0).cummax(dim=1).values
    gone = (frames - starts + 0.5) / counts
    seconds = counts * MEL_FRAME_SECONDS
    values = torch.stack([gone, 1 - gone, (seconds / 0.08).log()], dim=-1)
    return values * (phonemes > 0)[..., None]


def to_motion_grid(features: Tensor) -> Tensor:
    """(B, 15 K, C) on the mel grid -> (B, 4 K, C): the average over each motion frame's time."""
    batch, length, width = features.shape
    weights = overlap().to(features)
    blocks = features.view(batch, length // timeline.BLOCK_MEL_FRAMES, -1, width)
    return torch.einsum("fm,bkmc->bkfc", weights, blocks).flatten(1, 2)


def overlap() -> Tensor:
    """(4, 15): the share of each mel frame in each motion frame of a block; rows sum to one."""
    mel, motion = timeline.BLOCK_MEL_FRAMES, timeline.BLOCK_VIDEO_FRAMES
    per_frame = mel / motion
    edges = torch.arange(motion + 1) * per_frame
    frames = torch.arange(mel)
    upper = torch.minimum(edges[1:, None], frames + 1.0)
    lower = torch.maximum(edges[:-1, None], frames + 0.0)
    return (upper - lower).clamp(min=0) / per_frame


def sinusoids(length: int, width: int, device: torch.device) -> Tensor:
    """(length, width) absolute positions as in the original transformer."""
    rates = torch.exp(torch.arange(0, width, 2, device=device) * (-math.log(10_000.0) / width))
    angles = torch.arange(length, device=device)[:, None] * rates
    return torch.cat([angles.sin(), angles.cos()], dim=-1)[:, :width]
