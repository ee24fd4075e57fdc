from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from diffusers import FlowMatchEulerDiscreteScheduler

from omnitalker.base.errors import ConfigError
from omnitalker.generation.flow import Signal, sample, seeded_noise, times


@pytest.mark.parametrize("schedule", ["uniform", "sway", "epss"])
@pytest.mark.parametrize("steps", [1, 4, 5, 6, 8, 16, 17, 32])
def test_schedules_run_from_noise_to_data(schedule: str, steps: int) -> None:
    points = times(steps, schedule)
    assert len(points) == steps + 1
    assert points[0] == 0
    assert points[-1] == pytest.approx(1)
    assert (points.diff() > 0).all()


def test_schedules_are_the_published_ones() -> None:
    torch.testing.assert_close(times(4, "uniform"), torch.tensor([0, 0.25, 0.5, 0.75, 1]).double())
    assert times(4, "sway")[2].item() == pytest.approx(1 - math.cos(math.pi / 4))
    seven = np.array([0, 2, 4, 6, 8, 16, 24, 32]) / 32
    np.testing.assert_allclose(times(7, "epss").numpy(), 1 - np.cos(np.pi / 2 * seven), atol=1e-12)
    torch.testing.assert_close(times(32, "epss"), times(32, "sway"))


def test_unknown_names_are_errors_that_name_the_known() -> None:
    with pytest.raises(ConfigError, match="uniform, sway or epss"):
        times(4, "cosine")
    with pytest.raises(ConfigError, match="at least 1"):
        times(0)
    with pytest.raises(ConfigError, match="euler or midpoint"):
        sample(lambda s, t: s, Signal(torch.zeros(1, 1, 1), None), times(4), "heun")


def test_noise_of_an_item_does_not_depend_on_its_batch() -> None:
    together = seeded_noise([7, 8, 9], 30, 100)
    torch.testing.assert_close(seeded_noise([8], 30, 100)[0], together[1], rtol=0, atol=0)
    assert not torch.allclose(together[0], together[1])
    assert abs(float(together.std()) - 1) < 0.02


def test_straight_flow_arrives_in_one_step() -> None:
    noise, data = seeded_noise([0, 1], 15, 100), torch.randn(2, 15, 100)

    def velocity(signal: Signal, time: float) -> Signal:
        return Signal(data - noise, None)

    for steps in (1, 5):
        made = sample(velocity, Signal(noise, None), times(steps))
        torch.testing.assert_close(made.mel, data, atol=1e-5, rtol=1e-5)
        assert made.motion is None


def test_midpoint_is_of_second_order() -> None:
    """dx/dt = x: exact is e times the start."""

    def velocity(signal: Signal, time: float) -> Signal:
        return signal

    def error(solver: str, steps: int) -> float:
        start = Signal(torch.ones(1, 1, 1, dtype=torch.float64), None)
        return abs(sample(velocity, start, times(steps, "uniform"), solver).mel.item() - math.e)

    assert error("euler", 8) / error("euler", 16) == pytest.approx(2, rel=0.1)
    assert error("midpoint", 8) / error("midpoint", 16) == pytest.approx(4, rel=0.1)


@pytest.mark.parametrize("schedule", ["uniform", "sway", "epss"])
def test_euler_equals_the_scheduler_of_diffusers(schedule: str) -> None:
    """There sigma = 1 - time and the model predicts noise - data."""
    torch.manual_seed(0)
    mixing = torch.randn(100, 100) * 0.1
    noise, points = seeded_noise([3], 30, 100), times(6, schedule)

    def velocity(signal: Signal, time: float) -> Signal:
        return Signal(torch.tanh(signal.mel @ mixing) * (1 + time), None)

    ours = sample(velocity, Signal(noise, None), points).mel

    scheduler = FlowMatchEulerDiscreteScheduler()
    scheduler.set_timesteps(sigmas=(1 - points[:-1]).float().numpy())
    theirs = noise
    for moment, sigma in zip(scheduler.timesteps, scheduler.sigmas[:-1], strict=True):
        prediction = -velocity(Signal(theirs, None), 1 - float(sigma)).mel
        theirs = scheduler.step(prediction, moment, theirs).prev_sample
    torch.testing.assert_close(ours, theirs, atol=1e-5, rtol=1e-5)


def test_progress_counts_every_step() -> None:
    seen: list[tuple[int, int]] = []
    sample(
        lambda s, t: s,
        Signal(torch.zeros(1, 1, 1), None),
        times(5),
        progress=lambda done, total: seen.append((done, total)),
    )
    assert seen == [(i, 5) for i in range(1, 6)]
