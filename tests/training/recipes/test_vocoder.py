import json
import wave
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

pytest.importorskip("pyworld", reason="the extra 'train' is not installed")

from omnitalker.base.errors import InputError
from omnitalker.models.vocoder.vocoder import Vocoder
from omnitalker.training.adversary import discriminator_loss, feature_loss
from omnitalker.training.loop import BatchRng, run
from omnitalker.training.recipes.vocoder.data import ClipStore, build_store, read_clip
from omnitalker.training.recipes.vocoder.losses import Discriminators, SpectralLoss
from omnitalker.training.recipes.vocoder.train import (
    DecoderConfig,
    PitchConfig,
    Source,
    VocoderLoop,
    VocoderTask,
    VocoderTraining,
)
from omnitalker.training.runner import export, train
from tests.training.launching import run_two_processes


def voice(seconds: float, hz: float, rate: int) -> np.ndarray:
    t = np.arange(int(seconds * rate)) / rate
    phase = 2 * np.pi * hz * (t + 0.01 * np.sin(8 * t))
    sound = sum(np.cos(k * phase) / k for k in range(1, 12))
    return (0.08 * sound + 0.002 * np.random.default_rng(0).normal(size=len(t))).astype(np.float32)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sound")
    for hz in (110, 150, 210):
        soundfile.write(folder / f"{hz}.wav", voice(2.5, hz, 16_000), 16_000)
    build_store(sorted(folder.glob("*.wav")), folder / "store", workers=1)
    return folder / "store"


@pytest.fixture
def config(store: Path) -> VocoderTraining:
    """Two steps of pitch, two of spectra, four with discriminators."""
    return VocoderTraining(
        train=[Source(str(store), 1.0)],
        held_out=str(store),
        decoder=DecoderConfig(24, 32, 2, 16, 1),
        pitch=PitchConfig(steps=2, batch_size=2, samples=4096),
        loop=VocoderLoop(steps=8, warmup_steps=1, log_steps=1, checkpoint_minutes=0),
        spectral_steps=2,
        batch_size=2,
        samples=4096,
        judged_samples=2048,
        windows=(256,),
        periods=(3,),
        judge_channels=4,
        examples=1,
    )


def task_of(config: VocoderTraining) -> VocoderTask:
    torch.manual_seed(0)
    return VocoderTask(config, Vocoder(**asdict(config.decoder)))


def small_file(store: Path) -> str:
    return (
        f"train: [{{folder: {store}, weight: 1}}]\nheld_out: {store}\n"
        "decoder: {dim: 24, intermediate_dim: 32, num_layers: 2, pitch_dim: 16, pitch_layers: 1}\n"
        "pitch: {steps: 2, batch_size: 2, samples: 4096}\nloop: {steps: 4, log_steps: 1}\n"
        "spectral_steps: 9\nbatch_size: 1\nsamples: 4096\njudged_samples: 2048\nexamples: 1\n"
        "windows: [256]\nperiods: [3]\njudge_channels: 4\n"
    )


def dice(step: int = 0, done: float = 0.0) -> BatchRng:
    return BatchRng(np.random.default_rng(step), torch.Generator().manual_seed(step), step, done)


def test_clips_are_resampled_and_their_pitch_found(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", np.stack([voice(2, 150, 16_000)] * 2, axis=1), 16_000)
    clip = read_clip(tmp_path / "a.wav")
    assert len(clip.samples) == 48_000
    assert len(clip.pitch) == 48_000 // 256 + 1
    assert np.median(clip.pitch[clip.pitch > 0]) == pytest.approx(150, rel=0.02)


def test_segments_play_faster_and_higher(store: Path) -> None:
    clips = ClipStore(store)
    assert clips.names == ["110", "150", "210"]
    sound, pitch = clips.segment(1, 16_384, 1.25, np.random.default_rng(0))
    assert sound.shape == (16_384,)
    assert pitch.shape == (65,)
    assert np.median(pitch[pitch > 0]) == pytest.approx(150 * 1.25, rel=0.02)
    peak = np.abs(np.fft.rfft(sound * np.hanning(len(sound)))).argmax() * 24_000 / len(sound)
    assert peak == pytest.approx(150 * 1.25, rel=0.09)


def test_a_batch_depends_on_its_dice_alone(config: VocoderTraining) -> None:
    task = task_of(config)
    task.batch(dice(1))
    once, again, other = task.batch(dice(7)), task_of(config).batch(dice(7)), task.batch(dice(8))
    for name in ("samples", "pitch", "noise", "cycles", "start"):
        torch.testing.assert_close(getattr(once, name), getattr(again, name))
        assert not torch.equal(getattr(once, name), getattr(other, name))


def test_pitch_then_spectra_then_discriminators(
    config: VocoderTraining, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """And a run leaves what it should."""
    caplog.set_level("INFO")
    task = task_of(config)
    task.vocoder.save_config(tmp_path / "model")
    run(task, config.loop, tmp_path)
    told = [r.getMessage() for r in caplog.records if " s/step: loss" in r.getMessage()]
    assert len(told) == 8
    assert ["spectral" in line for line in told] == 2 * [False] + 6 * [True]
    assert ["judges" in line for line in told] == 4 * [False] + 2 * [True, False]
    progress = json.loads((tmp_path / "progress.json").read_text())
    assert progress["done"] == 1
    assert progress["step"] == 8
    for name in ("0_true.wav", "0_copy.wav"):
        with wave.open(str(tmp_path / "samples" / "step_000008" / name)) as sound:
            assert sound.getnframes() > 32_000
    assert list((tmp_path / "tensorboard").iterdir())
    export("vocoder", tmp_path, tmp_path / "out")
    made = Vocoder.from_pretrained(tmp_path / "out").decode(torch.zeros(1, 9, 100))
    assert made.shape == (1, 2304)


def test_each_side_of_the_contest_learns_its_own(config: VocoderTraining) -> None:
    """Discriminators that learn leave the decoder's gradient as it is, and the decoder theirs."""
    task = task_of(config)
    batch = replace(task.batch(dice(done=0.9)), judges_learn=False)

    def gradients(judges_learn: bool) -> tuple[list, list]:
        task.model.zero_grad(set_to_none=True)
        task.losses(task.model, replace(batch, judges_learn=judges_learn))["loss"].backward()
        sides = (task.shipped, task.model.judges)
        return tuple([p.grad for p in side.parameters() if p.grad is not None] for side in sides)

    decoder, judges = gradients(judges_learn=False)
    assert decoder
    assert not judges
    again, judges = gradients(judges_learn=True)
    torch.testing.assert_close(again, decoder)
    assert len(judges) == len(list(task.model.judges.parameters()))


def test_two_small_batches_have_the_gradient_of_a_large_one(config: VocoderTraining) -> None:
    task = task_of(config)
    whole = task.batch(dice(done=0.4))
    assert whole.phase == "spectra"
    halves = [
        replace(whole, **{name: getattr(whole, name)[part] for name in
                          ("samples", "pitch", "noise", "cycles", "start")})
        for part in (slice(0, 1), slice(1, 2))
    ]  # fmt: skip

    def gradient(batches: list) -> torch.Tensor:
        task.model.zero_grad()
        for batch in batches:
            (task.losses(task.model, batch)["loss"] / len(batches)).backward()
        return task.model.decoder.out.weight.grad.clone()

    parts, all_at_once = gradient(halves), gradient([whole])
    # not equal: distances of logarithms have kinks, and rounding puts a bin on either side
    assert (parts - all_at_once).norm() < 0.12 * all_at_once.norm()
    assert (gradient(halves[:1]) - all_at_once).norm() > 0.3 * all_at_once.norm()


def test_training_lowers_the_spectral_loss(config: VocoderTraining, tmp_path: Path) -> None:
    loop = replace(config.loop, steps=14, ema_decay=0.5, validate_steps=100)
    task = task_of(replace(config, spectral_steps=100, loop=loop))
    before = task.validate(tmp_path, 0)["spectral"]
    run(task, loop, tmp_path / "run")
    assert task.validate(tmp_path, 1)["spectral"] < before - 0.01


def test_pitch_is_learnt(config: VocoderTraining, tmp_path: Path) -> None:
    pitch = PitchConfig(steps=60, batch_size=4, samples=8192, rate=5e-3)
    loop = replace(config.loop, steps=60, validate_steps=100, checkpoint_minutes=9)
    task = task_of(replace(config, pitch=pitch, loop=loop))
    run(task, loop, tmp_path)
    assert task.validate(tmp_path, 60)["pitch_cents"] < 100


def test_it_can_begin_with_another_vocoder(
    config: VocoderTraining, store: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Whose pitch network stays as it is, also when the run is resumed."""
    caplog.set_level("INFO")
    given = Vocoder(**asdict(config.decoder))
    given.save_pretrained(tmp_path / "given")
    path = tmp_path / "vocoder.yaml"
    path.write_text(small_file(store))
    train("vocoder", path, run_dir=tmp_path / "run", init_from=tmp_path / "given")
    train("vocoder", path, run_dir=tmp_path / "run", resume=True, overrides=("loop.steps=5",))
    steps = [r.getMessage() for r in caplog.records if " s/step: loss" in r.getMessage()]
    assert [line.split("step ")[1][0] for line in steps] == ["3", "4", "5"]
    made = Vocoder.from_pretrained(tmp_path / "run" / "vocoder")
    kept = given.decoder.pitch.out.weight.half().float()
    torch.testing.assert_close(made.decoder.pitch.out.weight, kept, rtol=0, atol=0)
    assert not torch.equal(made.decoder.out.bias, given.decoder.out.bias.half().float())
    Vocoder("vocos", 8, 16, 1).save_pretrained(tmp_path / "other")
    with pytest.raises(InputError, match="another kind"):
        train("vocoder", path, run_dir=tmp_path / "no", init_from=tmp_path / "other")


@torch.no_grad()
def test_losses_know_the_same_from_the_different() -> None:
    torch.manual_seed(0)
    real, other = torch.randn(2, 8192) * 0.1, torch.randn(2, 8192) * 0.01
    spectral = SpectralLoss()
    assert float(spectral(real, real)) == pytest.approx(0, abs=1e-6)
    assert float(spectral(other, real)) > 1
    judges = Discriminators((256,), (2, 3), 4)
    assert float(feature_loss(judges(real), judges(real))) == pytest.approx(0, abs=1e-6)
    assert float(feature_loss(judges(real), judges(other))) > 0.05
    assert float(discriminator_loss(judges(real), judges(other))) == pytest.approx(2, abs=0.5)


@pytest.mark.slow
def test_two_processes_train_together(store: Path, tmp_path: Path) -> None:
    """Through the pitch, the spectra and the discriminators."""
    path = tmp_path / "vocoder.yaml"
    path.write_text(small_file(store))
    script = tmp_path / "go.py"
    script.write_text(
        "import logging\nlogging.basicConfig(level='INFO')\n"
        "from omnitalker.training.runner import train\n"
        f"train('vocoder', {str(path)!r}, run_dir={str(tmp_path / 'run')!r}, "
        "overrides=('loop.steps=7', 'loop.accumulate=2', 'spectral_steps=2'))\n"
    )
    said = run_two_processes(script)
    assert said.count("validation at step 7") == 1
    assert said.count("judges") == 2
    assert (tmp_path / "run" / "state.safetensors").is_file()
