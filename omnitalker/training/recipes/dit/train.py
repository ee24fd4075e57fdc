"""Train the dual-branch transformer: flow matching on the masked part of joined utterances."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from omnitalker.base import timeline
from omnitalker.corpus.store import open_corpus
from omnitalker.models.conditions import Conditions, drop
from omnitalker.models.dit import LATEST, DualBranchDiT, Velocity
from omnitalker.models.presets import build_dit
from omnitalker.motion.names import EXPRESSION_SLICE, GAZE_SLICE, MOTION_DIM, POSE_SLICE
from omnitalker.training.devices import moved
from omnitalker.training.loop import BatchRng, LoopConfig, Task
from omnitalker.training.losses import Kind, flow_point, flow_times, masked_error
from omnitalker.training.recipe import PartRecipe
from omnitalker.training.recipes.dit.batching import (
    LengthConfig,
    SequenceExample,
    SequenceSampler,
    measure,
    stack,
)
from omnitalker.training.recipes.dit.growing import GrowingSequences
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


@dataclass(frozen=True)
class LossConfig:
    kind: Kind = "l2"
    mel: float = 1.0
    motion: float = 1.0
    expression: float = 1.0
    pose: float = 1.0
    gaze: float = 0.5
    noisy_share: float = 0.0
    """Share of flow times drawn next to the noise, where a few-step sampler decides most."""
    text_guidance: float = 0.0
    """Guidance by text that becomes part of the weights, so that sampling needs none (arXiv 2502.12154).

    g makes the network answer as if guided by 1 / (1 - g): 0.35 is a scale of 1.54. For a last part of
    training, once the network knows what text does.
    """
    voice_guidance: float = 0.0
    """The same by the prompt's sound: how firmly to keep to its voice."""


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


@dataclass(frozen=True)
class DitBatch:
    mel: Tensor
    """(B, T, 100) normalised."""
    motion: Tensor | None
    """(B, F, 61) normalised; None when no sequence has motion."""
    conditions: Conditions
    noise_mel: Tensor
    noise_motion: Tensor | None
    time: Tensor
    """(B,)."""
    mel_wanted: Tensor
    """(B, T) bool: frames that the loss looks at."""
    mel_weights: Tensor
    """(B, 1, 100): zero for bins above what was recorded."""
    motion_wanted: Tensor | None


class DitTask(Task):
    """Plugs the transformer into the training loop."""

    def __init__(self, config: DitTrainConfig, model: DualBranchDiT) -> None:
        self.config = config
        self.model = model
        self.network = model
        if config.gradient_checkpointing:
            model.gradient_checkpointing = True
        self._sequences = GrowingSequences(
            config.corpus,
            lambda corpus: SequenceSampler(
                corpus, config.untranscribed_share, config.source_weights
            ),
            config.reopen_steps,
        )
        weights = torch.ones(MOTION_DIM)
        weights[EXPRESSION_SLICE] = config.loss.expression
        weights[POSE_SLICE] = config.loss.pose
        weights[GAZE_SLICE] = config.loss.gaze
        self._motion_weights = weights

    def batch(self, dice: BatchRng) -> DitBatch:
        return self._batch(self._sequences.for_next_batch(), dice)

    def losses(self, model: nn.Module, batch: DitBatch) -> Mapping[str, Tensor]:
        batch = moved(batch, model)
        is_one_pass = self.network.mel_source == "harmonics"
        noisy_mel = torch.zeros_like(batch.mel)
        if not is_one_pass:
            noisy_mel = flow_point(batch.mel, batch.noise_mel, batch.time)
        noisy_motion = None
        if batch.motion is not None:
            assert batch.noise_motion is not None
            noisy_motion = flow_point(batch.motion, batch.noise_motion, batch.time)
        velocity: Velocity = model(noisy_mel, noisy_motion, batch.time, batch.conditions)
        assert velocity.mel is not None
        kind = self.config.loss.kind
        if is_one_pass:
            told, wanted, mel_kind = arrival(velocity.mel, batch.time), batch.mel, "l1"
        else:
            told, wanted, mel_kind = velocity.mel, batch.mel - batch.noise_mel, kind
            if self.network.training:
                wanted = wanted + self._guidance(told.detach(), noisy_mel, noisy_motion, batch)
        losses = {"mel": masked_error(told, wanted, batch.mel_wanted, mel_kind, batch.mel_weights)}
        total = self.config.loss.mel * losses["mel"]
        if batch.motion is not None:
            wanted = batch.motion - batch.noise_motion
            weights = self._motion_weights.to(batch.motion.device)
            losses["motion"] = masked_error(
                velocity.motion, wanted, batch.motion_wanted, kind, weights
            )
            total = total + self.config.loss.motion * losses["motion"]
        return {"loss": total, **losses}

    @torch.no_grad()
    def _guidance(
        self, told: Tensor, noisy_mel: Tensor, noisy_motion: Tensor | None, batch: DitBatch
    ) -> Tensor | float:
        """How far to push the mel's target away from what the network says without text or voice.

        Comes after the pass with gradients: autocast keeps the weights of the first pass.
        """
        loss, known = self.config.loss, batch.conditions
        has_text, has_voice = known.phonemes.any(dim=1), known.mel_given.any(dim=1)
        push: Tensor | float = 0.0
        for strength, has, without in (
            (loss.text_guidance, has_text, {"text": True}),
            (loss.voice_guidance, has_voice, {"audio": True}),
        ):
            if strength:
                blind = drop(known, **without)
                untold = self.network(noisy_mel, noisy_motion, batch.time, blind).mel
                push = push + strength * has[:, None, None] * (told - untold).float()
        return push

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
        return assemble(self.network, examples, masks, dice.torch, self.config.loss.noisy_share)


def arrival(velocity: Tensor, time: Tensor) -> Tensor:
    """Where a mel that began at zero gets to by this velocity at `time` (B,)."""
    return velocity * (1 - time.clamp(max=LATEST)).view(-1, 1, 1)


def assemble(
    network: DualBranchDiT,
    examples: list[SequenceExample],
    masks: Masks,
    generator: torch.Generator,
    noisy_share: float = 0.0,
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
    any_motion = bool(has_motion.any())
    return DitBatch(
        mel=mel,
        motion=motion if any_motion else None,
        conditions=conditions,
        noise_mel=torch.randn(mel.shape, generator=generator),
        noise_motion=torch.randn(motion.shape, generator=generator) if any_motion else None,
        time=flow_times(len(examples), generator, noisy_share),
        mel_wanted=~(on_mel_grid(masks.known) | masks.sound_given[:, None]),
        mel_weights=_recorded_bins([e.bandwidth for e in examples]),
        motion_wanted=~face_given & has_motion[:, None] if any_motion else None,
    )


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
