"""The Vocos backbone with a short view of the future, so that it can stream.

The package's convolutions are centred: eight blocks of kernel 7 see 27 frames (290 ms) ahead. Here every
convolution sees one frame ahead and five behind; parameters and their names stay the same.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F
from vocos.models import VocosBackbone

AHEAD = 1
"""Frames of the future seen by each convolution."""


class LookaheadConv1d(nn.Conv1d):
    """A convolution over (B, C, T) that sees `AHEAD` frames ahead and the rest of its kernel behind."""

    def forward(self, x: Tensor) -> Tensor:
        behind = self.kernel_size[0] - 1 - AHEAD
        return F.conv1d(F.pad(x, (behind, AHEAD)), self.weight, self.bias, groups=self.groups)


def lookahead_backbone(
    input_channels: int, dim: int, intermediate_dim: int, num_layers: int
) -> VocosBackbone:
    """A package backbone, (B, C, T) -> (B, T, dim), that sees `num_layers + 1` frames ahead."""
    backbone = VocosBackbone(
        input_channels=input_channels,
        dim=dim,
        intermediate_dim=intermediate_dim,
        num_layers=num_layers,
    )
    backbone.embed = _with_lookahead(backbone.embed)
    for block in backbone.convnext:
        block.dwconv = _with_lookahead(block.dwconv)
    return backbone


def _with_lookahead(conv: nn.Conv1d) -> LookaheadConv1d:
    changed = LookaheadConv1d(
        conv.in_channels, conv.out_channels, conv.kernel_size[0], groups=conv.groups
    )
    changed.load_state_dict(conv.state_dict())
    return changed


def frames_ahead(backbone: VocosBackbone) -> int:
    """How many frames of the future an output frame depends on."""
    return AHEAD * (len(backbone.convnext) + 1)


def frames_behind(backbone: VocosBackbone) -> int:
    """How many frames of the past an output frame depends on."""
    kernels = [backbone.embed.kernel_size[0]]
    kernels += [block.dwconv.kernel_size[0] for block in backbone.convnext]
    return sum(kernel - 1 - AHEAD for kernel in kernels)
