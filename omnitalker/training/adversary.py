"""What critics say and what is learnt from it, by them and by what they judge."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F


@dataclass(frozen=True)
class Verdict:
    """What one discriminator says: scores (any shape) and its inner features."""

    scores: Tensor
    features: list[Tensor]


def discriminator_loss(real: list[Verdict], made: list[Verdict]) -> Tensor:
    """Hinge: real above 1, made below -1."""
    losses = [
        F.relu(1 - r.scores.float()).mean() + F.relu(1 + m.scores.float()).mean()
        for r, m in zip(real, made, strict=True)
    ]
    return torch.stack(losses).mean()


def adversarial_loss(made: list[Verdict]) -> Tensor:
    return torch.stack([F.relu(1 - m.scores.float()).mean() for m in made]).mean()


def feature_loss(real: list[Verdict], made: list[Verdict]) -> Tensor:
    """Mean distance of inner features, each relative to the size of the real one."""
    losses = []
    for r, m in zip(real, made, strict=True):
        for a, b in zip(r.features, m.features, strict=True):
            a = a.detach().float()
            losses.append((a - b.float()).abs().mean() / (a.abs().mean() + 1e-3))
    return torch.stack(losses).mean()


def pull(
    made: Tensor,
    error: Tensor,
    judge: Callable[[Tensor], list[Verdict]],
    of_real: list[Verdict],
    *,
    share: float,
    features: float,
) -> Tensor:
    """A scalar whose value means nothing, and whose gradient on `made` is the critic's.

    error: what else teaches `made`; the pull's gradient is `share` times as long as its. judge: the critic, which must
    not learn from this, asked about `made`. features: the part of the pull that is for inner features like the real one's.
    """
    verdict = judge(made)
    wishes = (adversarial_loss(verdict), feature_loss(of_real, verdict))
    (by_error,) = torch.autograd.grad(error, made, retain_graph=True)
    way = torch.zeros_like(by_error)
    for part, wish in zip((1 - features, features), wishes, strict=True):
        (towards,) = torch.autograd.grad(wish, made, retain_graph=True)
        way = way + part * towards * (by_error.norm() / towards.norm().clamp(min=1e-12))
    return (share * way * made).sum()
