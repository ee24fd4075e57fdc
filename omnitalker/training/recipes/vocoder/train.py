"""Teach the vocoder: first its pitch network, then spectra, then spectra and discriminators together.

python -m omnitalker.training.recipes.vocoder.data runs/corpus runs/vocoder/data
omnitalker train vocoder configs/train/vocoder.yaml [--resume]
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from omnitalker.base import timeline
from omnitalker.base.errors import InputError
from omnitalker.media.sound import write_wav
from omnitalker.models.vocoder.excitation import NOISE_PERIOD
from omnitalker.models.vocoder.source_filter import SourceFilterDecoder
from omnitalker.models.vocoder.vocoder import Vocoder
from omnitalker.training.devices import full_precision, moved
from omnitalker.training.loop import BatchRng, LoopConfig, Task
from omnitalker.training.recipe import PartRecipe
from omnitalker.training.recipes.vocoder.data import ClipStore, SegmentSampler
from omnitalker.training.recipes.vocoder.gan_step import GanStep, Phase, VocoderBatch
from omnitalker.training.recipes.vocoder.losses import Discriminators
from omnitalker.training.recipes.vocoder.pitch import cents_off

HELD_SEGMENTS, HELD_SAMPLES = 32, 32_768
"""Unseen stretches that are measured on."""


@dataclass(frozen=True)
class DecoderConfig:
    dim: int = 256
    intermediate_dim: int = 768
    num_layers: int = 8
    pitch_dim: int = 128
    pitch_layers: int = 4


@dataclass(frozen=True)
class PitchConfig:
    steps: int = 1500
    batch_size: int = 16
    samples: int = 16_384
    rate: float = 2e-3


@dataclass(frozen=True)
class Source:
    folder: str
    weight: float


@dataclass(frozen=True)
class VocoderLoop(LoopConfig):
    """`steps` in all: `pitch.steps`, then `spectral_steps`, and the rest with discriminators."""

    steps: int = 21_500
    betas: tuple[float, float] = (0.8, 0.95)
    clip: float = 20.0
    log_steps: int = 50
    checkpoint_minutes: float = 3.0


@dataclass(frozen=True)
class VocoderTraining:
    train: list[Source]
    held_out: str
    decoder: DecoderConfig = field(default_factory=DecoderConfig)
    pitch: PitchConfig = field(default_factory=PitchConfig)
    loop: VocoderLoop = field(default_factory=VocoderLoop)
    spectral_steps: int = 4_000
    batch_size: int = 8
    samples: int = 16_384
    judged_samples: int = 8_192
    adversarial_rate: float = 5e-4
    """Learning rate when the discriminators come in; it falls to `final_rate`."""
    final_rate: float = 2e-5
    speeds: tuple[float, float] = (0.8, 1.3)
    mel_noise: float = 0.1
    windows: tuple[int, ...] = (1024, 512, 256)
    periods: tuple[int, ...] = (2, 3, 5, 7)
    judge_channels: int = 16
    judge_every: int = 2
    spectral_weight: float = 12.0
    feature_weight: float = 4.0
    examples: int = 4
    """Unseen clips to write at each validation, as they are and after copy-synthesis."""


class VocoderTask(Task):
    """Plugs the vocoder and its discriminators into the training loop."""

    model: GanStep

    def __init__(self, config: VocoderTraining, vocoder: Vocoder) -> None:
        assert isinstance(vocoder.decoder, SourceFilterDecoder)
        self.config = config
        self.vocoder = vocoder.requires_grad_(True)
        judges = Discriminators(config.windows, config.periods, config.judge_channels)
        self.model = GanStep(vocoder.decoder, judges, config.spectral_weight, config.feature_weight)
        self._train = SegmentSampler(
            [ClipStore(Path(s.folder)) for s in config.train],
            [s.weight for s in config.train],
            config.speeds,
        )
        self._held = ClipStore(Path(config.held_out))

    @property
    def shipped(self) -> SourceFilterDecoder:
        return self.model.decoder

    def batch(self, dice: BatchRng) -> VocoderBatch:
        c, phase = self.config, self._phase(dice.done)
        part = c.pitch if phase == "pitch" else c
        size, samples = part.batch_size, part.samples
        segments = self._train.batch(dice.numpy, size, samples)
        frames = timeline.stft_frames(samples)
        off = c.mel_noise * torch.rand(size, 1, 1, generator=dice.torch)
        latest = max(0, samples - c.judged_samples)
        at = int(torch.randint(0, latest + 1, (), generator=dice.torch))
        return VocoderBatch(
            phase=phase,
            samples=torch.from_numpy(segments.samples),
            pitch=torch.from_numpy(segments.pitch),
            noise=off * torch.randn(size, frames, timeline.N_MELS, generator=dice.torch),
            cycles=torch.rand(size, generator=dice.torch),
            start=torch.randint(0, NOISE_PERIOD, (size,), generator=dice.torch),
            judged=slice(at, at + c.judged_samples),
            judges_learn=dice.step % c.judge_every == 0,
        )

    def losses(self, model: nn.Module, batch: VocoderBatch) -> Mapping[str, Tensor]:
        return model(moved(batch, model))

    @torch.no_grad()
    def validate(self, directory: Path, step: int) -> Mapping[str, float]:
        """Copy-synthesis of unseen clips."""
        sampler = SegmentSampler([self._held], [1.0], (1.0, 1.0))
        held = sampler.batch(np.random.default_rng(1), HELD_SEGMENTS, HELD_SAMPLES)
        device = self.vocoder.device
        real, pitch = (torch.from_numpy(x).to(device) for x in (held.samples, held.pitch))
        contest = self.model
        with full_precision(real):
            mel = contest.log_mel(real)
            zeros = torch.zeros(len(mel), device=device)
            made = contest.decoder(mel, zeros, zeros.long())
            distance = (contest.log_mel(made) - mel).abs().mean()
            copies = self.vocoder.decode(mel[: self.config.examples, :-1])
            cents, gross = cents_off(contest.decoder.pitch, mel, pitch)
            spectral = contest.spectral(made, real)
        _write_examples(directory / f"step_{step:06d}", real, copies)
        return {
            "spectral": float(spectral),
            "mel": float(distance),
            "pitch_cents": cents,
            "pitch_gross": gross,
        }

    def learning_rate(self, config: LoopConfig, _step: int, done: float) -> float:
        """Up and down for the pitch; warm up, hold; with the discriminators, fall linearly to the end."""
        c, at = self.config, done * config.steps
        if at < c.pitch.steps:
            share = (at + 1) / (c.pitch.steps + 1)
            return c.pitch.rate * min(share / 0.3, (1 - share) / 0.7)
        at -= c.pitch.steps
        if at < c.spectral_steps:
            return config.learning_rate * min(1.0, (at + 1) / max(1, config.warmup_steps))
        judged = max(1, config.steps - c.pitch.steps - c.spectral_steps)
        left = max(0.0, 1 - (at - c.spectral_steps) / judged)
        return c.final_rate + (c.adversarial_rate - c.final_rate) * left

    def _phase(self, done: float) -> Phase:
        at = round(done * self.config.loop.steps)
        if at < self.config.pitch.steps:
            return "pitch"
        return "spectra" if at < self.config.pitch.steps + self.config.spectral_steps else "judged"


def _write_examples(folder: Path, real: Tensor, copies: Tensor) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for index, (true, copy) in enumerate(zip(real, copies, strict=False)):
        write_wav(folder / f"{index}_true.wav", true.cpu().numpy())
        write_wav(folder / f"{index}_copy.wav", copy.cpu().numpy())


class VocoderRecipe(PartRecipe[VocoderTraining, Vocoder]):
    """A run that begins with another vocoder keeps its pitch network as it is."""

    settings = VocoderTraining
    part = "vocoder"

    def untrained(self, config: VocoderTraining) -> Vocoder:
        return Vocoder(**asdict(config.decoder))

    def trained(self, path: Path) -> Vocoder:
        vocoder = super().trained(path)
        if not isinstance(vocoder.decoder, SourceFilterDecoder):
            raise InputError(
                f"{path} is a vocoder of another kind ({vocoder.config.decoding}); "
                "only our own, source_filter, can be trained further"
            )
        return vocoder

    def first_step(self, config: VocoderTraining) -> int:
        return config.pitch.steps

    def task(self, config: VocoderTraining, network: Vocoder, _run_dir: Path) -> VocoderTask:
        return VocoderTask(config, network)

    def shipped(self, network: Vocoder) -> nn.Module:
        return network.decoder


RECIPE = VocoderRecipe()
