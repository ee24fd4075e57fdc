from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from omnitalker.base.errors import InputError, WeightsError
from omnitalker.training.ema import Ema
from omnitalker.training.loop import BatchRng, LoopConfig, Task, learning_rate, run
from omnitalker.training.state import Progress, load_average, load_state, save_state
from tests.training.launching import run_two_processes


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


class Line(Task):
    """Fits a line. Each step has `rows` rows, cut into as many micro-batches as it is told."""

    def __init__(self, rows: int, parts: int = 1, broken_at: int | None = None) -> None:
        torch.manual_seed(0)
        self.model = torch.nn.Linear(2, 1)
        self.rows, self.parts, self.broken_at = rows, parts, broken_at
        self.weights: list[torch.Tensor] = []
        self._drawn = 0

    def batch(self, dice: BatchRng) -> torch.Tensor:
        part = self._drawn % self.parts
        self._drawn += 1
        rows = torch.randn(self.rows, 2, generator=torch.Generator().manual_seed(dice.step))
        return rows.chunk(self.parts)[part] * (torch.nan if dice.step == self.broken_at else 1)

    def losses(self, model: torch.nn.Module, batch: torch.Tensor) -> dict[str, torch.Tensor]:
        self.weights.append(self.model.weight.detach().clone())
        return {"loss": (model(batch)[:, 0] - batch @ torch.tensor([1.0, -2.0])).square().mean()}

    def validate(self, directory: Path, step: int) -> dict[str, float]:
        return {}


def test_accumulated_batches_teach_what_one_large_batch_does(tmp_path: Path) -> None:
    config = LoopConfig(steps=5, warmup_steps=1, precision="no")
    large, small = Line(rows=8), Line(rows=8, parts=4)
    run(large, config, tmp_path / "large")
    run(small, LoopConfig(**{**vars(config), "accumulate": 4}), tmp_path / "small")
    torch.testing.assert_close(large.model.weight, small.model.weight)
    assert not torch.equal(large.weights[0], large.weights[-1])


def test_a_gradient_that_is_not_finite_is_skipped(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    task = Line(rows=8, broken_at=2)
    run(task, LoopConfig(steps=5, warmup_steps=1, precision="no"), tmp_path)
    assert "step 2: the gradient is not finite; skipped" in caplog.text
    torch.testing.assert_close(task.weights[3], task.weights[2])
    assert not torch.equal(task.weights[2], task.weights[1])
    assert not torch.equal(task.weights[4], task.weights[3])
    assert torch.isfinite(task.model.weight).all()


def test_progress_says_how_far_it_is_by_steps_or_by_the_clock(tmp_path: Path) -> None:
    class Slow(Line):
        def batch(self, dice: BatchRng) -> torch.Tensor:
            seen = tmp_path / "progress.json"
            self.seen = json.loads(seen.read_text()) if seen.is_file() else {}
            return super().batch(dice)

    task = Slow(rows=2)
    run(task, LoopConfig(steps=4, precision="no", log_steps=3), tmp_path)
    assert task.seen["done"] == 0.75
    assert json.loads((tmp_path / "progress.json").read_text())["done"] == 1
    task = Slow(rows=2)
    config = LoopConfig(steps=10**9, max_minutes=0.005, precision="no", log_steps=1)
    run(task, config, tmp_path / "timed")
    timed = json.loads((tmp_path / "timed" / "progress.json").read_text())
    assert timed["done"] == 1
    assert 3 < timed["step"] < 10**6


@pytest.mark.slow
def test_processes_draw_different_batches_and_keep_the_same_weights(tmp_path: Path) -> None:
    script = tmp_path / "go.py"
    script.write_text(
        "import os, torch\n"
        "from pathlib import Path\n"
        "from omnitalker.training.loop import LoopConfig, run\n"
        "from tests.training.test_loop import Line\n"
        "class Own(Line):\n"
        "    def batch(self, dice):\n"
        "        self.last = torch.randn(4, 2, generator=dice.torch)\n"
        "        return self.last\n"
        "task = Own(4)\n"
        f"here = Path({str(tmp_path)!r})\n"
        "config = LoopConfig(steps=3, warmup_steps=1, precision='no')\n"
        "run(task, config, here / 'run')\n"
        "torch.save([task.last, task.model.weight.data], here / os.environ['RANK'])\n"
    )
    run_two_processes(script)
    (batch, weight), (other_batch, other_weight) = (torch.load(tmp_path / rank) for rank in "01")
    assert not torch.equal(batch, other_batch)
    assert torch.equal(weight, other_weight)


def test_buffers_come_back_too(tmp_path: Path) -> None:
    def parts() -> tuple:
        model = torch.nn.utils.spectral_norm(torch.nn.Linear(3, 2))
        return model, Ema(model, 0.5), torch.optim.AdamW(model.parameters())

    model, ema, optimizer = parts()
    for _ in range(3):
        model(torch.randn(4, 3))
    save_state(tmp_path, model, ema, optimizer, Progress())
    other, ema, optimizer = parts()
    assert not torch.equal(other.weight_u, model.weight_u)
    load_state(tmp_path, other, ema, optimizer)
    assert torch.equal(other.weight_u, model.weight_u)


def test_a_killed_run_goes_on_as_if_nothing_had_happened(tmp_path: Path) -> None:
    """The proof for every network: what a task draws is decided by the step, what it learnt is in the state."""
    config = LoopConfig(steps=7, warmup_steps=2, precision="no", checkpoint_minutes=0)
    whole = Line(rows=8)
    run(whole, config, tmp_path / "whole")

    class Dying(Line):
        def batch(self, dice: BatchRng) -> torch.Tensor:
            if dice.step == 4:
                raise KeyboardInterrupt
            return super().batch(dice)

    cut = Dying(rows=8)
    with pytest.raises(KeyboardInterrupt):
        run(cut, config, tmp_path / "cut")
    rest = Line(rows=8)
    assert run(rest, config, tmp_path / "cut", resume=True).step == 7
    assert all(map(torch.equal, [*cut.weights, *rest.weights], whole.weights))
    assert torch.equal(rest.model.weight, whole.model.weight)
    averages = [torch.nn.Linear(2, 1), torch.nn.Linear(2, 1)]
    for average, folder in zip(averages, ("whole", "cut"), strict=True):
        load_average(tmp_path / folder, average)
    assert torch.equal(averages[0].weight, averages[1].weight)


def test_resuming_nothing_is_explained(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nothing to resume"):
        run(None, LoopConfig(), tmp_path, resume=True)
