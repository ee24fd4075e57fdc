"""Flow matching: the loss on what the model was not told."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

Kind = Literal["l1", "l2"]


def flow_point(data: Tensor, noise: Tensor, time: Tensor) -> Tensor:
    """The straight path from noise (time 0) to data (time 1). data: (B, T, C), time: (B,)."""
    return noise + time.view(-1, 1, 1) * (data - noise)


def flow_times(count: int, generator: torch.Generator, noisy_share: float = 0.0) -> Tensor:
    """(count,) logit-normal: most of the middle, little of either end.

    For `noisy_share` of them the square of a uniform number instead, which is often next to 0. Few-step
    sampling takes its longest decision there, from noise, text and prompt alone.
    """
    middle = torch.sigmoid(torch.randn(count, generator=generator))
    noisy = torch.rand(count, generator=generator).square()
    return torch.where(torch.rand(count, generator=generator) < noisy_share, noisy, middle)


def masked_error(
    predicted: Tensor, wanted: Tensor, mask: Tensor, kind: Kind, weights: Tensor | None = None
) -> Tensor:
    """Mean error over the frames of `mask` (B, T) bool; `weights` (C,) or (B, 1, C) per channel."""
    difference = predicted.float() - wanted
    error = difference.abs() if kind == "l1" else difference.square()
    if weights is not None:
        error = error * weights
    counted = mask[..., None].float()
    return (error * counted).sum() / (counted.sum() * error.shape[-1]).clamp(min=1)
