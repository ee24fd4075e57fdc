"""A training run on disk: one safetensors file, replaced whole or not at all."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from omnitalker.base.errors import InputError, WeightsError
from omnitalker.training.ema import Ema

STATE_FILE = "state.safetensors"


@dataclass
class Progress:
    step: int = 0
    """Optimiser steps done."""
    seconds: float = 0.0
    """Time spent in them, over all sittings."""


def check_resumable(run_dir: Path) -> None:
    if not (run_dir / STATE_FILE).is_file():
        raise InputError(f"nothing to resume: {run_dir / STATE_FILE} does not exist.")


def read_sizes(run_dir: Path) -> dict[str, Any]:
    """The configuration of a run's model, without where the weights it began from lay."""
    stored = json.loads((run_dir / "model" / "config.json").read_text(encoding="utf-8"))
    return {name: value for name, value in stored.items() if not name.startswith("_")}


def save_state(
    run_dir: Path, model: nn.Module, ema: Ema, optimizer: torch.optim.Optimizer, progress: Progress
) -> None:
    """Weights and buffers, the average, Adam's moments and how far it got."""
    from safetensors.torch import save_file

    tensors = {f"model/{name}": p.detach() for name, p in model.named_parameters()}
    tensors |= {f"buffer/{name}": buffer for name, buffer in _buffers(model)}
    tensors |= {f"ema/{name}": value for name, value in ema.state().items()}
    for name, parameter in model.named_parameters():
        for key, value in optimizer.state.get(parameter, {}).items():
            tensors[f"adam/{name}/{key}"] = value
    partial = run_dir / f".{STATE_FILE}.partial"
    packed = {name: value.contiguous().cpu() for name, value in tensors.items()}
    save_file(packed, partial, {"progress": json.dumps(asdict(progress))})
    os.replace(partial, run_dir / STATE_FILE)


def load_state(
    run_dir: Path, model: nn.Module, ema: Ema, optimizer: torch.optim.Optimizer
) -> Progress:
    """Everything as it was when `save_state` wrote it. `model` is where it will be trained."""
    from safetensors import safe_open

    path = run_dir / STATE_FILE
    with safe_open(path, framework="pt") as file:  # type: ignore[no-untyped-call]
        progress = Progress(**json.loads(file.metadata()["progress"]))
        tensors: dict[str, Tensor] = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    _copy_parameters(model, tensors, "model/", path)
    for name, buffer in _buffers(model):
        buffer.copy_(tensors.get(f"buffer/{name}", buffer))
    ema.load({name[4:]: value for name, value in tensors.items() if name.startswith("ema/")})
    for name, parameter in model.named_parameters():
        prefix = f"adam/{name}/"
        found = {k[len(prefix) :]: v for k, v in tensors.items() if k.startswith(prefix)}
        if found:
            optimizer.state[parameter] = {k: v.to(parameter.device) for k, v in found.items()}
    return progress


def load_average(run_dir: Path, model: nn.Module) -> Progress:
    """Fill `model`, the part that ships, with a run's averaged weights: for export, also while it trains."""
    from safetensors import safe_open

    path = run_dir / STATE_FILE
    if not path.is_file():
        raise WeightsError(f"{run_dir} holds no training state ({STATE_FILE}); check the path.")
    with safe_open(path, framework="pt") as file:  # type: ignore[no-untyped-call]
        progress = Progress(**json.loads(file.metadata()["progress"]))
        names = [name for name in file.keys() if name.startswith("ema/")]  # noqa: SIM118
        tensors = {name: file.get_tensor(name) for name in names}
    _copy_parameters(model, tensors, "ema/", path)
    return progress


def _buffers(model: nn.Module) -> list[tuple[str, Tensor]]:
    """Those that belong to its state, as spectral normalisation's do."""
    kept = model.state_dict().keys()
    return [(name, buffer) for name, buffer in model.named_buffers() if name in kept]


@torch.no_grad()
def _copy_parameters(model: nn.Module, tensors: dict[str, Tensor], prefix: str, path: Path) -> None:
    for name, parameter in model.named_parameters():
        value = tensors.get(prefix + name)
        if value is None or value.shape != parameter.shape:
            raise WeightsError(
                f"{path} does not fit this model: {name} should be {tuple(parameter.shape)}, "
                f"found {None if value is None else tuple(value.shape)}. Use the run's own model config."
            )
        parameter.copy_(value)
