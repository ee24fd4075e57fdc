"""Tells decided curves from heard ones, knowing what is said: what regression leaves flat, it asks for.

Legend: B items, P curve frames at 31.25/s, T = 3 P mel frames.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.parametrizations import weight_norm

from omnitalker.base import timeline
from omnitalker.models.prosody import CURVES, ProsodyInputs
from omnitalker.training.adversary import Verdict

SLOPE = 0.2


@dataclass(frozen=True)
class CurveCriticConfig:
    share: float = 1.0
    """How strongly it pulls, relative to the distance to the heard curves."""
    features: float = 0.5
    """Of its pull, the part that brings its inner features near those of the heard curves."""
    width: int = 96
    alone: float = 0.05
    """Share of the training in which it learns before it is listened to."""


class CurveCritic(nn.Module):
    """A score for every stretch of some 0.4 s: above 0 for real."""

    def __init__(self, width: int, symbols: int = 96, tones: int = 8, text: int = 24) -> None:
        super().__init__()
        self.symbol, self.tone = nn.Embedding(symbols, text), nn.Embedding(tones, text)
        sizes = (2 * CURVES + text, width, width, width, width)
        strides = (1, 1, 2, 1)
        self.convs = nn.ModuleList(
            weight_norm(nn.Conv1d(a, b, 5, stride, padding=2))
            for (a, b), stride in zip(itertools.pairwise(sizes), strides, strict=True)
        )
        self.score = weight_norm(nn.Conv1d(width, 1, 3, padding=1))

    def forward(self, curves: Tensor, inputs: ProsodyInputs) -> list[Verdict]:
        """(B, P, 3) in the network's units, of what `inputs` says."""
        text = self.symbol(inputs.phonemes) + self.tone(inputs.tones)
        text = text.unflatten(1, (-1, timeline.CURVE_MEL_FRAMES)).mean(dim=2)
        change = F.pad(curves[:, 1:] - curves[:, :-1], (0, 0, 0, 1))
        x = torch.cat([curves, change, text], dim=-1).transpose(1, 2)
        features = []
        for conv in self.convs:
            x = F.leaky_relu(conv(x), SLOPE)
            features.append(x)
        return [Verdict(self.score(x), features)]
