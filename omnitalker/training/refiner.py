"""Train a refiner on one clip: minutes on a CPU, measured on frames that neither it nor the warp has seen.

L1 on pixels and their gradients from the start; halfway a critic joins, whose features measure likeness and whose
verdict asks for detail. Afterwards it is measured how much softer mouths are than the camera's, and as much fine
detail is added whenever the refiner is used.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from omnitalker.config import load_config
from omnitalker.errors import InputError
from omnitalker.evaluation.face import crop
from omnitalker.evaluation.face_figures import PictureFigures, compare_pictures
from omnitalker.media.reader import read_clip
from omnitalker.models.refiner import PatchCritic, Refiner, build_refiner, fine_detail
from omnitalker.reference.identity import build_identity
from omnitalker.reference.identity_file import load_identity, save_identity
from omnitalker.reference.tracker import FaceTracker
from omnitalker.rendering.refined import RefinedRenderer
from omnitalker.rendering.warp import WarpRenderer
from omnitalker.training.refiner_data import Pairs, crossed_pairs, in_picture, pick
from omnitalker.types import Identity, ReferenceClip, TrackedFace

log = logging.getLogger(__name__)

FEWEST_FRAMES = 40
SPARED = 0.15
"""Share of the training pairs that the network does not see: what it makes of them says how soft it is."""
MOUTH_PATCH = 80
"""Pixels of the square around the mouth whose sharpness is compared."""
MOUTHS = 24
CRISPEST = 0.6
"""Most fine detail that may be added: more rings."""


@dataclass(frozen=True)
class RefinerConfig:
    clip: Path
    size: int = 512
    held_out: float = 0.25
    """Share of the clip, at its end, that is only measured on."""
    steps: int = 1500
    max_minutes: float = 8.0
    batch: int = 4
    patch: int = 96
    mouth_share: float = 0.5
    """Patches around the mouth; the rest are anywhere on the face."""
    width: int = 24
    learning_rate: float = 1e-3
    gradient_weight: float = 0.2
    detail_weight: float = 0.6
    """Weight of having as much detail as the camera saw, wherever exactly it lies: L1 alone would blur."""
    feature_weight: float = 0.3
    critic_weight: float = 0.01
    critic_from: float = 0.4
    """Share of the training after which the critic joins."""
    seed: int = 0


@dataclass(frozen=True)
class RefinerReport:
    """Plain warp against refined, on held-out frames."""

    warp: PictureFigures
    refined: PictureFigures
    steps: int
    seconds: float


def train(
    config: str | Path,
    *,
    run_dir: Path,
    resume: bool = False,
    init_from: Path | None = None,
    overrides: Iterable[str] = (),
) -> RefinerReport:
    """Writes `identity.safetensors` (with the refiner in it) and `report.json` to `run_dir`."""
    settings = load_config(RefinerConfig, config, overrides)
    clip = read_clip(settings.clip)
    if len(clip.frames) < FEWEST_FRAMES:
        raise InputError(
            f"{settings.clip} has {len(clip.frames)} frames; a refiner needs at least {FEWEST_FRAMES} of one person."
        )
    face = FaceTracker().track(clip.frames, clip.name)
    path = run_dir / "identity.safetensors"
    start = path if resume and path.exists() else init_from
    identity, report = train_on(
        clip, face, settings, None if start is None else load_identity(start)
    )
    save_identity(identity, path)
    (run_dir / "report.json").write_text(json.dumps(asdict(report), indent=2))
    log.info("warp %s", report.warp)
    log.info("refined %s", report.refined)
    return report


def train_on(
    clip: ReferenceClip, face: TrackedFace, config: RefinerConfig, before: Identity | None = None
) -> tuple[Identity, RefinerReport]:
    """The identity of the clip's first part, with its refiner, and how it does on the rest."""
    found = np.flatnonzero(face.found)
    border = round(len(found) * (1 - config.held_out))
    known, unseen = found[:border].tolist(), found[border:].tolist()
    torch.manual_seed(config.seed)
    refiner = Refiner(config.width)
    if before is not None and before.refiner is not None:
        refiner = build_refiner({k: torch.from_numpy(v) for k, v in before.refiner.items()})
    began = time.monotonic()
    pairs = crossed_pairs(clip, face, known, config.size)
    log.info("%d pairs of %d pixels", len(pairs.motion), pairs.real.shape[-1])
    learned, spared = parted(pairs, SPARED)
    steps = fit(refiner, learned, config)
    refiner.crispness.fill_(crispness(refiner, spared))
    identity = build_identity(*pick(clip, face, known), config.size)
    weights = {name: value.numpy() for name, value in refiner.state_dict().items()}
    identity = replace(identity, refiner=weights)
    measured = [
        measure(renderer, identity, clip, face, unseen)
        for renderer in (
            WarpRenderer(identity, config.size),
            RefinedRenderer(identity, config.size),
        )
    ]
    return identity, RefinerReport(*measured, steps=steps, seconds=time.monotonic() - began)


def measure(
    renderer: WarpRenderer | RefinedRenderer,
    identity: Identity,
    clip: ReferenceClip,
    face: TrackedFace,
    indices: list[int],
) -> PictureFigures:
    shown = [renderer.frame(face.motion.values[index]) for index in indices]
    there = [crop(clip.frames[index], identity.framing, identity.size) for index in indices]
    return compare_pictures(shown, there, in_picture(identity, face.landmarks[indices]))


def fit(refiner: Refiner, pairs: Pairs, config: RefinerConfig) -> int:
    """Train in place; returns the steps that fitted into the time."""
    critic = PatchCritic()
    optimiser = torch.optim.AdamW(refiner.parameters(), config.learning_rate, weight_decay=1e-3)
    rival = torch.optim.AdamW(critic.parameters(), config.learning_rate, betas=(0.5, 0.99))
    average = {name: value.clone() for name, value in refiner.state_dict().items()}
    dice = torch.Generator().manual_seed(config.seed)
    deadline = time.monotonic() + 60 * config.max_minutes
    began = time.monotonic()
    step = 0
    refiner.train().requires_grad_(True)
    while step < config.steps and time.monotonic() < deadline:
        spent = (time.monotonic() - began) / (60 * config.max_minutes)
        progress = max(step / config.steps, spent)
        for group in optimiser.param_groups:
            group["lr"] = config.learning_rate * (1 - 0.95 * progress)
        warped, real, motion = _patches(pairs, config, dice)
        better = refiner(warped, motion)
        loss = F.l1_loss(better, real)
        loss = loss + config.gradient_weight * _gradient_loss(better, real)
        loss = loss + config.detail_weight * _detail_loss(better, real)
        if progress >= config.critic_from:
            loss = loss + _criticised(critic, rival, better, real, config)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(refiner.parameters(), 1.0)
        optimiser.step()
        step += 1
        with torch.no_grad():
            decay = min(0.98, step / (step + 10))
            for name, value in refiner.state_dict().items():
                average[name].lerp_(value, 1 - decay)
        if step % 100 == 0:
            log.info("step %d loss %.4f", step, loss.item())
    refiner.load_state_dict(average)
    refiner.eval().requires_grad_(False)
    return step


def parted(pairs: Pairs, share: float) -> tuple[Pairs, Pairs]:
    """All but the last share of the pairs, and the last share (at least one)."""
    border = len(pairs.motion) - max(1, round(share * len(pairs.motion)))
    fields = (pairs.warped, pairs.real, pairs.motion, pairs.mouths)
    return Pairs(*(part[:border] for part in fields)), Pairs(*(part[border:] for part in fields))


@torch.inference_mode()
def crispness(refiner: Refiner, pairs: Pairs) -> float:
    """How much fine detail must be added for mouths to be as sharp as the camera's, on average over the pairs."""
    patch = min(MOUTH_PATCH, pairs.real.shape[-1])
    picked = torch.linspace(0, len(pairs.motion) - 1, min(MOUTHS, len(pairs.motion))).long()
    made, wanted = [], []
    for index in picked.tolist():
        x, y = (pairs.mouths[index].long() - patch // 2).clamp(0, pairs.real.shape[-1] - patch)
        place = np.s_[:, y : y + patch, x : x + patch]
        whole = refiner(pairs.warped[index : index + 1].float() / 255, pairs.motion[[index]])
        made.append(whole[0][place])
        wanted.append(pairs.real[index][place].float() / 255)
    goal, mouths = _sharpness(torch.stack(wanted)), torch.stack(made)
    detail = fine_detail(mouths)
    amounts = torch.linspace(0, CRISPEST, 25).tolist()
    return min(amounts, key=lambda k: abs(_sharpness(mouths + k * detail) - goal))


def _sharpness(pictures: Tensor) -> float:
    """Median over pictures (B, 3, H, W) of the variance of the Laplacian, as the report measures it."""
    kernel = torch.tensor([[0.0, 1.0, 0.0], [1.0, -4.0, 1.0], [0.0, 1.0, 0.0]])
    grey = pictures.mean(dim=1, keepdim=True)
    return float(F.conv2d(grey, kernel[None, None]).var(dim=(1, 2, 3)).median())


def _patches(
    pairs: Pairs, config: RefinerConfig, dice: torch.Generator
) -> tuple[Tensor, Tensor, Tensor]:
    """A batch of patches: warped and real (B, 3, P, P) in 0..1, motion (B, 61)."""
    side = pairs.real.shape[-1]
    patch = min(config.patch, side)
    picked = torch.randint(len(pairs.motion), (config.batch,), generator=dice)
    corners = torch.randint(side - patch + 1, (config.batch, 2), generator=dice)
    jitter = torch.randint(-patch // 6, patch // 6 + 1, (config.batch, 2), generator=dice)
    at_mouth = torch.rand(config.batch, generator=dice) < config.mouth_share
    around = (pairs.mouths[picked].long() - patch // 2 + jitter).clamp(0, side - patch)
    corners = torch.where(at_mouth[:, None], around, corners)
    cut = [(slice(None), slice(y, y + patch), slice(x, x + patch)) for x, y in corners.tolist()]
    warped = torch.stack([pairs.warped[i][c] for i, c in zip(picked, cut, strict=True)])
    real = torch.stack([pairs.real[i][c] for i, c in zip(picked, cut, strict=True)])
    return warped.float() / 255, real.float() / 255, pairs.motion[picked]


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


def _criticised(
    critic: PatchCritic,
    rival: torch.optim.Optimizer,
    better: Tensor,
    real: Tensor,
    config: RefinerConfig,
) -> Tensor:
    """Teach the critic one step, then say what it holds against `better`."""
    verdict_real, _ = critic(real)
    verdict_made, _ = critic(better.detach())
    hinge = F.relu(1 - verdict_real).mean() + F.relu(1 + verdict_made).mean()
    rival.zero_grad(set_to_none=True)
    hinge.backward()
    rival.step()
    verdict, made = critic(better)
    with torch.no_grad():
        _, wanted = critic(real)
    likeness = sum((F.l1_loss(a, b) for a, b in zip(made, wanted, strict=True)), torch.zeros(()))
    return config.feature_weight * likeness - config.critic_weight * verdict.mean()
