"""From a request to stretches on the mel grid: clause by clause, each with durations and word times."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from omnitalker.base import timeline
from omnitalker.base.types import Phoneme, StylePrompt, Text, TimedWord
from omnitalker.generation.durations import FrameText, control, expand, predict_seconds
from omnitalker.generation.emphasis import drawn_out
from omnitalker.generation.request import SpeakRequest
from omnitalker.models.duration import DurationModel
from omnitalker.text.markup import Rest, emphasised
from omnitalker.text.symbols import SILENT, SYMBOL_IDS

Clause = Text | Rest | SpeakRequest
"""A clause to speak, a silence, or how those that follow are said."""

CLOSING_BLOCKS = 2
"""Silence after the last one, in which the mouth comes to rest."""


@dataclass(frozen=True)
class Stretch:
    """A clause ready to be sampled. Times count from the start of the stretch."""

    frames: FrameText
    words: tuple[TimedWord, ...]
    style: StylePrompt
    request: SpeakRequest
    """How it is said."""
    accents: tuple[tuple[float, float], ...] = ()
    """(start, end) of the words that are stressed."""
    is_last: bool = False

    @property
    def blocks(self) -> int:
        return timeline.blocks_in_mel(len(self.frames.phonemes))

    def followed_by(self, other: Stretch) -> Stretch:
        """Both in one, in the style of this one."""
        ours, theirs = self.frames, other.frames
        shift = float(self.blocks * timeline.BLOCK_SECONDS)
        frames = FrameText(
            phonemes=np.concatenate([ours.phonemes, theirs.phonemes]),
            tones=np.concatenate([ours.tones, theirs.tones]),
            starts=np.concatenate([ours.starts[:-1], theirs.starts + shift]),
        )
        words = tuple(replace(w, start=w.start + shift, end=w.end + shift) for w in other.words)
        accents = tuple((start + shift, end + shift) for start, end in other.accents)
        return replace(
            self,
            frames=frames,
            words=self.words + words,
            accents=self.accents + accents,
            is_last=other.is_last,
        )


@dataclass(frozen=True)
class Window:
    """Blocks [start, stop) of a stretch are generated together, with `ahead` more as a look-ahead."""

    start: int
    stop: int
    ahead: int


def plan(
    model: DurationModel, clauses: Iterable[Clause], request: SpeakRequest
) -> Iterator[Stretch]:
    """Clauses as stretches, then a silence that ends the stream.

    Short clauses are joined as far as the pacing wants it. Only a wish for a total length needs all clauses before the first
    can be spoken.
    """
    stretches = _stretches(model, clauses, request)
    joined = request.pacing.joined_blocks
    return stretches if joined is None else _together(stretches, *joined)


def _stretches(
    model: DurationModel, clauses: Iterable[Clause], request: SpeakRequest
) -> Iterator[Stretch]:
    shares: Iterable[tuple[Clause, float | None]] = ((clause, None) for clause in clauses)
    if request.seconds is not None:
        shares = _shares(model, list(clauses), request)
    is_first = True
    for clause, total in shares:
        if isinstance(clause, SpeakRequest):
            request = clause
        elif isinstance(clause, Rest):
            blocks = max(1, round(clause.seconds / timeline.BLOCK_SECONDS))
            yield _silence(request, blocks)
        else:
            yield _stretch(model, clause, request, total, is_first=is_first)
            is_first = False
    if not is_first:
        yield replace(_silence(request, CLOSING_BLOCKS), is_last=True)


def _together(stretches: Iterable[Stretch], first: int, later: int) -> Iterator[Stretch]:
    """Neighbours as one while they are short; the silence at the end always goes with what came before."""
    held: Stretch | None = None
    most = first
    for stretch in stretches:
        if held is None:
            held = stretch
        elif held.request is stretch.request and (
            stretch.is_last or held.blocks + stretch.blocks <= most
        ):
            held = held.followed_by(stretch)
        else:
            yield held
            held, most = stretch, later
    if held is not None:
        yield held


def windows(blocks: int, sizes: Iterable[int], ahead: int) -> Iterator[Window]:
    """Cut a stretch into windows of the given sizes (the last size repeats).

    A remainder shorter than half a window joins the one before it.
    """
    remaining_sizes = iter(sizes)
    size = next(remaining_sizes)
    start = 0
    while start < blocks:
        stop = min(blocks, start + size)
        if blocks - stop < (size + 1) // 2:
            stop = blocks
        yield Window(start, stop, min(ahead, blocks - stop))
        start = stop
        size = next(remaining_sizes, size)


def _stretch(
    model: DurationModel,
    clause: Text,
    request: SpeakRequest,
    total: float | None,
    *,
    is_first: bool,
) -> Stretch:
    phonemes = _with_silence(clause, is_first=is_first)
    stressed = emphasised(clause)
    seconds = drawn_out(_seconds(model, phonemes, request, total), phonemes, stressed)
    if is_first:
        seconds[0] = request.pacing.lead_in_seconds
    frames = expand(*_ids(phonemes), seconds)
    spans = _spans(phonemes, frames)
    accents = tuple(spans[word] for word in sorted(stressed) if word in spans)
    return Stretch(frames, _timed_words(clause, spans), request.style, request, accents)


def _silence(request: SpeakRequest, blocks: int) -> Stretch:
    symbols, tones = _ids((Phoneme("sil"),))
    frames = expand(symbols, tones, np.array([float(timeline.BLOCK_SECONDS * blocks)]))
    return Stretch(frames, (), request.style, request)


def _with_silence(clause: Text, *, is_first: bool) -> tuple[Phoneme, ...]:
    """Every stretch ends in a pause, and the first begins with silence."""
    phonemes = clause.phonemes
    if not phonemes or phonemes[-1].symbol not in SILENT:
        phonemes = (*phonemes, Phoneme(","))
    if is_first and phonemes[0].symbol not in SILENT:
        phonemes = (Phoneme("sil"), *phonemes)
    return phonemes


def _seconds(
    model: DurationModel,
    phonemes: tuple[Phoneme, ...],
    request: SpeakRequest,
    total: float | None = None,
) -> npt.NDArray[np.float64]:
    symbols, tones = _ids(phonemes)
    seconds = predict_seconds(model, symbols, tones, request.style)
    is_pause = np.array([phoneme.symbol in SILENT for phoneme in phonemes])
    return control(seconds, is_pause, speed=request.speed, pauses=request.pauses, total=total)


def _shares(
    model: DurationModel, clauses: list[Clause], request: SpeakRequest
) -> list[tuple[Clause, float | None]]:
    """Each clause's part of the total length that was asked for."""
    lengths = [
        float(_seconds(model, _with_silence(clause, is_first=False), request).sum())
        if isinstance(clause, Text)
        else 0.0
        for clause in clauses
    ]
    assert request.seconds is not None
    spare = max(request.seconds - request.pacing.lead_in_seconds, 0.1)
    return [
        (clause, spare * length / sum(lengths))
        for clause, length in zip(clauses, lengths, strict=True)
    ]


def _ids(phonemes: tuple[Phoneme, ...]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    symbols = np.array([SYMBOL_IDS[phoneme.symbol] for phoneme in phonemes], dtype=np.int64)
    tones = np.array([phoneme.tone for phoneme in phonemes], dtype=np.int64)
    return symbols, tones


def _spans(phonemes: tuple[Phoneme, ...], frames: FrameText) -> dict[int, tuple[float, float]]:
    """When each word is said, by its index."""
    spans: dict[int, tuple[float, float]] = {}
    for index, phoneme in enumerate(phonemes):
        if phoneme.word is not None:
            start, end = float(frames.starts[index]), float(frames.starts[index + 1])
            spans[phoneme.word] = (spans.get(phoneme.word, (start, end))[0], end)
    return spans


def _timed_words(clause: Text, spans: dict[int, tuple[float, float]]) -> tuple[TimedWord, ...]:
    return tuple(
        TimedWord(
            clause.words[word].text,
            start,
            end,
            clause.offset + clause.words[word].start,
            clause.offset + clause.words[word].end,
        )
        for word, (start, end) in spans.items()
    )
