"""Batches go where the network is."""

from __future__ import annotations

from dataclasses import is_dataclass, replace
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

T = TypeVar("T")


def moved(value: T, model: nn.Module) -> T:
    """`value` with all its tensors on the device of `model`; dataclasses and lists are looked through."""
    return _moved(value, next(model.parameters()).device)


def _moved(value: Any, device: torch.device) -> Any:
    if isinstance(value, Tensor):
        return value.to(device)
    if isinstance(value, list):
        return [_moved(item, device) for item in value]
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{name: _moved(item, device) for name, item in vars(value).items()})
    return value


def full_precision(of: Tensor) -> torch.autocast:
    """A context in which autocast is off: for spectra and their logarithms."""
    return torch.autocast(of.device.type, enabled=False)
