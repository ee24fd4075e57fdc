"""The critic of decided curves: who learns from what."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from omnitalker.models.prosody import ProsodyModel
from omnitalker.training.loop import BatchRng
from omnitalker.training.recipes.dit.batching import LengthConfig
from omnitalker.training.recipes.prosody.critic import CurveCriticConfig
from omnitalker.training.recipes.prosody.train import ProsodyTask, ProsodyTrainConfig

SIZES = {"width": 16, "heads": 2, "head_dim": 8, "layers": 1, "ffn": 32, "text_layers": 1}


@pytest.fixture
def task(corpus_dir: Path, model_file: Path) -> ProsodyTask:
    config = ProsodyTrainConfig(
        corpus_dir,
        model_file,
        lengths=LengthConfig(blocks=(16,), shares=(1.0,), blocks_per_batch=96),
        prefix_blocks=(4, 8),
        critic=CurveCriticConfig(width=8, alone=0.1),
    )
    torch.manual_seed(0)
    return ProsodyTask(config, ProsodyModel(**SIZES))


def dice(done: float) -> BatchRng:
    return BatchRng(np.random.default_rng(0), torch.Generator().manual_seed(0), done=done)


def moved(module: torch.nn.Module) -> bool:
    return any(p.grad is not None and bool(p.grad.any()) for p in module.parameters())


def test_it_learns_alone_first_and_is_then_believed_more_and_more(task: ProsodyTask) -> None:
    assert [task.batch(dice(done)).belief for done in (0.05, 0.2, 0.9)] == [0.0, 0.5, 1.0]
    alone = task.losses(task.model, task.batch(dice(0.0)))
    assert "pull" not in alone
    alone["judge"].backward()
    assert moved(task.model.critic)
    assert not moved(task.network)


def test_its_pull_teaches_the_network_alone_and_nothing_that_was_given(task: ProsodyTask) -> None:
    batch = task.batch(dice(1.0))
    task.losses(task.model, batch)["pull"].backward()
    assert moved(task.network)
    assert not moved(task.model.critic)
    made = batch.wanted.clone().requires_grad_(True)
    off = ((made - batch.wanted + 0.1).square() * batch.weights).mean()
    task.model._judged(made, off, replace(batch, belief=1.0))["pull"].backward()
    assert made.grad is not None
    assert not made.grad[batch.inputs.given].any()
    assert made.grad[~batch.inputs.given].any()
