from __future__ import annotations

from pathlib import Path

import pytest
import torch

from omnitalker.errors import InputError, WeightsError
from omnitalker.training.ema import Ema
from omnitalker.training.loop import LoopConfig, learning_rate, run
from omnitalker.training.state import Progress, load_average, load_state, save_state


def test_learning_rate_warms_up_and_ends_at_nothing() -> None:
    config = LoopConfig(learning_rate=1.0, warmup_steps=10)
    assert learning_rate(config, 0, 0.0) == pytest.approx(0.1)
    assert learning_rate(config, 50, 0.5) == pytest.approx(0.5)
    assert learning_rate(config, 1000, 1.0) == 0


def test_average_follows_and_can_be_put_on_and_off() -> None:
    model = torch.nn.Linear(2, 2)
    start = model.weight.detach().clone()
    ema = Ema(model, 0.9)
    with torch.no_grad():
        model.weight.add_(1)
    ema.update(model, step=10_000)
    with ema.applied(model):
        torch.testing.assert_close(model.weight.detach(), start + 0.1)
    torch.testing.assert_close(model.weight.detach(), start + 1)


def test_state_comes_back_whole(tmp_path: Path) -> None:
    torch.manual_seed(0)
    model = torch.nn.Linear(3, 2)
    optimizer = torch.optim.AdamW(model.parameters())
    ema = Ema(model, 0.5)
    model(torch.randn(4, 3)).sum().backward()
    optimizer.step()
    ema.update(model, 5)
    save_state(tmp_path, model, ema, optimizer, Progress(7, 1.5))

    other = torch.nn.Linear(3, 2)
    others = torch.optim.AdamW(other.parameters())
    average = Ema(other, 0.5)
    assert load_state(tmp_path, other, average, others) == Progress(7, 1.5)
    torch.testing.assert_close(other.weight, model.weight)
    torch.testing.assert_close(average.values, ema.values)
    for mine, theirs in zip(model.parameters(), other.parameters(), strict=True):
        torch.testing.assert_close(optimizer.state[mine], others.state[theirs])
    load_average(tmp_path, other)
    torch.testing.assert_close(other.weight.detach(), ema.values[0])
    with pytest.raises(WeightsError, match="weight should be"):
        load_average(tmp_path, torch.nn.Linear(3, 5))
    with pytest.raises(WeightsError, match="no training state"):
        load_average(tmp_path / "none", other)


def test_resuming_nothing_is_explained(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nothing to resume"):
        run(None, LoopConfig(), tmp_path, resume=True)
