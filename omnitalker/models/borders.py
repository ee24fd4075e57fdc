"""How signals, text and told curves enter the transformer's branches, and how its answers leave them.

Legend: B items, T frames of a branch, P frames a token.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from omnitalker.audio.curves import CHANNELS
from omnitalker.models.conditions import pad_frames
from omnitalker.models.layers import AdaLN, blank, modulate


class ProsodyInput(nn.Sequential):
    """(B, T, 4) told curves -> what is added to the text of each frame; nothing at the start."""

    def __init__(self, width: int) -> None:
        out = nn.Linear(width, width)
        super().__init__(nn.Linear(CHANNELS, width), nn.GELU(), out)
        nn.init.zeros_(out.weight)
        nn.init.zeros_(out.bias)


class BranchInput(nn.Module):
    """Noisy signal, known signal, known or not and text -> tokens with a convolutional position."""

    def __init__(
        self, channels: int, patch: int, text_width: int, width: int, kernel: int, groups: int
    ) -> None:
        super().__init__()
        self.patch = patch
        self.linear = nn.Linear(patch * (2 * channels + 1 + text_width), width)
        self.position = nn.Conv1d(width, width, kernel, padding=kernel // 2, groups=groups)

    def forward(
        self, noisy: Tensor, known: Tensor, given: Tensor, text: Tensor, valid: Tensor | None
    ) -> Tensor:
        dtype = text.dtype
        parts = [noisy.to(dtype), known.to(dtype), given[..., None].to(dtype), text]
        frames = blank(torch.cat(parts, dim=-1), valid)
        frames = pad_frames(frames, -frames.shape[1] % self.patch)
        tokens = self.linear(frames.reshape(frames.shape[0], -1, self.linear.in_features))
        tokens = blank(tokens, any_in_patch(valid, self.patch))
        position = self.position(tokens.transpose(1, 2)).transpose(1, 2)
        return tokens + nn.functional.mish(position)


class BranchOutput(nn.Module):
    def __init__(self, width: int, condition_width: int, channels: int) -> None:
        super().__init__()
        self.adaln = AdaLN(condition_width, width, parts=2)
        self.linear = nn.Linear(width, channels)
        nn.init.zeros_(self.linear.weight)
        nn.init.zeros_(self.linear.bias)

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        shift, scale = self.adaln(condition)
        return self.linear(modulate(x, shift, scale))


def any_in_patch(valid: Tensor | None, patch: int) -> Tensor | None:
    """(B, T) bool -> (B, ceil(T / patch))."""
    if valid is None:
        return None
    padded = pad_frames(valid, -valid.shape[1] % patch)
    return padded.view(padded.shape[0], -1, patch).any(dim=-1)
