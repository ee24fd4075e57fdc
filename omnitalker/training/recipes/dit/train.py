"""Train the dual-branch transformer: flow matching on the masked part of joined utterances."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from omnitalker.audio.curves import ENERGY_SCALE
from omnitalker.base import timeline
from omnitalker.corpus.store import open_corpus
from omnitalker.models.conditions import Conditions, drop
from omnitalker.models.dit import DualBranchDiT
from omnitalker.models.presets import build_dit
from omnitalker.training.devices import moved
from omnitalker.training.loop import BatchRng, LoopConfig, Task
from omnitalker.training.losses import flow_times
from omnitalker.training.recipe import PartRecipe
from omnitalker.training.recipes.dit.batching import (
    LengthConfig,
    SequenceExample,
    SequenceSampler,
    measure,
    stack,
)
from omnitalker.training.recipes.dit.critic import CriticConfig
from omnitalker.training.recipes.dit.growing import GrowingSequences
from omnitalker.training.recipes.dit.lesson import DitBatch, Lesson, LossConfig
from omnitalker.training.recipes.dit.masking import (
    MaskConfig,
    Masks,
    draw_masks,
    on_mel_grid,
    on_motion_grid,
    turned,
)
from omnitalker.training.recipes.dit.samples import write_samples
from omnitalker.training.recipes.dit.warm_start import grown

ROUGH_FRAMES = 8
"""Mel frames from one error of the told curves to the next."""


@dataclass(frozen=True)
class DitTrainConfig:
    corpus: Path
    model: Path
    """A preset of `omnitalker/data/model`."""
    grow_from: Path | None = None
    """A trained transformer of another form, whose weights are taken wherever they fit."""
    loop: LoopConfig = field(default_factory=LoopConfig)
    lengths: LengthConfig = field(default_factory=LengthConfig)
    masks: MaskConfig = field(default_factory=MaskConfig)
    loss: LossConfig = field(default_factory=LossConfig)
    rough_curves: tuple[float, float] = (0.0, 0.0)
    """By how much the told pitch (octaves) and energy (nats) are off: what is decided at run time is never quite right."""
    critic: CriticConfig | None = None
    """For a mel made in one pass: what judges how real it looks."""
    sound_alone: float = 0.0
    """Share of the steps that train the sound without a face, as where none is wanted."""
    untranscribed_share: float = 0.15
    """The most that items without text may take of what is drawn."""
    source_weights: dict[str, float] = field(default_factory=dict)
    """How often to draw from a source and language, as in `espeak-zh: 2`; 1 where not named."""
    reopen_steps: int = 0
    """Look for new items in a corpus that is still growing every so many steps; 0 = never."""
    valid_batches: int = 4
    samples: int = 2
    """Sequences to generate and plot at each validation."""
    vocoder: Path | None = None
    """Makes the samples audible."""
    gradient_checkpointing: bool = False


class DitTask(Task):
    """Plugs the transformer into the training loop."""

    def __init__(self, config: DitTrainConfig, model: DualBranchDiT) -> None:
        self.config = config
        self.network = model
        self.model = Lesson(model, config.loss, config.critic)
        if config.gradient_checkpointing:
            model.gradient_checkpointing = True
        self._sequences = GrowingSequences(
            config.corpus,
            lambda corpus: SequenceSampler(
                corpus, config.untranscribed_share, config.source_weights
            ),
            config.reopen_steps,
        )

    @property
    def shipped(self) -> DualBranchDiT:
        return self.network

    def batch(self, dice: BatchRng) -> DitBatch:
        batch = self._batch(self._sequences.for_next_batch(), dice)
        known = roughened(batch.conditions, self.config.rough_curves, dice.torch)
        batch = replace(batch, conditions=known)
        if dice.numpy.random() < self.config.sound_alone:
            batch = replace(batch, motion=None, noise_motion=None, motion_wanted=None)
        if self.config.critic is None:
            return batch
        late = (dice.done - self.config.critic.alone) / (2 * self.config.critic.alone)
        return replace(batch, belief=min(1.0, max(0.0, late)))

    def losses(self, model: nn.Module, batch: DitBatch) -> Mapping[str, Tensor]:
        return model(moved(batch, model))

    def validate(self, directory: Path, step: int) -> Mapping[str, float]:
        totals: dict[str, list[float]] = {}
        for index in range(self.config.valid_batches):
            batch = self._batch(self._sequences.held_out, BatchRng.fixed(index))
            for name, value in self.losses(self.model, batch).items():
                totals.setdefault(name, []).append(float(value))
        if self.config.samples:
            write_samples(
                self.network,
                self._sequences.held_out,
                directory / f"step_{step:06d}",
                count=self.config.samples,
                vocoder=self.config.vocoder,
            )
        return {name: float(np.mean(values)) for name, values in totals.items()}

    def _batch(self, sampler: SequenceSampler, dice: BatchRng) -> DitBatch:
        examples = sampler.batch(dice.numpy, self.config.lengths)
        blocks = timeline.blocks_in_mel(len(examples[0].mel))
        masks = draw_masks(dice.numpy, len(examples), blocks, self.config.masks)
        critic = self.config.critic
        return assemble(
            self.network,
            examples,
            masks,
            dice.torch,
            self.config.loss.noisy_share,
            critic.frames if critic else 0,
        )


def assemble(
    network: DualBranchDiT,
    examples: list[SequenceExample],
    masks: Masks,
    generator: torch.Generator,
    noisy_share: float = 0.0,
    judged_frames: int = 0,
) -> DitBatch:
    """Equally long sequences and what is known of them -> a batch."""
    mel = network.normalise_mel(stack([e.mel for e in examples]))
    motion = network.normalise_motion(stack([e.motion for e in examples]))
    phonemes = stack([e.phonemes for e in examples])
    tones = stack([e.tones for e in examples])
    has_motion = torch.tensor([e.has_motion for e in examples])
    mel_given = on_mel_grid(masks.known) | masks.sound_given[:, None]
    face_given = on_motion_grid(masks.known) | masks.face_given[:, None]
    motion_given = face_given & has_motion[:, None]

    spoken = ~(mel_given & masks.drop_prompt_text[:, None])
    mixed = not bool(has_motion.all())
    conditions = Conditions(
        phonemes=phonemes * spoken,
        tones=tones * spoken,
        mel_prompt=mel * mel_given[..., None],
        mel_given=mel_given,
        motion_prompt=turned(motion, masks.motion_shift) * motion_given[..., None],
        motion_given=motion_given,
        mel_valid=torch.ones_like(mel_given) if mixed else None,
        motion_valid=has_motion[:, None].expand_as(motion_given) if mixed else None,
        prosody=stack([e.curves for e in examples]) if network.curves_in is not None else None,
    )
    conditions = drop(
        conditions,
        text=masks.drop_text,
        audio=masks.drop_audio & ~masks.sound_given,
        motion=masks.drop_motion & ~masks.face_given,
        prosody=masks.drop_prosody,
    )
    noise_mel = torch.randn(mel.shape, generator=generator)
    if network.detail is not None:
        conditions = replace(conditions, texture=noise_mel)
    any_motion = bool(has_motion.any())
    mel_wanted = ~(on_mel_grid(masks.known) | masks.sound_given[:, None])
    return DitBatch(
        mel=mel,
        motion=motion if any_motion else None,
        conditions=conditions,
        noise_mel=noise_mel,
        noise_motion=torch.randn(motion.shape, generator=generator) if any_motion else None,
        time=flow_times(len(examples), generator, noisy_share),
        mel_wanted=mel_wanted,
        mel_weights=_recorded_bins([e.bandwidth for e in examples]),
        motion_wanted=~face_given & has_motion[:, None] if any_motion else None,
        judged=_begins(mel_wanted, judged_frames, generator),
    )


def roughened(
    conditions: Conditions, errors: tuple[float, float], generator: torch.Generator
) -> Conditions:
    """The told curves (octaves, share, energy, told) with slow errors of a usual size where they are told."""
    curves = conditions.prosody
    if curves is None or not any(errors):
        return conditions
    coarse = torch.randn(len(curves), 2, 2 + curves.shape[1] // ROUGH_FRAMES, generator=generator)
    fine = nn.functional.interpolate(coarse, curves.shape[1], mode="linear", align_corners=True)
    off = torch.zeros_like(curves)
    off[..., 0] = errors[0] * fine[:, 0]
    off[..., 2] = errors[1] / ENERGY_SCALE * fine[:, 1]
    return replace(conditions, prosody=curves + off * curves[..., 3:])


def _begins(wanted: Tensor, frames: int, generator: torch.Generator) -> Tensor:
    """(B, T) bool -> (B,) somewhere after the first frame that is wanted, with `frames` left if there are."""
    first, last = wanted.float().argmax(dim=1), max(0, wanted.shape[1] - frames)
    share = torch.rand(len(wanted), generator=generator)
    return (first + share * (last - first).clamp(min=0)).long().clamp(max=last)


def _recorded_bins(bandwidths: Sequence[float]) -> Tensor:
    """Hz of each item -> (B, 1, 100): 1 for the bins that lie below."""
    highest = math.log1p(timeline.SAMPLE_RATE / 2 / 700.0)
    tops = 700.0 * (torch.arange(1, timeline.N_MELS + 1) / timeline.N_MELS * highest).expm1()
    recorded = tops[None] <= torch.tensor(bandwidths)[:, None] + 1.0
    return recorded[:, None].float()


class DitRecipe(PartRecipe[DitTrainConfig, DualBranchDiT]):
    settings = DitTrainConfig
    part = "transformer"
    dtype = torch.bfloat16

    def untrained(self, config: DitTrainConfig) -> DualBranchDiT:
        if config.grow_from is not None:
            return grown(config.model, DualBranchDiT.from_pretrained(config.grow_from))
        corpus = open_corpus(config.corpus).filter(split="train")
        return build_dit(config.model, asdict(measure(corpus)))

    def task(self, config: DitTrainConfig, network: DualBranchDiT, _run_dir: Path) -> DitTask:
        return DitTask(config, network)


RECIPE = DitRecipe()
