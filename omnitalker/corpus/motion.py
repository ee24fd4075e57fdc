"""Motion by the teacher for a whole corpus again, after the teacher has learnt something new."""

from __future__ import annotations

import zlib
from pathlib import Path

import numpy as np
import numpy.typing as npt

from omnitalker.base.types import Phoneme, TimedPhoneme
from omnitalker.corpus.config import CorpusConfig
from omnitalker.corpus.item import CorpusItem
from omnitalker.corpus.store import ShardWriter, open_corpus
from omnitalker.corpus.voices import everybody
from omnitalker.generation.motion_teacher import teach
from omnitalker.motion.made.style import MotionStyle, draw_style
from omnitalker.text.symbols import SYMBOLS

TRACKS_OVERLAY = "tracks"
"""Sorts after the overlay of words, whose motion it replaces."""
_ITEMS_PER_SHARD = 64


def refresh_motion(directory: str | Path, config: CorpusConfig) -> int:
    """Teach all items with words their motion anew; how many."""
    corpus = open_corpus(directory).filter(where=lambda info: info.has_text)
    styles = {s.name: s.motion for s in everybody(config.speakers, config.students, config.seed)}
    writer = ShardWriter(directory)
    for begin in range(0, len(corpus), _ITEMS_PER_SHARD):
        items = [corpus[i] for i in range(begin, min(begin + _ITEMS_PER_SHARD, len(corpus)))]
        tracks = {item.info.id: {"motion": motion_for(item, styles)} for item in items}
        fields = {name: {"has_motion": True} for name in tracks}
        writer.overlay(TRACKS_OVERLAY, items[0].info.id, tracks, fields)
    return len(corpus)


def motion_for(item: CorpusItem, styles: dict[str, MotionStyle]) -> npt.NDArray[np.float16]:
    """(F, 61): how the item's speaker moves over its words; drawn by name where not in `styles`."""
    info = item.info
    style = styles.get(info.speaker)
    if style is None:
        style = draw_style(np.random.default_rng(zlib.crc32(info.speaker.encode())))
    timed = [
        TimedPhoneme(Phoneme(SYMBOLS[symbol], int(tone)), float(start), float(end))
        for symbol, tone, start, end in zip(
            item.symbols, item.tones, item.starts[:-1], item.starts[1:], strict=True
        )
    ]
    track = teach(
        timed,
        item.sound,
        manner=info.manner,
        intensity=info.intensity,
        style=style,
        seed=zlib.crc32(info.id.encode()),
    )
    return track.values.astype(np.float16)
