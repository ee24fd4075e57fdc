"""Train the prosody network: the curves of the rest of a sequence, given its beginning and all of its text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from omnitalker.base import timeline
from omnitalker.corpus.store import Corpus
from omnitalker.models.presets import build_prosody
from omnitalker.models.prosody import (
    CURVES,
    SPOKEN,
    ProsodyInputs,
    ProsodyModel,
    register_of,
    to_units,
)
from omnitalker.training.devices import moved
from omnitalker.training.loop import BatchRng, LoopConfig, Task
from omnitalker.training.recipe import PartRecipe
from omnitalker.training.recipes.dit.batching import LengthConfig, SequenceSampler, stack
from omnitalker.training.recipes.dit.growing import GrowingSequences
from omnitalker.training.recipes.prosody.critic import CurveCriticConfig
from omnitalker.training.recipes.prosody.lesson import ProsodyBatch, ProsodyLesson


@dataclass(frozen=True)
class ProsodyTrainConfig:
    corpus: Path
    model: Path
    loop: LoopConfig = field(default_factory=LoopConfig)
    lengths: LengthConfig = field(default_factory=LengthConfig)
    prefix_blocks: tuple[int, int] = (4, 20)
    no_prefix: float = 0.05
    drop_prefix_text: float = 0.15
    """The prompt has no transcript."""
    noisy_share: float = 0.5
    """Flow times at 0 itself, where the likeliest melody is learnt; the rest are uniform."""
    unvoiced_pitch: float = 0.1
    """How much the pitch counts where nobody hears it."""
    source_weights: dict[str, float] = field(default_factory=dict)
    """How often to draw from a source and language, as in `kokoro-zh: 2`; 1 where not named."""
    reopen_steps: int = 0
    critic: CurveCriticConfig | None = None
    """What judges how real decided curves look."""
    still_share: float = 0.5
    """Of those at flow time 0: without any noise, from which the likeliest melody comes."""
    valid_batches: int = 4


class ProsodyTask(Task):
    """Plugs the prosody network into the training loop."""

    def __init__(self, config: ProsodyTrainConfig, model: ProsodyModel) -> None:
        self.config = config
        self.network = model
        self.model = ProsodyLesson(model, config.critic)
        self._sequences = GrowingSequences(config.corpus, self._spoken, config.reopen_steps)

    @property
    def shipped(self) -> ProsodyModel:
        return self.network

    def batch(self, dice: BatchRng) -> ProsodyBatch:
        batch = self._batch(self._sequences.for_next_batch(), dice)
        if self.config.critic is None:
            return batch
        late = (dice.done - self.config.critic.alone) / (2 * self.config.critic.alone)
        return replace(batch, belief=min(1.0, max(0.0, late)))

    def losses(self, model: nn.Module, batch: ProsodyBatch) -> Mapping[str, Tensor]:
        return model(moved(batch, model))  # type: ignore[no-any-return]

    def validate(self, _directory: Path, _step: int) -> Mapping[str, float]:
        """The likeliest curves in one pass: semitones and nats off the true ones, and frames voiced amiss."""
        figures: dict[str, list[float]] = {"semitones": [], "voicing": [], "energy": []}
        for index in range(self.config.valid_batches):
            batch = self._batch(self._sequences.held_out, BatchRng.fixed(index))
            still = torch.zeros_like(batch.noise)
            made = self.network(still, torch.zeros(len(still)), batch.inputs)
            counted = batch.weights[..., 1] > 0
            voice = counted & (batch.wanted[..., 1] > 0)
            off = (made - batch.wanted).abs()
            figures["semitones"].append(float(off[..., 0][voice].mean()) * 12 / 4)
            figures["energy"].append(float(off[..., 2][counted].mean()) * 3)
            amiss = (made[..., 1] > 0) != (batch.wanted[..., 1] > 0)
            figures["voicing"].append(float(amiss[counted].float().mean()))
        return {name: float(np.mean(values)) for name, values in figures.items()}

    def _spoken(self, corpus: Corpus) -> SequenceSampler:
        spoken = corpus.filter(where=lambda info: info.has_text)
        return SequenceSampler(spoken, 0.0, self.config.source_weights)

    def _batch(self, sampler: SequenceSampler, dice: BatchRng) -> ProsodyBatch:
        rng, config = dice.numpy, self.config
        examples = sampler.batch(rng, config.lengths)
        middle = slice(timeline.CURVE_MEL_FRAMES // 2, None, timeline.CURVE_MEL_FRAMES)
        numbers = torch.from_numpy(np.stack([e.curves[middle, :CURVES] for e in examples]))
        count, frames = numbers.shape[:2]
        blocks = frames // timeline.BLOCK_CURVE_FRAMES
        least, most = config.prefix_blocks
        lead = rng.integers(least, min(most, blocks - 3) + 1, size=count)
        lead[rng.random(count) < config.no_prefix] = 0
        given = (
            torch.arange(frames)[None]
            < torch.from_numpy(lead * timeline.BLOCK_CURVE_FRAMES)[:, None]
        )
        register = register_of(numbers, given)
        wanted = to_units(numbers, register)
        hidden = torch.from_numpy(rng.random(count) < config.drop_prefix_text)
        spoken = ~(given & hidden[:, None]).repeat_interleave(timeline.CURVE_MEL_FRAMES, dim=1)
        time = torch.rand(count, generator=dice.torch)
        time = torch.where(torch.rand(count, generator=dice.torch) < config.noisy_share, 0.0, time)
        still = (torch.rand(count, generator=dice.torch) < config.still_share) & (time == 0)
        noise = torch.randn(wanted.shape, generator=dice.torch) * ~still[:, None, None]
        weights = (~given)[..., None].expand_as(wanted).float().clone()
        weights[..., 0] *= torch.where(numbers[..., 1] > SPOKEN, 1.0, config.unvoiced_pitch)
        return ProsodyBatch(
            inputs=ProsodyInputs(
                phonemes=stack([e.phonemes for e in examples]) * spoken,
                tones=stack([e.tones for e in examples]) * spoken,
                known=wanted * given[..., None],
                given=given,
            ),
            noise=noise,
            time=time,
            wanted=wanted,
            weights=weights,
        )


class ProsodyRecipe(PartRecipe[ProsodyTrainConfig, ProsodyModel]):
    settings = ProsodyTrainConfig
    part = "prosody"

    def untrained(self, config: ProsodyTrainConfig) -> ProsodyModel:
        return build_prosody(config.model)

    def task(
        self, config: ProsodyTrainConfig, network: ProsodyModel, _run_dir: Path
    ) -> ProsodyTask:
        return ProsodyTask(config, network)


RECIPE = ProsodyRecipe()
