from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from omnitalker.corpus.store import open_corpus
from omnitalker.models.duration import DurationModel, seconds_of
from omnitalker.training.loop import BatchRng
from omnitalker.training.recipes.duration import train as training
from omnitalker.training.runner import train


def test_batches_count_only_the_target(corpus_dir: Path, model_file: Path) -> None:
    config = training.DurationTrainConfig(corpus=corpus_dir, model=model_file, items_per_batch=40)
    task = training.DurationTask(config, DurationModel(width=16, heads=2, layers=1, ffn=32))
    batch = task.batch(BatchRng(np.random.default_rng(0), torch.Generator()))
    inputs = batch.inputs
    assert not (inputs.given & batch.counted).any()
    assert ((inputs.given | batch.counted) == inputs.valid).all()
    assert (batch.counted.sum(1) == 12).all()
    totals = (seconds_of(batch.wanted) * batch.counted).sum(1)
    lengths = {round(item.info.blocks * 0.16, 3) for item in open_corpus(corpus_dir)}
    assert {round(float(total), 3) for total in totals} <= lengths
    # the three kinds of prompt: none, mel alone, phonemes alone
    has_mel, has_given = inputs.mel_valid.any(1), inputs.given.any(1)
    assert not (has_mel & has_given).any()
    assert has_mel.any()
    assert has_given.any()
    assert (~has_mel & ~has_given).any()


def test_prompt_and_target_differ_but_share_the_speaker(corpus_dir: Path) -> None:
    sampler = training.PairSampler(open_corpus(corpus_dir).filter(split="train"))
    rng = np.random.default_rng(0)
    for _ in range(20):
        prompt, target = sampler.pair(rng)
        assert prompt.info.speaker == target.info.speaker
        assert prompt.info.id != target.info.id


def test_training_runs_and_exports(
    tmp_path: Path, corpus_dir: Path, model_file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    path = tmp_path / "duration.yaml"
    path.write_text(
        f"corpus: {corpus_dir}\nmodel: {model_file}\nitems_per_batch: 8\nvalid_batches: 1\n"
        "loop: {steps: 40, learning_rate: 0.01, warmup_steps: 2, precision: 'no', log_steps: 1}\n"
    )
    train("duration", path, run_dir=tmp_path / "run")
    texts = [r.getMessage() for r in caplog.records if "s/step: loss" in r.getMessage()]
    values = [float(text.split("loss ")[1].split()[0]) for text in texts]
    assert np.mean(values[-5:]) < 0.7 * np.mean(values[:3])
    out = tmp_path / "run" / "duration"
    stored = load_file(out / "diffusion_pytorch_model.safetensors")
    assert {value.dtype for value in stored.values()} == {torch.float16}
    loaded = DurationModel.from_pretrained(out)
    assert loaded.config.width == 16
    assert loaded.dtype == torch.float32
    assert not loaded.training
