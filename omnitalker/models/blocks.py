"""The two kinds of transformer block: one branch on its own, and the fusion of both."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn

from omnitalker.models.layers import (
    AdaLN,
    DepthwiseConv,
    FeedForward,
    Rotary,
    attend,
    modulate,
    rotate,
)

Fusion = Literal["joint", "cross", "none"]


class QueryKeyValue(nn.Module):
    """(B, S, width) -> three (B, heads, S, head_dim), the first two rotated to their place in time."""

    def __init__(self, width: int, heads: int, head_dim: int) -> None:
        super().__init__()
        self.heads = heads
        self.linear = nn.Linear(width, 3 * heads * head_dim)

    def forward(self, x: Tensor, rotation: Rotary) -> tuple[Tensor, Tensor, Tensor]:
        batch, length, _ = x.shape
        packed = self.linear(x).view(batch, length, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        query, key = rotate(packed[:2], rotation).unbind(0)
        return query, key, packed[2]


class BranchBlock(nn.Module):
    """One branch: a whole block on its own (`forward`), or its half of a fusion block.

    Without attention it is a convolution and a feed-forward under one gate.
    """

    def __init__(
        self,
        width: int,
        heads: int,
        head_dim: int,
        ffn: int,
        condition_width: int,
        kernel: int,
        attention: bool = True,
    ) -> None:
        super().__init__()
        self.attention = attention
        self.adaln = AdaLN(condition_width, width, parts=6 if attention else 3)
        if attention:
            self.qkv = QueryKeyValue(width, heads, head_dim)
            self.out = nn.Linear(heads * head_dim, width)
        self.conv = DepthwiseConv(width, kernel) if kernel else None
        self.ffn = FeedForward(width, ffn)

    def forward(
        self, x: Tensor, condition: Tensor, rotation: Rotary, valid: Tensor | None
    ) -> Tensor:
        modulation = self.adaln(condition)
        if not self.attention:
            shift, scale, gate = modulation
            return self._feed(x, shift, scale, gate, valid)
        query, key, value = self.queries(x, modulation, rotation)
        mixed = self.out(attend(query, key, value, valid))
        return self.finish(x, mixed, modulation, valid)

    def queries(
        self, x: Tensor, modulation: tuple[Tensor, ...], rotation: Rotary
    ) -> tuple[Tensor, Tensor, Tensor]:
        shift, scale = modulation[0], modulation[1]
        return self.qkv(modulate(x, shift, scale), rotation)

    def finish(
        self, x: Tensor, mixed: Tensor, modulation: tuple[Tensor, ...], valid: Tensor | None
    ) -> Tensor:
        """`mixed`: (B, S, width), the attention's answer after its output projection."""
        _, _, gate, ffn_shift, ffn_scale, ffn_gate = modulation
        return self._feed(x + gate * mixed, ffn_shift, ffn_scale, ffn_gate, valid)

    def _feed(
        self, x: Tensor, shift: Tensor, scale: Tensor, gate: Tensor, valid: Tensor | None
    ) -> Tensor:
        hidden = modulate(x, shift, scale)
        if self.conv is not None:
            hidden = hidden + self.conv(hidden, valid)
        return x + gate * self.ffn(hidden)


class FusionBlock(nn.Module):
    """Both branches, which see each other in the attention.

    joint: each branch's queries meet the keys of both at once. cross: first its own, then the other's
    through a projection of its own. none: only its own, as where the mel branch has no attention.
    """

    def __init__(self, mel: BranchBlock, motion: BranchBlock, fusion: Fusion) -> None:
        super().__init__()
        self.fusion = fusion if mel.attention else "none"
        self.mel = mel
        self.motion = motion
        if self.fusion == "cross":
            self.mel_from_motion = _like(mel.out)
            self.motion_from_mel = _like(motion.out)

    def forward(
        self,
        mel: Tensor,
        motion: Tensor,
        mel_condition: Tensor,
        motion_condition: Tensor,
        mel_rotation: Rotary,
        motion_rotation: Rotary,
        mel_valid: Tensor | None,
        motion_valid: Tensor | None,
    ) -> tuple[Tensor, Tensor]:
        if self.fusion == "none":
            return (
                self.mel(mel, mel_condition, mel_rotation, mel_valid),
                self.motion(motion, motion_condition, motion_rotation, motion_valid),
            )

        # 1. each branch's queries, keys and values
        mel_modulation = self.mel.adaln(mel_condition)
        motion_modulation = self.motion.adaln(motion_condition)
        mel_qkv = self.mel.queries(mel, mel_modulation, mel_rotation)
        motion_qkv = self.motion.queries(motion, motion_modulation, motion_rotation)

        # 2. attention, over both streams or each
        mel_mixed, motion_mixed = self._mix(mel_qkv, motion_qkv, mel_valid, motion_valid)

        # 3. each branch's convolution and feed-forward
        return (
            self.mel.finish(mel, mel_mixed, mel_modulation, mel_valid),
            self.motion.finish(motion, motion_mixed, motion_modulation, motion_valid),
        )

    def _mix(
        self,
        mel_qkv: tuple[Tensor, Tensor, Tensor],
        motion_qkv: tuple[Tensor, Tensor, Tensor],
        mel_valid: Tensor | None,
        motion_valid: Tensor | None,
    ) -> tuple[Tensor, Tensor]:
        if self.fusion == "joint":
            query, key, value = (
                torch.cat(pair, dim=2) for pair in zip(mel_qkv, motion_qkv, strict=True)
            )
            valid = None
            if mel_valid is not None and motion_valid is not None:
                valid = torch.cat([mel_valid, motion_valid], dim=1)
            mixed = attend(query, key, value, valid)
            length = mel_qkv[0].shape[2]
            return self.mel.out(mixed[:, :length]), self.motion.out(mixed[:, length:])
        mel_mixed = self.mel.out(attend(*mel_qkv, mel_valid))
        motion_mixed = self.motion.out(attend(*motion_qkv, motion_valid))
        if self.fusion == "cross":
            seen = attend(mel_qkv[0], motion_qkv[1], motion_qkv[2], motion_valid)
            heard = attend(motion_qkv[0], mel_qkv[1], mel_qkv[2], mel_valid)
            mel_mixed = mel_mixed + self.mel_from_motion(seen)
            motion_mixed = motion_mixed + self.motion_from_mel(heard)
        return mel_mixed, motion_mixed


def _like(linear: nn.Linear) -> nn.Linear:
    return nn.Linear(linear.in_features, linear.out_features)
