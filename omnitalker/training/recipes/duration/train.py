"""Train the duration model: the phonemes of a prompt keep their times, those that follow are to be told."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from omnitalker.base import timeline
from omnitalker.base.errors import InputError
from omnitalker.corpus.item import CorpusItem
from omnitalker.corpus.store import Corpus, open_corpus
from omnitalker.models.duration import DurationInputs, DurationModel, log_seconds, seconds_of
from omnitalker.models.presets import build_duration
from omnitalker.training.devices import moved
from omnitalker.training.loop import BatchRng, LoopConfig, Task
from omnitalker.training.recipe import PartRecipe
from omnitalker.training.recipes.dit.batching import Voice, voice_of


@dataclass(frozen=True)
class DurationTrainConfig:
    corpus: Path
    model: Path
    loop: LoopConfig = field(default_factory=LoopConfig)
    items_per_batch: int = 32
    prompt_phonemes: tuple[int, int] = (8, 60)
    """Shortest and longest known beginning."""
    no_prompt: float = 0.15
    mel_prompt: float = 0.3
    """Prompts known by their mel alone."""
    valid_batches: int = 4


@dataclass(frozen=True)
class DurationBatch:
    inputs: DurationInputs
    wanted: Tensor
    """(B, P) log durations."""
    counted: Tensor
    """(B, P) bool: phonemes the loss looks at."""


class DurationTask(Task):
    """Plugs the duration model into the training loop."""

    def __init__(self, config: DurationTrainConfig, model: DurationModel) -> None:
        self.config = config
        self.model = model
        corpus = open_corpus(config.corpus).filter(where=lambda info: info.has_text)
        train, valid = corpus.filter(split="train"), corpus.filter(split="valid")
        self._train = PairSampler(train)
        self._valid = PairSampler(valid) if len(valid) else self._train

    def batch(self, dice: BatchRng) -> DurationBatch:
        return self._batch(self._train, dice)

    def losses(self, model: nn.Module, batch: DurationBatch) -> Mapping[str, Tensor]:
        batch = moved(batch, model)
        error = (model(batch.inputs) - batch.wanted).abs()
        return {"loss": (error * batch.counted).sum() / batch.counted.sum().clamp(min=1)}

    def validate(self, _directory: Path, _step: int) -> Mapping[str, float]:
        losses, ratios = [], []
        for index in range(self.config.valid_batches):
            batch = self._batch(self._valid, BatchRng.fixed(index))
            losses.append(float(self.losses(self.model, batch)["loss"]))
            predicted = (seconds_of(self.model(batch.inputs)) * batch.counted).sum(dim=1)
            true = (seconds_of(batch.wanted) * batch.counted).sum(dim=1)
            ratios.append((predicted / true.clamp(min=0.1)).log().abs().mean().item())
        return {"loss": float(np.mean(losses)), "total_length_error": float(np.mean(ratios))}

    def _batch(self, sampler: PairSampler, dice: BatchRng) -> DurationBatch:
        pairs = [sampler.pair(dice.numpy) for _ in range(self.config.items_per_batch)]
        return assemble([self._row(*pair, dice.numpy) for pair in pairs])

    def _row(self, prompt: CorpusItem, target: CorpusItem, rng: np.random.Generator) -> _Row:
        chance = rng.random()
        nothing = np.zeros(0, np.int64)
        seconds = np.diff(target.starts).astype(np.float32)
        if chance < self.config.no_prompt:
            return _Row(nothing, nothing, seconds[:0], target, seconds, None)
        if chance < self.config.no_prompt + self.config.mel_prompt:
            mel = prompt.mel[-int(rng.integers(90, 300)) :].astype(np.float32)
            return _Row(nothing, nothing, seconds[:0], target, seconds, mel)
        least, most = self.config.prompt_phonemes
        kept = slice(-int(rng.integers(least, most + 1)), None)
        return _Row(
            prompt.symbols[kept].astype(np.int64),
            prompt.tones[kept].astype(np.int64),
            np.diff(prompt.starts)[kept].astype(np.float32),
            target,
            seconds,
            None,
        )


@dataclass(frozen=True)
class _Row:
    """One sequence before padding."""

    symbols: np.ndarray
    tones: np.ndarray
    known: np.ndarray
    target: CorpusItem
    seconds: np.ndarray
    mel: np.ndarray | None


class PairSampler:
    """Two utterances of one voice and manner, drawn by the items' weights."""

    def __init__(self, corpus: Corpus) -> None:
        if len(corpus) == 0:
            raise InputError("the corpus has no transcribed items; build it or align it first.")
        self.corpus = corpus
        infos = corpus.infos
        weights = np.array([info.weight for info in infos])
        self._chances = weights / weights.sum()
        self._groups: dict[Voice, list[int]] = defaultdict(list)
        for index, info in enumerate(infos):
            self._groups[voice_of(info)].append(index)
        self._infos = infos

    def pair(self, rng: np.random.Generator) -> tuple[CorpusItem, CorpusItem]:
        """A prompt and what follows it. The only item of a voice is cut in two."""
        index = int(rng.choice(len(self._chances), p=self._chances))
        others = [other for other in self._groups[voice_of(self._infos[index])] if other != index]
        item = self.corpus[index]
        if others:
            return self.corpus[int(rng.choice(others))], item
        return cut(item, int(rng.uniform(0.3, 0.7) * len(item.symbols)))


def cut(item: CorpusItem, phonemes: int) -> tuple[CorpusItem, CorpusItem]:
    """The first `phonemes` phonemes of an item with their mel, and the rest; at least one each."""
    phonemes = min(max(1, phonemes), len(item.symbols) - 1)
    if phonemes < 1:
        return item, item
    frame = round(float(item.starts[phonemes]) * float(timeline.MEL_RATE))
    first = replace(
        item,
        symbols=item.symbols[:phonemes],
        tones=item.tones[:phonemes],
        starts=item.starts[: phonemes + 1],
        mel=item.mel[: max(1, frame)],
    )
    rest = replace(
        item,
        symbols=item.symbols[phonemes:],
        tones=item.tones[phonemes:],
        starts=item.starts[phonemes:],
        mel=item.mel[frame:],
    )
    return first, rest


def assemble(rows: Sequence[_Row]) -> DurationBatch:
    """Rows of any lengths as one padded batch."""
    leads = [len(row.symbols) for row in rows]
    lengths = [lead + len(row.seconds) for lead, row in zip(leads, rows, strict=True)]
    longest = max(lengths)
    symbols, tones = (np.zeros((len(rows), longest), np.int64) for _ in range(2))
    seconds = np.zeros((len(rows), longest), np.float32)
    place = np.arange(longest)[None]
    for index, row in enumerate(rows):
        span = slice(0, lengths[index])
        symbols[index, span] = np.concatenate([row.symbols, row.target.symbols])
        tones[index, span] = np.concatenate([row.tones, row.target.tones])
        seconds[index, span] = np.concatenate([row.known, row.seconds])
    given = torch.from_numpy(place < np.array(leads)[:, None])
    valid = torch.from_numpy(place < np.array(lengths)[:, None])
    mel, mel_valid = _mels(rows)
    values = torch.from_numpy(seconds)
    return DurationBatch(
        inputs=DurationInputs(
            symbols=torch.from_numpy(symbols),
            tones=torch.from_numpy(tones),
            seconds=values,
            given=given,
            valid=valid,
            mel=mel,
            mel_valid=mel_valid,
        ),
        wanted=log_seconds(values),
        counted=valid & ~given,
    )


def _mels(rows: Sequence[_Row]) -> tuple[Tensor, Tensor]:
    """(B, T, 100) and (B, T) bool; at least one frame long."""
    found = [row.mel for row in rows]
    longest = max([len(mel) for mel in found if mel is not None] or [1])
    bins = rows[0].target.mel.shape[1]
    mel = np.zeros((len(rows), longest, bins), np.float32)
    valid = np.zeros((len(rows), longest), bool)
    for index, values in enumerate(found):
        if values is not None:
            mel[index, : len(values)] = values
            valid[index, : len(values)] = True
    return torch.from_numpy(mel), torch.from_numpy(valid)


class DurationRecipe(PartRecipe[DurationTrainConfig, DurationModel]):
    settings = DurationTrainConfig
    part = "duration"

    def untrained(self, config: DurationTrainConfig) -> DurationModel:
        return build_duration(config.model)

    def task(
        self, config: DurationTrainConfig, network: DurationModel, _run_dir: Path
    ) -> DurationTask:
        return DurationTask(config, network)


RECIPE = DurationRecipe()
