"""What a refiner learns: L1 on pixels and their gradients from the start; halfway a critic joins.

The critic's features measure likeness, its verdict asks for detail.

Legend: B patches of P x P pixels, RGB in 0..1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn import functional as F

from omnitalker.models.refiner import PatchCritic, Refiner
from omnitalker.training.devices import moved
from omnitalker.training.loop import BatchRng, LoopConfig, Precision, Task
from omnitalker.training.recipes.refiner.data import Pairs

SHOWN = 8
"""Mouths on the picture that a validation leaves."""


@dataclass(frozen=True)
class RefinerLoop(LoopConfig):
    steps: int = 240
    max_minutes: float | None = 8.0
    weight_decay: float = 1e-3
    betas: tuple[float, float] = (0.5, 0.99)
    warmup_steps: int = 10
    ema_decay: float = 0.98
    precision: Precision = "no"
    log_steps: int = 20
    validate_steps: int = 80
    checkpoint_minutes: float = 1.0


@dataclass(frozen=True)
class RefinerConfig:
    clip: Path
    size: int = 512
    held_out: float = 0.25
    """Share of the clip, at its end, that is only measured on."""
    loop: RefinerLoop = field(default_factory=RefinerLoop)
    batch: int = 4
    patch: int = 96
    mouth_share: float = 0.75
    """Patches around the mouth; the rest are anywhere on the face."""
    width: int = 24
    gradient_weight: float = 0.2
    detail_weight: float = 0.6
    """Weight of having as much detail as the camera saw, wherever exactly it lies: L1 alone would blur."""
    feature_weight: float = 0.3
    critic_weight: float = 0.01
    critic_from: float = 0.4
    """Share of the training after which the critic joins."""


@dataclass(frozen=True)
class Patches:
    warped: Tensor
    """(B, 3, P, P)."""
    real: Tensor
    """(B, 3, P, P)."""
    criticised: bool = False


class Schooling(nn.Module):
    """The refiner and its critic as one network whose forward pass is the loss."""

    def __init__(self, refiner: Refiner, config: RefinerConfig) -> None:
        super().__init__()
        self.refiner, self.critic = refiner, PatchCritic()
        self.config = config

    def forward(self, batch: Patches) -> dict[str, Tensor]:
        """The one named `loss` is minimised."""
        config, real = self.config, batch.real
        better = self.refiner(batch.warped)
        losses = {"pixels": F.l1_loss(better, real)}
        loss = losses["pixels"] + config.gradient_weight * _gradient_loss(better, real)
        loss = loss + config.detail_weight * _detail_loss(better, real)
        if batch.criticised:
            losses |= self._criticise(better, real)
            loss = loss + losses["critic"] + config.feature_weight * losses["features"]
            loss = loss + config.critic_weight * losses["verdict"]
        return {"loss": loss, **losses}

    def _criticise(self, better: Tensor, real: Tensor) -> dict[str, Tensor]:
        """What teaches the critic, and what it holds against `better` with weights that take no gradient."""
        of_real, wanted = self.critic(real)
        of_made, _ = self.critic(better.detach())
        still = {name: p.detach() for name, p in self.critic.named_parameters()}
        verdict, made = functional_call(self.critic, still, (better,))
        distances = [F.l1_loss(a, b.detach()) for a, b in zip(made, wanted, strict=True)]
        return {
            "critic": F.relu(1 - of_real).mean() + F.relu(1 + of_made).mean(),
            "features": torch.stack(distances).sum(),
            "verdict": -verdict.mean(),
        }


class RefinerTask(Task):
    """Plugs a refiner and its critic into the training loop."""

    model: Schooling

    def __init__(
        self, config: RefinerConfig, refiner: Refiner, learned: Pairs, spared: Pairs
    ) -> None:
        """`spared`: pairs that are only looked at."""
        self.config = config
        self.model = Schooling(refiner.requires_grad_(True), config)
        self._learned, self._spared = learned, spared

    @property
    def shipped(self) -> Refiner:
        return self.model.refiner

    def batch(self, dice: BatchRng) -> Patches:
        """Patches, a share of them around the mouth, half of them mirrored."""
        config, pairs = self.config, self._learned
        side = pairs.real.shape[-1]
        patch = min(config.patch, side)
        picked = torch.randint(len(pairs.real), (config.batch,), generator=dice.torch)
        corners = torch.randint(side - patch + 1, (config.batch, 2), generator=dice.torch)
        reach = (-patch // 6, patch // 6 + 1)
        jitter = torch.randint(*reach, (config.batch, 2), generator=dice.torch)
        at_mouth = torch.rand(config.batch, generator=dice.torch) < config.mouth_share
        around = (pairs.mouths[picked].long() - patch // 2 + jitter).clamp(0, side - patch)
        corners = torch.where(at_mouth[:, None], around, corners)
        patches = cut(pairs, picked, corners, patch, dice.done >= config.critic_from)
        mirrored = torch.rand(config.batch, generator=dice.torch)[:, None, None, None] < 0.5
        return replace(
            patches,
            warped=torch.where(mirrored, patches.warped.flip(-1), patches.warped),
            real=torch.where(mirrored, patches.real.flip(-1), patches.real),
        )

    def losses(self, model: nn.Module, batch: Patches) -> Mapping[str, Tensor]:
        return model(moved(batch, model))

    def validate(self, directory: Path, step: int) -> Mapping[str, float]:
        """Mouths of frames that it does not learn from: warped, refined, as the camera saw them."""
        patches = moved(mouths(self._spared, self.config.patch, SHOWN), self.model)
        better = self.shipped(patches.warped)
        folder = directory / f"step_{step:06d}"
        folder.mkdir(parents=True, exist_ok=True)
        rows = [torch.cat(list(x), dim=2) for x in (patches.warped, better, patches.real)]
        picture = torch.cat(rows, dim=1).clamp(0, 1).permute(1, 2, 0).cpu().float().numpy()
        cv2.imwrite(str(folder / "mouths.png"), np.round(255 * picture[..., ::-1]).astype(np.uint8))
        return {
            "warped": float(F.l1_loss(patches.warped, patches.real)),
            "refined": float(F.l1_loss(better, patches.real)),
        }


def mouths(pairs: Pairs, patch: int, most: int) -> Patches:
    """Patches around the mouths of at most so many pairs, evenly spread."""
    side = pairs.real.shape[-1]
    patch = min(patch, side)
    picked = torch.linspace(0, len(pairs.real) - 1, min(most, len(pairs.real))).long()
    corners = (pairs.mouths[picked].long() - patch // 2).clamp(0, side - patch)
    return cut(pairs, picked, corners, patch)


def cut(
    pairs: Pairs, picked: Tensor, corners: Tensor, patch: int, criticised: bool = False
) -> Patches:
    """picked: (B,) pairs; corners: (B, 2) column and row."""
    places = [(slice(None), slice(y, y + patch), slice(x, x + patch)) for x, y in corners.tolist()]
    chosen = list(zip(picked.tolist(), places, strict=True))
    return Patches(
        warped=torch.stack([pairs.warped[i][place] for i, place in chosen]).float() / 255,
        real=torch.stack([pairs.real[i][place] for i, place in chosen]).float() / 255,
        criticised=criticised,
    )


def _gradient_loss(a: Tensor, b: Tensor) -> Tensor:
    across = F.l1_loss(a.diff(dim=-1), b.diff(dim=-1))
    return across + F.l1_loss(a.diff(dim=-2), b.diff(dim=-2))


def _detail_loss(a: Tensor, b: Tensor) -> Tensor:
    """How strong edges are on average in every 8 x 8 pixels, compared."""

    def strength(picture: Tensor) -> Tensor:
        grey = picture.mean(dim=1, keepdim=True)
        across, down = grey.diff(dim=-1)[..., :-1, :], grey.diff(dim=-2)[..., :-1]
        return F.avg_pool2d(torch.sqrt(across**2 + down**2 + 1e-5), 8, stride=4)

    return F.l1_loss(strength(a), strength(b))
