"""Train a refiner on one clip: minutes on a CPU, measured on frames that neither it nor the warp has seen.

Afterwards it is measured how much softer or sharper mouths are than they should be, and as much fine detail is added
or taken away whenever the refiner is used.
"""

from __future__ import annotations

import json
import logging
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from omnitalker.base.errors import InputError
from omnitalker.base.types import Identity, ReferenceClip, TrackedFace
from omnitalker.media.reader import read_clip
from omnitalker.models.refiner import Refiner, build_refiner, fine_detail
from omnitalker.reference.identity import build_identity
from omnitalker.reference.identity_file import load_identity, save_identity
from omnitalker.reference.tracker import FaceTracker
from omnitalker.rendering.likeness import PictureFigures, compare_pictures, crop
from omnitalker.rendering.refined import RefinedRenderer
from omnitalker.rendering.warp import WarpRenderer
from omnitalker.training.recipe import Recipe
from omnitalker.training.recipes.refiner.data import Pairs, crossed_pairs, in_picture, pick
from omnitalker.training.recipes.refiner.task import RefinerConfig, RefinerTask, cut
from omnitalker.training.state import Progress

log = logging.getLogger(__name__)

FEWEST_FRAMES = 40
SPARED = 0.15
"""Share of the training pairs that the network does not see: mouths of them are shown during the training."""
MOUTH_PATCH = 80
"""Pixels of the square around the mouth whose sharpness is compared."""
CRISPEST = 0.6
"""Most fine detail that may be added: more rings. As much may be taken away."""
FORGIVEN = 1.2
"""How much sharper than the camera's a mouth may stay that the warp shows so: recording blurs many a frame."""


@dataclass(frozen=True)
class RefinerReport:
    """Plain warp against refined, on held-out frames."""

    warp: PictureFigures
    refined: PictureFigures
    steps: int
    seconds: float
    """Of training."""


class ClipTask(RefinerTask):
    """Learns from the first part of a clip; the rest of it is only measured on."""

    def __init__(
        self, config: RefinerConfig, refiner: Refiner, clip: ReferenceClip, face: TrackedFace
    ) -> None:
        self.clip, self.face = clip, face
        found = np.flatnonzero(face.found)
        border = round(len(found) * (1 - config.held_out))
        self.known, self.unseen = found[:border].tolist(), found[border:].tolist()
        self.pairs = crossed_pairs(clip, face, self.known, config.size)
        log.info("%d pairs of %d pixels", len(self.pairs.real), self.pairs.real.shape[-1])
        super().__init__(config, refiner, *parted(self.pairs, SPARED))


class RefinerRecipe(Recipe[RefinerConfig, Refiner]):
    """A run leaves `identity.safetensors`, with the refiner in it, and `report.json`."""

    settings = RefinerConfig

    def untrained(self, config: RefinerConfig) -> Refiner:
        return Refiner(config.width)

    def trained(self, path: Path) -> Refiner:
        weights = load_identity(path).refiner
        if weights is None:
            raise InputError(f"{path} has no refiner to begin with; leave out --init-from")
        return build_refiner({name: torch.from_numpy(value) for name, value in weights.items()})

    def task(self, config: RefinerConfig, network: Refiner, _run_dir: Path) -> ClipTask:
        clip = read_clip(config.clip)
        if len(clip.frames) < FEWEST_FRAMES:
            raise InputError(
                f"{config.clip} has {len(clip.frames)} frames; a refiner needs at least {FEWEST_FRAMES} of one person."
            )
        return ClipTask(config, network, clip, FaceTracker().track(clip.frames, clip.name))

    def leave(self, network: Refiner, task: ClipTask, run_dir: Path, progress: Progress) -> None:
        network.requires_grad_(False)
        network.crispness.fill_(crispness(network, task.pairs))
        size, clip, face = task.config.size, task.clip, task.face
        identity = build_identity(*pick(clip, face, task.known), size)
        weights = {name: value.numpy() for name, value in network.state_dict().items()}
        identity = replace(identity, refiner=weights)
        measured = [
            measure(renderer, identity, clip, face, task.unseen)
            for renderer in (WarpRenderer(identity, size), RefinedRenderer(identity, size))
        ]
        report = RefinerReport(*measured, steps=progress.step, seconds=progress.seconds)
        save_identity(identity, run_dir / "identity.safetensors")
        (run_dir / "report.json").write_text(json.dumps(asdict(report), indent=2))
        log.info("warp %s", report.warp)
        log.info("refined %s", report.refined)


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


def parted(pairs: Pairs, share: float) -> tuple[Pairs, Pairs]:
    """All but the last share of the pairs, and the last share (at least one)."""
    border = len(pairs.real) - max(1, round(share * len(pairs.real)))
    fields = (pairs.warped, pairs.real, pairs.mouths)
    return Pairs(*(part[:border] for part in fields)), Pairs(*(part[border:] for part in fields))


@torch.inference_mode()
def crispness(refiner: Refiner, pairs: Pairs) -> float:
    """How much fine detail to add for mouths to be as sharp as the camera's, in the middle of the pairs.

    Where the warp's are sharper than that they may stay so up to `FORGIVEN` times.
    """
    patch = min(MOUTH_PATCH, pairs.real.shape[-1])
    corners = (pairs.mouths.long() - patch // 2).clamp(0, pairs.real.shape[-1] - patch)
    patches = cut(pairs, torch.arange(len(pairs.real)), corners, patch)
    wholes = (refiner(picture[None].float() / 255)[0] for picture in pairs.warped)
    made = torch.stack(
        [
            whole[:, y : y + patch, x : x + patch]
            for whole, (x, y) in zip(wholes, corners.tolist(), strict=True)
        ]
    )
    seen, shown = sharpness(patches.real), sharpness(patches.warped)
    goal = torch.maximum(seen, torch.minimum(shown, FORGIVEN * seen)).clamp(min=1e-9)
    detail = fine_detail(made)
    amounts = torch.linspace(-CRISPEST, CRISPEST, 49).tolist()
    excess = [float((sharpness(made + k * detail) / goal).median()) for k in amounts]
    return amounts[int(np.argmin(np.abs(np.log(np.maximum(excess, 1e-9)))))]


def sharpness(pictures: Tensor) -> Tensor:
    """(B, 3, H, W) -> (B,) variance of the Laplacian, as the report measures it."""
    kernel = torch.tensor([[0.0, 1.0, 0.0], [1.0, -4.0, 1.0], [0.0, 1.0, 0.0]])
    grey = pictures.mean(dim=1, keepdim=True)
    return F.conv2d(grey, kernel[None, None]).var(dim=(1, 2, 3))


RECIPE = RefinerRecipe()
