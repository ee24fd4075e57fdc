"""A new form of the transformer that begins with what an older one knows."""

from __future__ import annotations

import logging
from dataclasses import asdict
from pathlib import Path

import torch
from torch import Tensor

from omnitalker.models.dit import DualBranchDiT
from omnitalker.models.presets import build_dit
from omnitalker.training.recipes.dit.batching import Statistics

log = logging.getLogger(__name__)


def grown(preset: str | Path, old: DualBranchDiT) -> DualBranchDiT:
    """The network of `preset` with the weights of `old` wherever they fit; the rest starts afresh.

    A mel branch that answers in two parts takes the old answer for the first; a block that has lost its
    attention keeps the modulation of its feed-forward.
    """
    new = build_dit(preset, asdict(Statistics(*old.mel_statistics, *old.motion_statistics)))
    fresh = new.state_dict()
    known = {
        name: fitted
        for name, value in old.state_dict().items()
        if name in fresh and (fitted := _fitted(name, value, fresh[name])) is not None
    }
    new.load_state_dict({**fresh, **known})
    log.info("%d of %d tensors come from the older network", len(known), len(fresh))
    return new


def _fitted(name: str, old: Tensor, new: Tensor) -> Tensor | None:
    """The old weights in the new shape; None where they do not fit."""
    if old.shape == new.shape:
        return old
    if old.shape[1:] != new.shape[1:]:
        return None
    if name.startswith("mel_out.linear") and len(new) == 2 * len(old):
        return torch.cat([old, torch.zeros_like(old)])
    if ".adaln." in name and len(old) == 2 * len(new):
        return old[len(new) :]
    return None
