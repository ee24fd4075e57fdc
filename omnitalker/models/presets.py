"""Models from the YAML files in `omnitalker/data/model`: a section per network, the keys of its `__init__`."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from omnitalker.base.config import read_yaml, unknown_choice
from omnitalker.base.errors import ConfigError
from omnitalker.models.dit import DualBranchDiT
from omnitalker.models.duration import DurationModel
from omnitalker.models.prosody import ProsodyModel

_SECTIONS = ("dit", "duration", "prosody")


def build_dit(path: str | Path, statistics: Mapping[str, Any] | None = None) -> DualBranchDiT:
    """The untrained network of a preset; `statistics` are the corpus's mel_mean, motion_std, ..."""
    values = _section(path, "dit", inspect.signature(DualBranchDiT.__init__).parameters)
    return DualBranchDiT(**{**values, **(statistics or {})})


def build_duration(path: str | Path, statistics: Mapping[str, Any] | None = None) -> DurationModel:
    values = _section(path, "duration", inspect.signature(DurationModel.__init__).parameters)
    return DurationModel(**{**values, **(statistics or {})})


def build_prosody(path: str | Path) -> ProsodyModel:
    values = _section(path, "prosody", inspect.signature(ProsodyModel.__init__).parameters)
    return ProsodyModel(**values)


def _section(path: str | Path, name: str, known: Iterable[str]) -> dict[str, Any]:
    sections = read_yaml(path)
    for section in sections:
        if section not in _SECTIONS:
            raise ConfigError(unknown_choice(f"{path}: section", section, _SECTIONS))
    values = sections.get(name, {})
    if not isinstance(values, dict):
        raise ConfigError(f"{path}: {name} must hold 'key: value' lines, got {values!r}")
    valid = [key for key in known if key != "self"]
    for key in values:
        if key not in valid:
            raise ConfigError(unknown_choice(f"{path}: {name}", key, valid))
    return values
