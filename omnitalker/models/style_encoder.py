"""What a stretch of sound or motion says of who it is and in which mood, as one vector.

Legend: B items, S frames, C channels.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from omnitalker.base.tensor_cache import TensorCache
from omnitalker.models.layers import ConvNeXtBlock, blank


class StyleEncoder(nn.Module):
    """Known frames -> (B, out): their mean and spread, and what convolutions hear beyond those.

    The statistics carry timbre, level and posture; the convolutions melody, pace and gesture. An item
    of which nothing is known has its own answer, the same for all.
    """

    def __init__(self, channels: int, width: int, layers: int, out: int, stride: int = 1) -> None:
        super().__init__()
        self.stride = stride
        self.statistics = nn.Linear(2 * channels + 1, out)
        self.front = nn.Linear(channels * stride, width) if layers else None
        self.blocks = nn.ModuleList(ConvNeXtBlock(width) for _ in range(layers))
        self.attention = nn.Linear(width, width)
        self.out = nn.Linear(2 * width, out)
        self.memo: TensorCache[Tensor] | None = None
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)

    def forward(self, values: Tensor, given: Tensor) -> Tensor:
        """values: (B, S, C) normalised, zero where not `given` (B, S)."""
        if self.memo is None:
            return self._encode(values, given)
        return self.memo(self._encode, values, given)

    def _encode(self, values: Tensor, given: Tensor) -> Tensor:
        summary = _mean_and_spread(values, given)
        style = self.statistics(summary.to(self.statistics.weight.dtype))
        if self.front is None:
            return style
        whole = values.shape[1] // self.stride * self.stride
        known = given[:, :whole].view(len(given), -1, self.stride).all(dim=-1)
        frames = values[:, :whole].reshape(len(values), -1, self.front.in_features)
        x = blank(self.front(frames.to(self.front.weight.dtype)), known)
        for block in self.blocks:
            x = block(x, known)
        return style + self.out(self._pooled(x, known).to(style.dtype))

    def _pooled(self, x: Tensor, known: Tensor) -> Tensor:
        """(B, 2 width): mean and spread over the frames that matter; zero where none is known."""
        scores = self.attention(x).float().masked_fill(~known[..., None], -1e4)
        weights = scores.softmax(dim=1) * known[..., None]
        mean = (weights * x).sum(dim=1)
        variance = (weights * (x - mean[:, None]).square()).sum(dim=1)
        any_known = known.any(dim=1, keepdim=True)
        return torch.cat([mean, (variance + 1e-5).sqrt()], dim=-1) * any_known


def _mean_and_spread(values: Tensor, given: Tensor) -> Tensor:
    """(B, 2 C + 1): mean and spread of what is given, and whether anything is."""
    weights = given[..., None].float()
    count = weights.sum(dim=1).clamp(min=1)
    mean = (values * weights).sum(dim=1) / count
    variance = ((values - mean[:, None]).square() * weights).sum(dim=1) / count
    known = given.any(dim=1, keepdim=True).float()
    return torch.cat([mean, (variance + 1e-5).sqrt() * known, known], dim=-1)
