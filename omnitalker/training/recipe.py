"""What differs between one network's training and another's; the runner does what does not."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any, Generic, TypeVar

import torch
from torch import nn

from omnitalker.models.checkpoint import NETWORKS
from omnitalker.models.pretrained import CONFIG, Pretrained
from omnitalker.training.loop import Task
from omnitalker.training.state import Progress, read_sizes

C = TypeVar("C")
"""The settings, which hold a `LoopConfig` named `loop`."""
N = TypeVar("N", bound=nn.Module)
"""The network."""


class Recipe(ABC, Generic[C, N]):
    """How one network is begun, taught and left behind."""

    settings: type[C]

    @abstractmethod
    def untrained(self, config: C, /) -> N: ...

    @abstractmethod
    def trained(self, path: Path, /) -> N:
        """What an earlier training left at `path`, to begin with."""

    @abstractmethod
    def task(self, config: C, network: N, run_dir: Path, /) -> Task: ...

    @abstractmethod
    def leave(self, network: N, task: Any, run_dir: Path, progress: Progress, /) -> None:
        """Write what was learnt; `network` has the averaged weights."""

    def resumed(self, config: C, _run_dir: Path, /) -> N:
        """A network for the weights of a run that was cut off."""
        return self.untrained(config)

    def begun(self, _network: N, _run_dir: Path, /) -> None:
        """Keep what `resumed` needs to know."""

    def first_step(self, _config: C, /) -> int:
        """Where a run begins that has the weights of another."""
        return 0


class PartRecipe(Recipe[C, N]):
    """That of a checkpoint's part: a run keeps its sizes in `model` and leaves a folder named after the part."""

    part: str
    dtype: torch.dtype = torch.float16
    """As which the weights are left."""

    @property
    def kind(self) -> type[Pretrained]:
        return NETWORKS[self.part]

    def trained(self, path: Path, /) -> N:
        return self.kind.from_pretrained(path)  # type: ignore[return-value]

    def described(self, run_dir: Path, /) -> N:
        """The network that a run trains, with fresh weights."""
        return self.kind.from_config(read_sizes(run_dir))  # type: ignore[return-value]

    def resumed(self, config: C, run_dir: Path, /) -> N:
        has_sizes = (run_dir / "model" / CONFIG).is_file()
        return self.described(run_dir) if has_sizes else self.untrained(config)

    def begun(self, network: N, run_dir: Path, /) -> None:
        network.save_config(run_dir / "model")  # type: ignore[operator]

    def shipped(self, network: N, /) -> nn.Module:
        """What of it is averaged: `Task.shipped`."""
        return network

    def leave(self, network: N, _task: Any, run_dir: Path, _progress: Progress, /) -> None:
        network.to(self.dtype).save_pretrained(run_dir / self.part)  # type: ignore[operator]
