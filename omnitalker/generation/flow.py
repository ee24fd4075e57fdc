"""From noise to data along the flow: time 0 = noise, 1 = data, velocity = data - noise.

Pure functions over a velocity callable. Legend: B items, T mel frames, F motion frames.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from omnitalker.base.errors import ConfigError

Schedule = Literal["uniform", "sway", "epss"]
Solver = Literal["euler", "midpoint"]


@dataclass(frozen=True)
class Signal:
    """A point of the flow in both branches, or a velocity there. None: that branch is not wanted."""

    mel: Tensor | None
    """(B, T, 100)."""
    motion: Tensor | None
    """(B, F, 61)."""

    def moved(self, velocity: Signal, step: float) -> Signal:
        return Signal(
            _moved(self.mel, velocity.mel, step), _moved(self.motion, velocity.motion, step)
        )


VelocityFunction = Callable[[Signal, float], Signal]
Progress = Callable[[int, int], None]

_EPSS_POINTS: dict[int, tuple[int, ...]] = {
    5: (0, 2, 4, 8, 16, 32),
    6: (0, 2, 4, 6, 8, 16, 32),
    7: (0, 2, 4, 6, 8, 16, 24, 32),
    10: (0, 2, 4, 6, 8, 12, 16, 20, 24, 28, 32),
    12: (0, 2, 4, 6, 8, 10, 12, 14, 16, 20, 24, 28, 32),
    16: (0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 24, 28, 32),
}
"""Empirically pruned steps of a 32-step run (arXiv 2505.19931), the values that F5-TTS uses."""


def times(steps: int, schedule: Schedule = "epss") -> Tensor:
    """(steps + 1,) float64 from 0 to 1.

    sway spends more of the steps near the noise, epss still more: its points, which exist for some
    numbers of steps (others are interpolated from the next larger), are swayed as well.
    """
    if steps < 1:
        raise ConfigError(f"steps is {steps}; sampling needs at least 1 (4 to 32 are usual).")
    even = torch.linspace(0, 1, steps + 1, dtype=torch.float64)
    if schedule == "uniform":
        return even
    if schedule == "sway":
        return _sway(even)
    if schedule == "epss":
        return _sway(_pruned(steps))
    raise ConfigError(f"schedule is {schedule!r}; choose uniform, sway or epss.")


def seeded_noise(seeds: Sequence[int], frames: int, channels: int) -> Tensor:
    """(B, frames, channels): item i depends on `seeds[i]` alone, not on its batch or the device."""
    rows = []
    for seed in seeds:
        generator = torch.Generator("cpu").manual_seed(seed)
        rows.append(torch.randn(frames, channels, generator=generator))
    return torch.stack(rows)


def sample(
    velocity: VelocityFunction,
    noise: Signal,
    schedule: Tensor,
    solver: Solver = "euler",
    progress: Progress | None = None,
) -> Signal:
    """Follow the velocity from `noise` through the times of `schedule`.

    euler costs one network pass a step, midpoint two.
    """
    if solver not in ("euler", "midpoint"):
        raise ConfigError(f"solver is {solver!r}; choose euler or midpoint.")
    points = [float(time) for time in schedule]
    total = len(points) - 1
    here = noise
    for index, (time, after) in enumerate(itertools.pairwise(points)):
        step = after - time
        slope = velocity(here, time)
        if solver == "midpoint":
            slope = velocity(here.moved(slope, step / 2), time + step / 2)
        here = here.moved(slope, step)
        if progress is not None:
            progress(index + 1, total)
    return here


def _sway(even: Tensor) -> Tensor:
    """Sway sampling with coefficient -1 (F5-TTS, arXiv 2410.06885)."""
    return even - (torch.cos(math.pi / 2 * even) - 1 + even)


def _pruned(steps: int) -> Tensor:
    larger = [count for count in _EPSS_POINTS if count >= steps]
    if not larger:
        return torch.linspace(0, 1, steps + 1, dtype=torch.float64)
    points = np.asarray(_EPSS_POINTS[min(larger)], dtype=np.float64) / 32
    at = np.linspace(0, len(points) - 1, steps + 1)
    return torch.from_numpy(np.interp(at, np.arange(len(points)), points))


def _moved(value: Tensor | None, velocity: Tensor | None, step: float) -> Tensor | None:
    if value is None or velocity is None:
        return value
    return value + step * velocity.to(value.dtype)
