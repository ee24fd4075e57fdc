"""Phoneme times for transcribed speech, by our own recogniser; and motion to go with them.

Transcripts are checked on the way: where the worst stretch of an utterance fits badly, its words are not what
is heard, and the item keeps its masked phonemes.
"""

from __future__ import annotations

import logging
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from omnitalker.base.errors import InputError
from omnitalker.base.types import Phoneme, TimedPhoneme
from omnitalker.corpus.item import CorpusItem
from omnitalker.corpus.store import ShardWriter, open_corpus
from omnitalker.corpus.teachers.speech import TimedSymbol
from omnitalker.corpus.teachers.speech.teacher import TeacherError, finish, pause_symbol
from omnitalker.generation.motion_teacher import teach
from omnitalker.models.recogniser import Alignment, PhonemeRecogniser, align
from omnitalker.motion.made.style import draw_style
from omnitalker.text.frontend import TextFrontend
from omnitalker.text.symbols import SILENCE, SYMBOL_IDS

logger = logging.getLogger(__name__)

TEXT_OVERLAY, MOTION_OVERLAY = "text", "motion"
_ITEMS_PER_SHARD = 64


@dataclass(frozen=True)
class AlignmentLimits:
    """What an alignment must reach for its words to be believed (see `models.recogniser.Alignment`)."""

    confidence: float = 0.5
    weakest: float = 0.2


@dataclass(frozen=True)
class AlignmentReport:
    """What became of the transcribed items."""

    aligned: tuple[str, ...]
    dropped: dict[str, str]
    """Reason by id."""
    weakest: dict[str, float]


def align_corpus(
    directory: str | Path,
    recogniser: str | Path | PhonemeRecogniser,
    limits: AlignmentLimits = AlignmentLimits(),
) -> AlignmentReport:
    """Give words and motion to the items in `directory` that have a transcript of good quality but no times."""
    model = load_recogniser(recogniser)
    writer = ShardWriter(directory)
    corpus = open_corpus(directory).filter(where=_wants_words)
    frontend = TextFrontend()
    dropped: dict[str, str] = {}
    weakest: dict[str, float] = {}
    aligned: list[str] = []
    for begin in range(0, len(corpus), _ITEMS_PER_SHARD):
        words: dict[str, dict[str, npt.NDArray[Any]]] = {}
        for index in range(begin, min(begin + _ITEMS_PER_SHARD, len(corpus))):
            item = corpus[index]
            try:
                found, fit = phonemes_of(item, model, frontend, limits)
            except (InputError, TeacherError) as error:
                dropped[item.info.id] = str(error)
                continue
            weakest[item.info.id] = fit.weakest
            words[item.info.id] = {**to_arrays(found), "motion": motion_of(item, found)}
        if words:
            fields = {name: {"has_text": True, "has_motion": True} for name in words}
            writer.overlay(TEXT_OVERLAY, next(iter(words)), words, fields)
            aligned += words
        logger.info("aligned %d of %d, dropped %d", len(aligned), len(corpus), len(dropped))
    return AlignmentReport(tuple(aligned), dropped, weakest)


def load_recogniser(source: str | Path | PhonemeRecogniser) -> PhonemeRecogniser:
    """The recogniser of a folder, ready to listen."""
    if isinstance(source, PhonemeRecogniser):
        return source.eval()
    if not (Path(source) / "config.json").is_file():
        raise InputError(
            f"{source} holds no recogniser (config.json is missing). Train one with "
            "`omnitalker train aligner configs/train/aligner.yaml`, or give CHECKPOINT/recogniser"
        )
    return PhonemeRecogniser.from_pretrained(source)


def phonemes_of(
    item: CorpusItem, model: PhonemeRecogniser, frontend: TextFrontend, limits: AlignmentLimits
) -> tuple[list[TimedSymbol], Alignment]:
    """The item's transcript in time, covering all of it; `InputError` where it does not fit."""
    spoken = frontend.prepare(item.info.text, item.info.language).phonemes
    fit = align(model, item.mel.astype(np.float32), spoken)
    check_fit(fit, limits)
    return tidy(fit.phonemes, item.info.seconds, item.info.text), fit


def check_fit(fit: Alignment, limits: AlignmentLimits) -> None:
    if fit.confidence < limits.confidence or fit.weakest < limits.weakest:
        raise InputError(
            f"the transcript does not fit: confidence {fit.confidence:.2f}, weakest stretch "
            f"{fit.weakest:.2f}; wanted {limits.confidence} and {limits.weakest}"
        )


def tidy(timed: Sequence[TimedPhoneme], seconds: float, text: str) -> list[TimedSymbol]:
    """Aligned phonemes as the corpus stores them: silence around, no gaps, final punctuation."""
    phones = [TimedSymbol(t.phoneme.symbol, t.phoneme.tone, t.end) for t in timed]
    final = pause_symbol(text.rstrip("\"') ")[-1:])
    return list(finish(phones, seconds, "." if final == SILENCE else final))


def to_arrays(phones: Sequence[TimedSymbol]) -> dict[str, npt.NDArray[Any]]:
    """Phonemes as the store's arrays `symbols`, `tones` and `starts`."""
    return {
        "symbols": np.array([SYMBOL_IDS[p.symbol] for p in phones], np.int16),
        "tones": np.array([p.tone for p in phones], np.int16),
        "starts": np.array([0.0, *(p.end for p in phones)], np.float32),
    }


def motion_of(item: CorpusItem, phones: Sequence[TimedSymbol]) -> npt.NDArray[np.float16]:
    """(F, 61) motion for a real voice: each speaker has a way of moving of his own."""
    starts = [0.0, *(p.end for p in phones[:-1])]
    timed = [
        TimedPhoneme(Phoneme(p.symbol, p.tone), start, p.end)
        for p, start in zip(phones, starts, strict=True)
    ]
    style = draw_style(np.random.default_rng(zlib.crc32(item.info.speaker.encode())))
    samples = item.sound
    track = teach(timed, samples, style=style, seed=zlib.crc32(item.info.id.encode()))
    return track.values.astype(np.float16)


def _wants_words(info: Any) -> bool:
    return bool(info.text) and not info.has_text and info.extra.get("quality") == "good"
