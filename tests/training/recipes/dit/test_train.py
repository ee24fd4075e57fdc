from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from omnitalker.base.config import load_config
from omnitalker.corpus.store import open_corpus
from omnitalker.models.dit import DualBranchDiT
from omnitalker.models.presets import build_dit
from omnitalker.training.losses import flow_point, flow_times, masked_error
from omnitalker.training.recipes.dit import train as training
from omnitalker.training.recipes.dit.batching import SequenceSampler
from omnitalker.training.recipes.dit.masking import MaskConfig, draw_masks, turned
from omnitalker.training.runner import export, train
from tests.training.launching import run_two_processes

KEEP_ALL = MaskConfig(
    drop_text=0,
    drop_audio=0,
    drop_motion=0,
    drop_prompt_text=0,
    drop_prosody=0,
    sound_given=0,
    face_given=0,
    foreign_motion=0,
)


@pytest.mark.parametrize("prefix_share", [0.0, 1.0])
def test_masks_hide_what_they_should(prefix_share: float) -> None:
    config = MaskConfig(prefix_share=prefix_share, prefix_blocks=(4, 10))
    masks = draw_masks(np.random.default_rng(0), 200, 20, config)
    known = masks.known.sum(1)
    if prefix_share == 1:
        assert known.min() == 4
        assert known.max() == 10
        # a beginning: never known again after the first hidden block
        assert (masks.known.int().diff(dim=1) <= 0).all()
    else:
        assert known.max() <= 6
        assert known.min() == 0
    assert 0.05 < masks.drop_audio.float().mean() < 0.3


def test_turned_motion_is_the_same_motion_elsewhere() -> None:
    motion = torch.arange(24.0).view(2, 4, 3)
    out = turned(motion, torch.tensor([0, 1]))
    torch.testing.assert_close(out[0], motion[0])
    torch.testing.assert_close(out[1], motion[1].roll(-1, 0))


def test_flow_runs_from_noise_to_data_and_the_loss_counts_masked_frames() -> None:
    data, noise = torch.ones(2, 3, 4), torch.zeros(2, 3, 4)
    point = flow_point(data, noise, torch.tensor([0.0, 1.0]))
    torch.testing.assert_close(point[0], noise[0])
    torch.testing.assert_close(point[1], data[1])
    mask = torch.tensor([[True, False, False], [False, False, False]])
    predicted = data.clone()
    predicted[0, 1] = 100
    predicted[0, 0] = 3
    assert masked_error(predicted, data, mask, "l2") == 4
    assert masked_error(predicted, data, mask, "l1") == 2
    assert masked_error(predicted, data, mask & False, "l1") == 0


def test_nothing_hidden_reaches_the_model(corpus_dir: Path, model_file: Path) -> None:
    """The targets of the loss are not in the conditions, and what is given is exact."""
    network = build_dit(model_file)
    sampler = SequenceSampler(open_corpus(corpus_dir).filter(split="train"))
    rng = np.random.default_rng(0)
    examples = [sampler.sequence(i, 20, rng) for i in range(6)]
    masks = draw_masks(rng, 6, 20, KEEP_ALL)
    batch = training.assemble(network, examples, masks, torch.Generator().manual_seed(0))
    told = batch.conditions
    assert (told.mel_prompt[batch.mel_wanted] == 0).all()
    assert (told.motion_prompt[batch.motion_wanted] == 0).all()
    assert not (told.mel_given & batch.mel_wanted).any()
    torch.testing.assert_close(told.mel_prompt[told.mel_given], batch.mel[told.mel_given])
    still = torch.tensor([not example.has_motion for example in examples])
    assert not told.motion_given[still].any()
    assert not told.motion_valid[still].any()
    assert not batch.motion_wanted[still].any()


def config_file(folder: Path, corpus_dir: Path, model_file: Path, **loop: object) -> Path:
    settings = {"steps": 6, "warmup_steps": 2, "precision": '"no"', "log_steps": 1, **loop}
    lines = "\n".join(f"  {name}: {value}" for name, value in settings.items())
    path = folder / "dit.yaml"
    path.write_text(
        f"corpus: {corpus_dir}\nmodel: {model_file}\nsamples: 0\nvalid_batches: 1\n"
        f"lengths: {{blocks: [12], shares: [1.0], blocks_per_batch: 48}}\nloop:\n{lines}\n"
    )
    return path


def losses(caplog: pytest.LogCaptureFixture) -> list[str]:
    found = [r.getMessage() for r in caplog.records if " s/step: loss" in r.getMessage()]
    return [message.split("s/step: ")[1] for message in found]


def test_training_learns_and_exports(
    tmp_path: Path, corpus_dir: Path, model_file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    config = config_file(
        tmp_path, corpus_dir, model_file, steps=60, learning_rate=0.01, validate_steps=1000
    )
    train("dit", config, run_dir=tmp_path / "run", overrides=("samples=2",))
    values = [float(line.split()[1]) for line in losses(caplog)]
    assert np.mean(values[-10:]) < np.mean(values[:5]) - 0.1
    assert list((tmp_path / "run" / "samples").glob("*/0.png"))
    assert list((tmp_path / "run" / "samples").glob("*/0.wav"))
    assert list((tmp_path / "run" / "samples").glob("*/1.mp4"))
    assert list((tmp_path / "run" / "tensorboard").iterdir())
    export("dit", tmp_path / "run", tmp_path / "out", torch.float32)
    loaded = DualBranchDiT.from_pretrained(tmp_path / "out")
    assert len(loaded.config.mel_mean) == 100
    left = DualBranchDiT.from_pretrained(tmp_path / "run" / "transformer")
    rounded = loaded.mel_out.linear.weight.to(torch.bfloat16).float()
    torch.testing.assert_close(left.mel_out.linear.weight, rounded, rtol=0, atol=0)
    caplog.clear()
    train(
        "dit",
        config,
        run_dir=tmp_path / "on",
        init_from=tmp_path / "out",
        overrides=("loop.steps=1",),
    )
    assert float(losses(caplog)[0].split()[1]) < np.mean(values[:5])


@pytest.mark.slow
def test_two_processes_train_together(tmp_path: Path, corpus_dir: Path, model_file: Path) -> None:
    config = config_file(tmp_path, corpus_dir, model_file, steps=3, accumulate=2)
    script = tmp_path / "go.py"
    script.write_text(
        "import logging\nlogging.basicConfig(level='INFO')\n"
        "from omnitalker.training.runner import train\n"
        f"train('dit', {str(config)!r}, run_dir={str(tmp_path / 'run')!r})\n"
    )
    assert run_two_processes(script).count("validation at step 3") == 1
    assert (tmp_path / "run" / "state.safetensors").is_file()


def test_flow_times_can_favour_the_noise() -> None:
    generator = torch.Generator().manual_seed(0)
    plain = flow_times(4000, generator)
    noisy = flow_times(4000, generator, noisy_share=1.0)
    assert ((plain > 0) & (plain < 1)).all()
    assert abs(float(plain.mean()) - 0.5) < 0.02
    assert (plain < 0.05).float().mean() < 0.01
    assert (noisy < 0.05).float().mean() > 0.15
    assert noisy.min() >= 0
    assert noisy.max() <= 1


def test_learnt_guidance_moves_the_target_only_where_there_is_text(
    corpus_dir: Path, model_file: Path
) -> None:
    torch.manual_seed(0)
    network = build_dit(model_file)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))

    def gradient(guidance: float, has_text: bool) -> torch.Tensor:
        loss = training.LossConfig(text_guidance=guidance)
        config = training.DitTrainConfig(corpus=corpus_dir, model=model_file, loss=loss)
        task = training.DitTask(config, network.train())
        sampler = SequenceSampler(open_corpus(corpus_dir).filter(split="train"))
        examples = [sampler.sequence(0, 8, np.random.default_rng(0))]
        drops = replace(KEEP_ALL, drop_text=0.0 if has_text else 1.0)
        masks = draw_masks(np.random.default_rng(0), 1, 8, drops)
        batch = training.assemble(network, examples, masks, torch.Generator().manual_seed(0))
        network.zero_grad()
        task.losses(task.model, batch)["mel"].backward()
        return network.mel_out.linear.weight.grad.clone()

    assert not torch.allclose(gradient(0.0, True), gradient(0.35, True))
    torch.testing.assert_close(gradient(0.0, False), gradient(0.35, False))


@pytest.mark.parametrize("name", ["dit", "dit_guided", "dit_base", "dit_told"])
def test_the_settings_in_the_repository_are_valid(name: str) -> None:
    root = Path(__file__).parents[4]
    config = load_config(training.DitTrainConfig, root / "configs" / "train" / f"{name}.yaml")
    assert (root / config.model).is_file()
    assert sum(config.lengths.shares) == pytest.approx(1)
    assert len(config.lengths.shares) == len(config.lengths.blocks)
