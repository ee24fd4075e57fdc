"""Teach the vocoder: spectra first, then spectra and discriminators together.

    python -m omnitalker.training.vocoder_data runs/corpus runs/vocoder/data
    omnitalker train vocoder configs/train/vocoder.yaml [--resume]

A killed run goes on exactly where its last checkpoint was.
"""

from __future__ import annotations

import copy
import logging
import os
import sys
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.utils.tensorboard import SummaryWriter

from omnitalker.audio.mel import LogMel
from omnitalker.audio.source_filter import SourceFilterDecoder
from omnitalker.audio.vocoder import Vocoder
from omnitalker.config import load_config
from omnitalker.errors import InputError
from omnitalker.training.vocoder_data import ClipStore, SegmentSampler
from omnitalker.training.vocoder_losses import (
    Discriminators,
    SpectralLoss,
    adversarial_loss,
    discriminator_loss,
    feature_loss,
)
from omnitalker.training.vocoder_pitch import train_pitch

logger = logging.getLogger(__name__)
STATE_FILE = "state.pt"


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
class VocoderTraining:
    """`steps` in all, of which the first `spectral_steps` are without discriminators."""

    train: list[Source]
    held_out: str
    decoder: DecoderConfig = field(default_factory=DecoderConfig)
    pitch: PitchConfig = field(default_factory=PitchConfig)
    seed: int = 0
    threads: int = 1
    steps: int = 20_000
    spectral_steps: int = 4_000
    batch_size: int = 8
    samples: int = 16_384
    judged_samples: int = 8_192
    rate: float = 1e-3
    adversarial_rate: float = 5e-4
    final_rate: float = 2e-5
    warmup_steps: int = 100
    ema: float = 0.998
    speeds: tuple[float, float] = (0.8, 1.3)
    mel_noise: float = 0.1
    windows: tuple[int, ...] = (1024, 512, 256)
    periods: tuple[int, ...] = (2, 3, 5, 7)
    judge_channels: int = 16
    judge_every: int = 2
    spectral_weight: float = 12.0
    feature_weight: float = 4.0
    checkpoint_minutes: float = 3.0
    log_every: int = 50


class Trainer:
    """All that a run consists of. `save` and `load` carry it over a kill unchanged."""

    def __init__(self, config: VocoderTraining, run_dir: Path) -> None:
        self.config = config
        self.checkpoint = run_dir / STATE_FILE
        torch.manual_seed(config.seed)
        self.decoder = SourceFilterDecoder(**asdict(config.decoder))
        self.judges = Discriminators(config.windows, config.periods, config.judge_channels)
        self.decoder.pitch.requires_grad_(False)
        self.learning = [p for p in self.decoder.parameters() if p.requires_grad]
        self.averaged = copy.deepcopy(self.decoder).eval()
        self.maker = torch.optim.AdamW(self.learning, config.rate, betas=(0.8, 0.95))
        self.judging = torch.optim.AdamW(
            self.judges.parameters(), config.adversarial_rate, betas=(0.8, 0.95)
        )
        self.log_mel, self.spectral = LogMel(), SpectralLoss()
        self.sampler = SegmentSampler(
            [ClipStore(Path(s.folder)) for s in config.train],
            [s.weight for s in config.train],
            config.speeds,
            config.seed,
        )
        self.held = SegmentSampler([ClipStore(Path(config.held_out))], [1.0], (1.0, 1.0), 1)
        self.step = 0

    def save(self) -> None:
        """Atomically."""
        parts = {name: part.state_dict() for name, part in self._parts().items()}
        sizes = asdict(self.config.decoder)
        state = {"step": self.step, "rng": torch.get_rng_state(), "sizes": sizes, **parts}
        partial = self.checkpoint.with_suffix(".partial")
        torch.save(state, partial)
        os.replace(partial, self.checkpoint)

    def load(self) -> None:
        if not self.checkpoint.is_file():
            raise InputError(f"nothing to resume: {self.checkpoint} does not exist.")
        state = torch.load(self.checkpoint, weights_only=True)
        for name, part in self._parts().items():
            part.load_state_dict(state[name])
        self.step = state["step"]
        torch.set_rng_state(state["rng"])

    def _parts(self) -> dict[str, nn.Module | torch.optim.Optimizer]:
        return {
            "decoder": self.decoder,
            "averaged": self.averaged,
            "judges": self.judges,
            "maker": self.maker,
            "judging": self.judging,
        }

    def learn_pitch(self) -> None:
        pitch = self.decoder.pitch.requires_grad_(True)
        c = self.config.pitch
        train_pitch(pitch, self.sampler, self.held, c.steps, c.batch_size, c.samples, c.rate)
        pitch.requires_grad_(False)
        self.averaged.pitch.load_state_dict(pitch.state_dict())

    def train_step(self) -> dict[str, float]:
        """One batch; returns the losses."""
        config = self.config
        self._set_rate()
        batch = self.sampler.batch(self.step, config.batch_size, config.samples)
        real = torch.from_numpy(batch.samples)
        made = self._decode(real)
        spectral = self.spectral(made, real)
        losses = {"spectral": spectral.item()}
        loss = config.spectral_weight * spectral
        if self.step >= config.spectral_steps:
            loss = loss + self._adversarial(made, real, losses)
        self.maker.zero_grad(set_to_none=True)
        loss.backward()
        losses["gradient"] = float(nn.utils.clip_grad_norm_(self.learning, 20.0))
        self.maker.step()
        self._average()
        self.step += 1
        return losses

    def _decode(self, real: Tensor) -> Tensor:
        """Copy-synthesis of (B, N), from a mel that is slightly off, as a model's will be."""
        mel = self.log_mel(real)
        off = self.config.mel_noise * torch.rand(len(mel), 1, 1)
        mel = mel + off * torch.randn_like(mel)
        start = torch.randint(0, 1 << 17, (len(mel),))
        with torch.autocast("cpu", torch.bfloat16):
            return self.decoder(mel, torch.rand(len(mel)), start)

    def _adversarial(self, made: Tensor, real: Tensor, losses: dict[str, float]) -> Tensor:
        config = self.config
        at = int(torch.randint(0, made.shape[1] - config.judged_samples + 1, ()))
        made = made[:, at : at + config.judged_samples]
        real = real[:, at : at + config.judged_samples]
        if self.step % config.judge_every == 0:
            losses["judges"] = self._teach_judges(made.detach(), real)
        self.judges.requires_grad_(False)
        with torch.autocast("cpu", torch.bfloat16):
            with torch.no_grad():
                of_real = self.judges(real)
            of_made = self.judges(made)
        self.judges.requires_grad_(True)
        adversarial, features = adversarial_loss(of_made), feature_loss(of_real, of_made)
        losses |= {"adversarial": adversarial.item(), "features": features.item()}
        return adversarial + config.feature_weight * features

    def _teach_judges(self, made: Tensor, real: Tensor) -> float:
        with torch.autocast("cpu", torch.bfloat16):
            loss = discriminator_loss(self.judges(real), self.judges(made))
        self.judging.zero_grad(set_to_none=True)
        loss.backward()
        self.judging.step()
        return loss.item()

    def _set_rate(self) -> None:
        """Warm up, hold; with the discriminators, decay linearly to the end."""
        c = self.config
        if self.step < c.spectral_steps:
            rate = c.rate * min(1.0, (self.step + 1) / c.warmup_steps)
        else:
            done = (self.step - c.spectral_steps) / max(1, c.steps - c.spectral_steps)
            rate = c.final_rate + (c.adversarial_rate - c.final_rate) * max(0.0, 1 - done)
        for optimiser in (self.maker, self.judging):
            for group in optimiser.param_groups:
                group["lr"] = rate

    def _average(self) -> None:
        weight = 1 - min(self.config.ema, (self.step + 1) / (self.step + 10))
        with torch.no_grad():
            for mean, now in zip(
                self.averaged.parameters(), self.decoder.parameters(), strict=True
            ):
                mean.lerp_(now, weight)

    @torch.no_grad()
    def validate(self) -> dict[str, float]:
        """Copy-synthesis of unseen clips by the averaged weights."""
        real = torch.from_numpy(self.held.batch(0, 32, 32_768).samples)
        mel = self.log_mel(real)
        zeros = torch.zeros(len(mel))
        made = self.averaged(mel, zeros, zeros.long())
        return {
            "held_spectral": float(self.spectral(made, real)),
            "held_mel": float((self.log_mel(made) - mel).abs().mean()),
        }


def train(
    config_path: str | Path,
    *,
    run_dir: str | Path,
    resume: bool = False,
    init_from: str | Path | None = None,
    overrides: tuple[str, ...] = (),
) -> None:
    """`omnitalker train vocoder`. `init_from`: a vocoder folder; its pitch network is kept as it is."""
    config = load_config(VocoderTraining, config_path, overrides)
    torch.set_num_threads(config.threads)
    run_dir = Path(run_dir)
    run_dir.mkdir(parents=True, exist_ok=True)
    trainer = Trainer(config, run_dir)
    if resume:
        trainer.load()
    elif init_from is not None:
        weights = Vocoder.from_pretrained(init_from).decoder.state_dict()
        trainer.decoder.load_state_dict(weights)
        trainer.averaged.load_state_dict(weights)
    else:
        trainer.learn_pitch()
        trainer.save()
    _run(trainer, SummaryWriter(str(run_dir / "tensorboard")))


def _run(trainer: Trainer, board: SummaryWriter) -> None:
    config = trainer.config
    saved, began, first = time.time(), time.time(), trainer.step
    while trainer.step < config.steps:
        losses = trainer.train_step()
        if trainer.step % config.log_every == 1:
            pace = (time.time() - began) / (trainer.step - first)
            text = " ".join(f"{name} {value:.3f}" for name, value in losses.items())
            logger.info("step %d/%d %s %.2f s/step", trainer.step, config.steps, text, pace)
            for name, value in losses.items():
                board.add_scalar(name, value, trainer.step)
        if time.time() - saved > 60 * config.checkpoint_minutes:
            trainer.save()
            saved = time.time()
            checks = trainer.validate()
            logger.info("held out: %s", " ".join(f"{k} {v:.4f}" for k, v in checks.items()))
            for name, value in checks.items():
                board.add_scalar(name, value, trainer.step)
    trainer.save()


def export(run_dir: str | Path, directory: str | Path, dtype: torch.dtype = torch.float16) -> None:
    """The averaged weights of a run as a vocoder folder."""
    state = torch.load(Path(run_dir) / STATE_FILE, weights_only=True)
    vocoder = Vocoder(**state["sizes"])
    vocoder.decoder.load_state_dict(state["averaged"])
    vocoder.to(dtype).save_pretrained(directory)
    logger.info("exported step %d to %s", state["step"], directory)


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    config_file, folder = sys.argv[1:3]
    train(config_file, run_dir=folder, resume=(Path(folder) / STATE_FILE).exists())
