"""What is added to a mel at its own rate: the transformer's tokens stand for several frames, edges are finer.

Legend: B items, T mel frames, M mel bins, P frames a token.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from omnitalker.models.blocks import BranchBlock
from omnitalker.models.layers import AdaLN, blank, modulate

KERNEL = 7


class MelDetail(nn.Module):
    """Convolutions over the estimated mel, what it is made of, noise, the text and the tokens; nothing at the start."""

    def __init__(
        self,
        width: int,
        layers: int,
        *,
        token_width: int,
        patch: int,
        text_width: int,
        bins: int,
        condition_width: int,
    ) -> None:
        super().__init__()
        self.width = width
        self.tokens = nn.Linear(token_width, patch * width)
        self.frames = nn.Linear(text_width + 3 * bins, width)
        self.blocks = nn.ModuleList(
            BranchBlock(width, 1, 2, 3 * width, condition_width, KERNEL, attention=False)
            for _ in range(layers)
        )
        self.adaln = AdaLN(condition_width, width, parts=2)
        self.out = nn.Linear(width, bins)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)

    def forward(
        self,
        estimate: Tensor,
        source: Tensor,
        texture: Tensor | None,
        tokens: Tensor,
        text: Tensor,
        condition: Tensor,
        valid: Tensor | None,
    ) -> Tensor:
        """estimate, source, texture: (B, T, M); tokens: (B, ceil(T / P), token_width); text: (B, T, text_width).

        Returns (B, T, M).
        """
        texture = torch.zeros_like(estimate) if texture is None else texture
        signals = (part.to(text.dtype) for part in (estimate, source, texture))
        frames = torch.cat([text, *signals], dim=-1)
        of_tokens = self.tokens(tokens).unflatten(-1, (-1, self.width)).flatten(1, 2)
        x = blank(self.frames(frames) + of_tokens[:, : frames.shape[1]], valid)
        for block in self.blocks:
            x = block(x, condition, None, valid)
        return estimate + self.out(modulate(x, *self.adaln(condition)))
