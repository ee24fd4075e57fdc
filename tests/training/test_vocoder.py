from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

pytest.importorskip("pyworld", reason="the extra 'train' is not installed")

from omnitalker.audio.vocoder import Vocoder
from omnitalker.training.vocoder import (
    DecoderConfig,
    PitchConfig,
    Source,
    Trainer,
    VocoderTraining,
    export,
)
from omnitalker.training.vocoder_data import ClipStore, SegmentSampler, build_store, read_clip
from omnitalker.training.vocoder_losses import (
    Discriminators,
    SpectralLoss,
    discriminator_loss,
    feature_loss,
)
from omnitalker.training.vocoder_pitch import train_pitch


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
    return VocoderTraining(
        train=[Source(str(store), 1.0)],
        held_out=str(store),
        decoder=DecoderConfig(24, 32, 2, 16, 1),
        pitch=PitchConfig(steps=3, batch_size=2, samples=4096),
        steps=8,
        spectral_steps=2,
        warmup_steps=1,
        batch_size=2,
        samples=4096,
        judged_samples=2048,
        windows=(256,),
        periods=(3,),
        judge_channels=4,
    )


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


def test_a_batch_depends_on_seed_and_step_alone(store: Path) -> None:
    sampler = SegmentSampler([ClipStore(store)], [1.0], (0.8, 1.2), seed=5)
    again = SegmentSampler([ClipStore(store)], [1.0], (0.8, 1.2), seed=5)
    sampler.batch(0, 2, 4096)
    np.testing.assert_array_equal(
        sampler.batch(7, 3, 4096).samples, again.batch(7, 3, 4096).samples
    )
    assert not np.array_equal(sampler.batch(7, 3, 4096).samples, again.batch(8, 3, 4096).samples)


def test_a_killed_run_goes_on_exactly(config: VocoderTraining, tmp_path: Path) -> None:
    """Across the step where the discriminators come in."""
    trainer = Trainer(config, tmp_path)
    whole = [trainer.train_step() for _ in range(6)]
    first = Trainer(config, tmp_path)
    start = [first.train_step() for _ in range(3)]
    first.save()
    del first
    second = Trainer(config, tmp_path)
    second.load()
    rest = [second.train_step() for _ in range(3)]
    assert start + rest == whole
    assert "adversarial" not in whole[1]
    assert "adversarial" in whole[2]
    export(tmp_path, tmp_path / "out")
    assert Vocoder.from_pretrained(tmp_path / "out").decode(torch.zeros(1, 9, 100)).shape == (
        1,
        2304,
    )


def test_training_lowers_the_spectral_loss(config: VocoderTraining, tmp_path: Path) -> None:
    trainer = Trainer(replace(config, spectral_steps=100, ema=0.5), tmp_path)
    before = trainer.validate()["held_spectral"]
    for _ in range(12):
        trainer.train_step()
    assert trainer.validate()["held_spectral"] < before - 0.01


def test_pitch_is_learnt(config: VocoderTraining, tmp_path: Path) -> None:
    trainer = Trainer(config, tmp_path)
    net, sampler = trainer.decoder.pitch.requires_grad_(True), trainer.sampler
    train_pitch(net, sampler, trainer.held, 60, 4, 8192, 5e-3)
    batch = trainer.held.batch(3, 6, 8192)
    heard = net.hz(trainer.log_mel(torch.from_numpy(batch.samples)))
    cents = 1200 * np.log2(heard.detach().numpy() / np.maximum(batch.pitch, 1))
    assert np.median(np.abs(cents[batch.pitch > 0])) < 100


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
