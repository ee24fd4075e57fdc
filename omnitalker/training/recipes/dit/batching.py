"""From corpus items to training sequences: utterances of one voice and manner in a row, cut to length.

At run time the model continues a prompt that is another utterance of the same person; joining utterances
teaches exactly that. All sequences of a batch are equally long, so nothing is padded; batches of
several lengths alternate, the longer the fewer sequences.

Legend: K blocks, T = 15 K mel frames, F = 4 K motion frames.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from omnitalker.base import timeline
from omnitalker.base.errors import InputError
from omnitalker.corpus.item import CorpusItem, ItemInfo
from omnitalker.corpus.prosody import curves_of_item
from omnitalker.corpus.store import Corpus

FloatArray = npt.NDArray[np.float32]
IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True)
class SequenceExample:
    mel: FloatArray
    """(T, 100) log-mel."""
    motion: FloatArray
    """(F, 61); zeros where `has_motion` is False."""
    phonemes: IntArray
    """(T,) ids; 0 where the text is unknown."""
    tones: IntArray
    """(T,)."""
    curves: FloatArray
    """(T, 4) how it is said, as networks are told it: see `audio.curves`."""
    has_motion: bool
    bandwidth: float = timeline.SAMPLE_RATE / 2
    """Hz: above it the recording holds nothing to learn."""


class Voice(NamedTuple):
    """Whose items may follow each other."""

    speaker: str
    manner: str
    has_motion: bool
    own: bool
    """False where a second teacher only imitates the voice."""


@dataclass(frozen=True)
class LengthConfig:
    blocks: tuple[int, ...] = (20, 32, 44)
    """Sequence lengths, in blocks of 160 ms."""
    shares: tuple[float, ...] = (0.3, 0.5, 0.2)
    blocks_per_batch: int = 512
    """Sequences per batch x their length."""


class SequenceSampler:
    """Draws sequences from a corpus: an item by its weight, then more of the same voice and manner."""

    def __init__(
        self,
        corpus: Corpus,
        untranscribed_share: float = 0.15,
        source_weights: Mapping[str, float] | None = None,
    ) -> None:
        """`untranscribed_share`: the most that items without text may take of what is drawn.

        `source_weights`: on top of the items' own, by source and language as in `espeak-zh`.
        """
        if len(corpus) == 0:
            raise InputError("the corpus has no items of the wanted split; build it first.")
        self.corpus = corpus
        infos = corpus.infos
        extra = source_weights or {}
        weights = np.array(
            [i.weight * i.blocks * extra.get(f"{i.source}-{i.language}", 1.0) for i in infos],
            dtype=np.float64,
        )
        has_text = np.array([info.has_text for info in infos])
        self._chances = limited_chances(weights, ~has_text, untranscribed_share)
        self._groups: dict[Voice, list[int]] = defaultdict(list)
        for index, info in enumerate(infos):
            self._groups[voice_of(info)].append(index)
        self._infos = infos

    def batch(self, rng: np.random.Generator, lengths: LengthConfig) -> list[SequenceExample]:
        blocks = int(rng.choice(lengths.blocks, p=lengths.shares))
        count = max(1, lengths.blocks_per_batch // blocks)
        chosen = rng.choice(len(self._chances), size=count, p=self._chances)
        return [self.sequence(int(index), blocks, rng) for index in chosen]

    def sequence(self, index: int, blocks: int, rng: np.random.Generator) -> SequenceExample:
        """Exactly `blocks` blocks: from somewhere in item `index` on, then other items of its group."""
        group = self._groups[voice_of(self._infos[index])]
        parts: list[SequenceExample] = []
        missing = blocks
        while missing > 0:
            item = self.corpus[index]
            spare = max(0, item.info.blocks - missing)
            if parts:
                start = 0
            elif spare:
                start = int(rng.integers(spare + 1))
            else:
                start = int(rng.integers(max(1, item.info.blocks // 2)))
            parts.append(excerpt(item, start, min(item.info.blocks, start + missing)))
            missing -= min(item.info.blocks - start, missing)
            index = int(rng.choice(group))
        return join(parts)


def excerpt(item: CorpusItem, start: int, end: int) -> SequenceExample:
    """Blocks start to end of an item."""
    mel = slice(start * timeline.BLOCK_MEL_FRAMES, end * timeline.BLOCK_MEL_FRAMES)
    motion = slice(start * timeline.BLOCK_VIDEO_FRAMES, end * timeline.BLOCK_VIDEO_FRAMES)
    phonemes, tones = item.phonemes_per_frame()
    known = int(item.info.has_text)
    return SequenceExample(
        mel=item.mel[mel].astype(np.float32),
        motion=item.motion[motion].astype(np.float32),
        phonemes=phonemes[mel] * known,
        tones=tones[mel] * known,
        curves=curves_of_item(item).on_mel_grid()[mel],
        has_motion=item.info.has_motion,
        bandwidth=float(item.info.extra.get("bandwidth_hz", timeline.SAMPLE_RATE / 2)),
    )


def join(parts: Sequence[SequenceExample]) -> SequenceExample:
    return SequenceExample(
        mel=np.concatenate([part.mel for part in parts]),
        motion=np.concatenate([part.motion for part in parts]),
        phonemes=np.concatenate([part.phonemes for part in parts]),
        tones=np.concatenate([part.tones for part in parts]),
        curves=np.concatenate([part.curves for part in parts]),
        has_motion=all(part.has_motion for part in parts),
        bandwidth=min(part.bandwidth for part in parts),
    )


@dataclass(frozen=True)
class Statistics:
    """Mean and spread per channel over a corpus, in the words of `DualBranchDiT`'s configuration."""

    mel_mean: list[float]
    mel_std: list[float]
    motion_mean: list[float]
    motion_std: list[float]


MEL_STD_FLOOR = 0.5
MOTION_STD_FLOOR = 0.01
"""A coefficient that hardly moves must not have its noise blown up."""


def measure(corpus: Corpus, seed: int = 0, most: int = 400) -> Statistics:
    """Over at most `most` items, drawn by `seed`."""
    order = np.random.default_rng(seed).permutation(len(corpus))[:most]
    items = [corpus[int(index)] for index in order]
    mel_mean, mel_std = _moments([item.mel for item in items], MEL_STD_FLOOR)
    moving = [item.motion for item in items if item.info.has_motion]
    motion_mean, motion_std = _moments(moving or [items[0].motion], MOTION_STD_FLOOR)
    return Statistics(mel_mean, mel_std, motion_mean, motion_std)


def _moments(
    arrays: Sequence[npt.NDArray[np.float16]], floor: float
) -> tuple[list[float], list[float]]:
    values = np.concatenate(arrays).astype(np.float64)
    spread = np.maximum(values.std(axis=0), floor)
    return values.mean(axis=0).round(5).tolist(), spread.round(5).tolist()


def limited_chances(
    weights: FloatArray, limited: npt.NDArray[np.bool_], share: float
) -> FloatArray:
    """Weights as chances, with those of `limited` scaled down to at most `share` in all."""
    chances = weights / weights.sum()
    taken = chances[limited].sum()
    if taken <= share or limited.all():
        return chances
    return np.where(limited, chances * share / taken, chances * (1 - share) / (1 - taken))


def voice_of(info: ItemInfo) -> Voice:
    own_voice = info.extra.get("teacher") == info.extra.get("voice_teacher")
    return Voice(info.speaker, info.manner, info.has_motion, own_voice)


def stack(arrays: Sequence[npt.NDArray[np.generic]]) -> Tensor:
    """What each sequence of a batch holds -> (B, ...)."""
    return torch.from_numpy(np.stack(arrays))
