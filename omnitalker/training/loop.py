"""The one training loop. A task brings the model, the batches and the loss; the loop does the rest.

Every batch and every random number of step s comes from (seed, s), so a run that was killed and resumed
sees exactly what it would have seen. With `max_minutes` the learning rate follows the clock instead of the
steps, and the run ends on time.
"""

from __future__ import annotations

import json
import logging
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.utils import clip_grad_norm_

from omnitalker.base.files import AtomicFile
from omnitalker.training.ema import Ema
from omnitalker.training.state import Progress, check_resumable, load_state, save_state

log = logging.getLogger(__name__)
Precision = Literal["no", "bf16", "fp16"]


@dataclass(frozen=True)
class LoopConfig:
    steps: int = 100_000
    max_minutes: float | None = None
    """Training time over all sittings; the learning rate then falls by the clock."""
    learning_rate: float = 1e-3
    weight_decay: float = 0.01
    betas: tuple[float, float] = (0.9, 0.98)
    """AdamW's."""
    warmup_steps: int = 100
    clip: float = 1.0
    """Largest gradient norm."""
    accumulate: int = 1
    """Micro-batches per optimiser step."""
    ema_decay: float = 0.998
    precision: Precision = "bf16"
    seed: int = 0
    log_steps: int = 10
    validate_steps: int = 500
    checkpoint_minutes: float = 5.0


@dataclass(frozen=True)
class BatchRng:
    """The randomness of one micro-batch."""

    numpy: np.random.Generator
    torch: torch.Generator
    step: int = 0
    """Optimiser steps done before."""
    done: float = 0.0
    """Share of the training that is over."""

    @classmethod
    def fixed(cls, index: int) -> BatchRng:
        """That of the validation's batch `index`, the same at any step."""
        return cls(np.random.default_rng([1, index]), torch.Generator().manual_seed(index))


class Task(ABC):
    """What is trained."""

    model: nn.Module
    """All that learns. Must not keep state between calls."""

    @property
    def shipped(self) -> nn.Module:
        """The part that is averaged, validated and exported; the rest, such as a critic, only teaches it."""
        return self.model

    @abstractmethod
    def batch(self, dice: BatchRng, /) -> Any:
        """The next micro-batch, on the CPU; decided by `dice` alone."""

    @abstractmethod
    def losses(self, model: nn.Module, batch: Any, /) -> Mapping[str, Tensor]:
        """Scalars; the one named `loss` is minimised. `model` is called once: several processes need that."""

    @abstractmethod
    def validate(self, directory: Path, step: int, /) -> Mapping[str, float]:
        """Figures on held-out data with the averaged weights; may leave samples in `directory`."""

    def learning_rate(self, config: LoopConfig, step: int, done: float) -> float:
        return learning_rate(config, step, done)


def run(
    task: Task, config: LoopConfig, run_dir: Path, *, resume: bool = False, start: int = 0
) -> Progress:
    """Train until `steps` or `max_minutes` are done. A new run begins at step `start`."""
    from accelerate import Accelerator, DistributedDataParallelKwargs
    from accelerate.state import AcceleratorState

    if resume:
        check_resumable(run_dir)
    run_dir.mkdir(parents=True, exist_ok=True)
    AcceleratorState._reset_state()  # an earlier run of this process may have had another precision
    accelerator = Accelerator(
        mixed_precision=config.precision,
        kwargs_handlers=[DistributedDataParallelKwargs(find_unused_parameters=True)],
    )
    task.model.to(accelerator.device).train()
    optimizer = _optimizer(task.model, config)
    ema = Ema(task.shipped, config.ema_decay)
    progress = load_state(run_dir, task.model, ema, optimizer) if resume else Progress(start)
    model = accelerator.prepare_model(task.model)
    TrainingRun(task, config, run_dir, accelerator, model, optimizer, ema, progress).train()
    return progress


def is_main_process() -> bool:
    """Whether this process writes what a run leaves behind."""
    from accelerate import PartialState

    return PartialState().is_main_process


@dataclass
class TrainingRun:
    """One process's run through the loop, from start or resume to the end."""

    task: Task
    config: LoopConfig
    run_dir: Path
    accelerator: Any
    model: nn.Module
    optimizer: torch.optim.Optimizer
    ema: Ema
    progress: Progress

    def train(self) -> None:
        board = self._board()
        self.first_step, self.first_second = self.progress.step, self.progress.seconds
        saved_at = time.monotonic()
        figures: dict[str, float] = {}
        while (done := self._done()) < 1:
            begun = time.monotonic()
            figures = self._step(done)
            self.progress.step += 1
            self.progress.seconds += time.monotonic() - begun
            if self.progress.step % self.config.log_steps == 0:
                self._report(board, figures)
            if self.progress.step % self.config.validate_steps == 0:
                self._validate(board)
            if time.monotonic() - saved_at > 60 * self.config.checkpoint_minutes:
                self._save()
                saved_at = time.monotonic()
        if self.progress.step % self.config.log_steps:
            self._report(board, figures)
        self._validate(board)
        self._save()
        self.accelerator.wait_for_everyone()
        if board is not None:
            board.close()

    def _step(self, done: float) -> dict[str, float]:
        rate = self.task.learning_rate(self.config, self.progress.step, done)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        totals: dict[str, float] = {}
        for micro in range(self.config.accumulate):
            last = micro + 1 == self.config.accumulate
            batch = self.task.batch(self._dice(micro, done))
            with self.accelerator.autocast(), _no_sync(self.model, not last):
                losses = self.task.losses(self.model, batch)
                self.accelerator.backward(losses["loss"] / self.config.accumulate)
            for name, value in losses.items():
                totals[name] = totals.get(name, 0) + float(value.detach()) / self.config.accumulate
        norm = self._descend()
        self.ema.update(self.task.shipped, self.progress.step)
        return {**totals, "gradient_norm": norm, "learning_rate": rate}

    def _descend(self) -> float:
        """One step of the optimiser if the gradient is finite; returns the norm of what ships."""
        scaler = self.accelerator.scaler
        if scaler is not None:
            scaler.unscale_(self.optimizer)
        shipped = list(self.task.shipped.parameters())
        ids = {id(p) for p in shipped}
        others = [p for p in self.task.model.parameters() if id(p) not in ids]
        norms = [clip_grad_norm_(part, self.config.clip) for part in (shipped, others)]
        if all(torch.isfinite(norm) for norm in norms):
            self.optimizer.step()
        else:
            log.warning("step %d: the gradient is not finite; skipped", self.progress.step)
        if scaler is not None:
            scaler.update()
        self.optimizer.zero_grad(set_to_none=True)
        return float(norms[0])

    def _dice(self, micro: int, done: float) -> BatchRng:
        key = [self.config.seed, self.progress.step, micro, self.accelerator.process_index]
        numpy = np.random.default_rng(key)
        generator = torch.Generator().manual_seed(int(numpy.integers(2**62)))
        return BatchRng(numpy, generator, self.progress.step, done)

    def _own_done(self) -> float:
        """0 at the start, 1 at the end, by this process's clock."""
        done = self.progress.step / self.config.steps
        if self.config.max_minutes is not None:
            done = max(done, self.progress.seconds / 60 / self.config.max_minutes)
        return min(1.0, done)

    def _done(self) -> float:
        """All processes agree, the first one's clock counts."""
        done = self._own_done()
        if self.accelerator.num_processes > 1:
            from accelerate.utils import broadcast

            done = float(broadcast(torch.tensor(done, device=self.accelerator.device)))
        return done

    def _report(self, board: Any, figures: Mapping[str, float]) -> None:
        if not self.accelerator.is_main_process:
            return
        step, seconds, done = self.progress.step, self.progress.seconds, self._own_done()
        pace = (seconds - self.first_second) / max(1, step - self.first_step)
        parts = " ".join(f"{name} {value:.4g}" for name, value in figures.items())
        log.info("%5.1f %% step %d, %.2f s/step: %s", 100 * done, step, pace, parts)
        for name, value in figures.items():
            board.add_scalar(f"train/{name}", value, step)
        state = {"done": round(done, 4), "step": step, "minutes": round(seconds / 60, 2), **figures}
        with AtomicFile(self.run_dir / "progress.json") as temporary:
            temporary.write_text(json.dumps(state, indent=1))

    def _validate(self, board: Any) -> None:
        if self.accelerator.is_main_process:
            self.task.model.eval()
            with self.ema.applied(self.task.shipped), torch.no_grad(), self.accelerator.autocast():
                figures = self.task.validate(self.run_dir / "samples", self.progress.step)
            self.task.model.train()
            for name, value in figures.items():
                board.add_scalar(f"valid/{name}", value, self.progress.step)
            parts = " ".join(f"{name} {value:.4g}" for name, value in figures.items())
            log.info("validation at step %d: %s", self.progress.step, parts)
        self.accelerator.wait_for_everyone()

    def _save(self) -> None:
        if self.accelerator.is_main_process:
            save_state(self.run_dir, self.task.model, self.ema, self.optimizer, self.progress)

    def _board(self) -> Any:
        if not self.accelerator.is_main_process:
            return None
        from torch.utils.tensorboard import SummaryWriter

        return SummaryWriter(str(self.run_dir / "tensorboard"))


def learning_rate(config: LoopConfig, step: int, done: float) -> float:
    """Linear warm-up, then linear to nothing at the end."""
    warm = min(1.0, (step + 1) / max(1, config.warmup_steps))
    return config.learning_rate * warm * max(0.0, 1 - done)


def _optimizer(model: nn.Module, config: LoopConfig) -> torch.optim.Optimizer:
    """AdamW; only matrices decay."""
    matrices = [p for p in model.parameters() if p.ndim >= 2]
    others = [p for p in model.parameters() if p.ndim < 2]
    groups = [
        {"params": matrices, "weight_decay": config.weight_decay},
        {"params": others, "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=config.learning_rate, betas=config.betas, fused=True)


def _no_sync(model: nn.Module, wanted: bool) -> Any:
    if wanted and hasattr(model, "no_sync"):
        return model.no_sync()
    return nullcontext()
