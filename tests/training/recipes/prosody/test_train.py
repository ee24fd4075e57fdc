from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from omnitalker.models.prosody import ProsodyModel
from omnitalker.training.loop import BatchRng
from omnitalker.training.recipes.prosody import train as training
from omnitalker.training.recipes.prosody.train import ProsodyTask, ProsodyTrainConfig
from omnitalker.training.runner import train

SIZES = {"width": 16, "heads": 2, "head_dim": 8, "layers": 1, "ffn": 32, "text_layers": 1}


@pytest.fixture
def task(corpus_dir: Path, model_file: Path) -> ProsodyTask:
    config = ProsodyTrainConfig(
        corpus_dir,
        model_file,
        lengths=training.LengthConfig(blocks=(16,), shares=(1.0,), blocks_per_batch=96),
        prefix_blocks=(4, 8),
    )
    return ProsodyTask(config, ProsodyModel(**SIZES))


def dice(seed: int) -> BatchRng:
    return BatchRng(np.random.default_rng(seed), torch.Generator().manual_seed(seed))


def test_what_is_wanted_is_not_told(task: ProsodyTask) -> None:
    batch = task.batch(dice(0))
    given = batch.inputs.given
    assert (batch.inputs.known[~given] == 0).all()
    torch.testing.assert_close(batch.inputs.known[given], batch.wanted[given])
    assert (batch.weights[given] == 0).all()
    assert (batch.weights[~given][:, 1] == 1).all()
    assert 20 <= int(given.sum(dim=1).max()) <= 40


def test_the_loss_is_how_far_the_curves_are_off_and_training_lowers_it(task: ProsodyTask) -> None:
    batch = task.batch(dice(0))
    expected = batch.wanted.square() * batch.weights
    untrained = task.losses(task.model, batch)["loss"]
    torch.testing.assert_close(untrained, expected.sum() / batch.weights.sum())
    optimizer = torch.optim.Adam(task.model.parameters(), 1e-2)
    for _ in range(15):
        loss = task.losses(task.model, batch)["loss"]
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert float(loss.detach()) < 0.8 * float(untrained.detach())


def test_a_run_validates_exports_and_resumes(
    tmp_path: Path, corpus_dir: Path, model_file: Path
) -> None:
    config = tmp_path / "prosody.yaml"
    config.write_text(
        f"corpus: {corpus_dir}\nmodel: {model_file}\nvalid_batches: 1\nprefix_blocks: [4, 6]\n"
        "lengths: {blocks: [12], shares: [1.0], blocks_per_batch: 48}\n"
        'loop: {steps: 3, precision: "no", log_steps: 1}\n'
    )
    train("prosody", config, run_dir=tmp_path / "run")
    train("prosody", config, run_dir=tmp_path / "run", resume=True, overrides=("loop.steps=4",))
    model = ProsodyModel.from_pretrained(tmp_path / "run" / "prosody")
    assert model.leave.weight.abs().max() > 0
    assert next(model.parameters()).dtype == torch.float32
