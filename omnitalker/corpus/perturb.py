"""More voices out of few: real clips played slower or faster are other people, with other throats.

Played at 0.85 of its speed, a voice is lower, its vocal tract longer and its pace calmer: someone else, and
as human as before. Copies are items of their own, under the speaker's name with the speed.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from omnitalker.audio.mel import mel_covering, pad_to_blocks
from omnitalker.audio.pcm import to_int16
from omnitalker.audio.resample import resample
from omnitalker.base import timeline
from omnitalker.corpus.alignment import motion_of
from omnitalker.corpus.item import CorpusItem
from omnitalker.corpus.prosody import heard
from omnitalker.corpus.store import Corpus, ShardWriter, open_corpus
from omnitalker.corpus.teachers.speech import TimedSymbol
from omnitalker.text.symbols import SYMBOLS

logger = logging.getLogger(__name__)

_ITEMS_PER_SHARD = 64


def add_perturbed(
    directory: str | Path, speeds: Sequence[float] = (0.84, 0.91, 1.1, 1.2), weight: float = 0.25
) -> int:
    """Add a copy at each of `speeds` of every real training item; how many were new.

    weight: of a copy, as a share of its original's.
    """
    writer = ShardWriter(directory)
    known = writer.known_ids()
    corpus = open_corpus(directory).filter(
        split="train", where=lambda info: info.is_real and "@" not in info.id
    )
    made: list[CorpusItem] = []
    count = 0
    for item in _copies(corpus, speeds, weight, known):
        made.append(item)
        count += 1
        if len(made) == _ITEMS_PER_SHARD:
            writer.write(made[0].info.id, made)
            made = []
    if made:
        writer.write(made[0].info.id, made)
    logger.info("added %d copies of %d real items", count, len(corpus))
    return count


def perturbed(item: CorpusItem, speed: float, weight: float = 1.0) -> CorpusItem:
    """`item` played at `speed`, by a speaker who moves in a way of his own."""
    played = timeline.SAMPLE_RATE
    samples = item.sound
    samples = pad_to_blocks(resample(samples, round(played * speed), played))
    blocks = len(samples) // timeline.BLOCK_SAMPLES
    starts = (item.starts / speed).astype(np.float32)
    starts[-1] = blocks * float(timeline.BLOCK_SECONDS)
    mel = mel_covering(samples)
    info = replace(
        item.info,
        id=f"{item.info.id}@{speed:g}",
        speaker=f"{item.info.speaker}@{speed:g}",
        weight=item.info.weight * weight,
        blocks=blocks,
    )
    copy = CorpusItem(
        info=info,
        samples=to_int16(samples),
        mel=mel.astype(np.float16),
        **heard(mel),
        symbols=item.symbols,
        tones=item.tones,
        starts=starts,
        motion=np.zeros((blocks * timeline.BLOCK_VIDEO_FRAMES, item.motion.shape[1]), np.float16),
    )
    if not info.has_motion:
        return copy
    phones = [
        TimedSymbol(SYMBOLS[symbol], int(tone), float(end))
        for symbol, tone, end in zip(copy.symbols, copy.tones, starts[1:], strict=True)
    ]
    return replace(copy, motion=motion_of(copy, phones))


def _copies(
    corpus: Corpus, speeds: Sequence[float], weight: float, known: set[str]
) -> Iterator[CorpusItem]:
    for item in corpus:
        for speed in speeds:
            if f"{item.info.id}@{speed:g}" not in known:
                yield perturbed(item, speed, weight)
