"""The timed phonemes as arrays, and what they say about where people nod, blink and breathe.

Legend: P phonemes including the silences that fill gaps, F motion frames.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from omnitalker.base.errors import InputError
from omnitalker.base.types import TimedPhoneme
from omnitalker.generation.motion_teacher.prosody import Prosody
from omnitalker.motion.curves import plateaus, time_since, union
from omnitalker.text.symbols import (
    MANDARIN_TONE,
    PRIMARY_STRESS,
    SECONDARY_STRESS,
    SILENCE,
    SILENT,
    SYMBOL_IDS,
    SYMBOLS,
    VOWELS,
)  # fmt: skip

_SILENT_IDS = np.array([s in SILENT for s in SYMBOLS])
_VOWEL_IDS = np.array([s in VOWELS for s in SYMBOLS])
_PHRASE_GAP = 0.14
"""Seconds of silence that end a phrase."""


@dataclass(frozen=True)
class Score:
    """All (P,), contiguous from 0 to the end of the sound."""

    ids: np.ndarray
    tones: np.ndarray
    starts: np.ndarray
    ends: np.ndarray

    @property
    def silent(self) -> np.ndarray:
        return _SILENT_IDS[self.ids]

    @property
    def vowel(self) -> np.ndarray:
        return _VOWEL_IDS[self.ids]

    def where(self, symbols: frozenset[str]) -> np.ndarray:
        wanted = np.array([s in symbols for s in SYMBOLS])
        return np.flatnonzero(wanted[self.ids])


@dataclass(frozen=True)
class Phrase:
    """Speech between two silences, in seconds."""

    start: float
    end: float
    is_question: bool


@dataclass(frozen=True)
class Beat:
    """A stressed syllable that the head and brows may mark. weight: about 0.5 weak, 1.5 strong."""

    time: float
    weight: float
    pitch: float
    """Semitones over the median."""


def read_score(phonemes: Sequence[TimedPhoneme], seconds: float) -> Score:
    """Sort out what the aligner or teacher said: fill gaps with silence, cut what is past the end."""
    rows: list[tuple[int, int, float, float]] = []
    now = 0.0
    for timed in phonemes:
        symbol = timed.phoneme.symbol
        if symbol not in SYMBOL_IDS:
            raise InputError(
                f"Phoneme '{symbol}' is not in the alphabet of text/symbols.py; map it first."
            )
        start, end = max(timed.start, now), min(timed.end, seconds)
        if end <= start:
            continue
        if start - now > 1e-3:
            rows.append((SYMBOL_IDS[SILENCE], 0, now, start))
        rows.append((SYMBOL_IDS[symbol], timed.phoneme.tone, start, end))
        now = end
    if seconds - now > 1e-3 or not rows:
        rows.append((SYMBOL_IDS[SILENCE], 0, now, seconds))
    ids, tones, starts, ends = zip(*rows, strict=True)
    return Score(np.array(ids), np.array(tones), np.array(starts), np.array(ends))


def find_phrases(score: Score) -> list[Phrase]:
    phrases: list[Phrase] = []
    question = SYMBOL_IDS["?"]
    start: float | None = None
    end = 0.0
    gap, asked = 0.0, False
    for ident, silent, begin, stop in zip(
        score.ids, score.silent, score.starts, score.ends, strict=True
    ):
        if silent:
            gap += stop - begin
            asked |= ident == question
            continue
        if start is not None and gap >= _PHRASE_GAP:
            phrases.append(Phrase(start, end, bool(asked)))
            start = None
        if start is None:
            start = float(begin)
        end, gap, asked = float(stop), 0.0, False
    if start is not None:
        phrases.append(Phrase(start, end, bool(asked)))
    return phrases


def stress_factor(tones: np.ndarray) -> np.ndarray:
    """How much wider a vowel opens for its stress; Mandarin full tones lie between, tone 5 is weak."""
    factor = np.full(len(tones), 0.82)
    factor[tones == PRIMARY_STRESS] = 1.14
    factor[tones == SECONDARY_STRESS] = 1.0
    factor[tones > MANDARIN_TONE] = 1.02
    factor[tones == MANDARIN_TONE + 5] = 0.8
    return factor


def at(times: np.ndarray, per_frame: np.ndarray, frames_per_second: float) -> np.ndarray:
    """A per-frame curve read at any times."""
    return np.interp(times * frames_per_second, np.arange(len(per_frame)), per_frame)


def find_beats(
    score: Score, prosody: Prosody, rng: np.random.Generator, spacing: float, fps: float
) -> list[Beat]:
    """The strongest vowels at least `spacing` s apart, by stress, loudness and pitch together."""
    vowels = np.flatnonzero(score.vowel)
    if len(vowels) == 0:
        return []
    centres = (score.starts[vowels] + score.ends[vowels]) / 2
    pitch = at(centres, prosody.semitones, fps)
    loud = np.clip(at(centres, prosody.loudness, fps) / 6, -1, 1)
    lengths = np.clip((score.ends - score.starts)[vowels] / 0.12, 0.4, 1.6)
    weight = 2.2 * (stress_factor(score.tones[vowels]) - 0.82) + 0.35 * loud
    weight += 0.12 * np.clip(pitch, -4, 6) + 0.4 * lengths + rng.normal(0.0, 0.2, len(vowels))
    chosen: list[int] = []
    for index in np.argsort(-weight):
        if all(abs(centres[index] - centres[other]) >= spacing for other in chosen):
            chosen.append(int(index))
    kept = [i for i in sorted(chosen) if weight[i] > 0.45]
    return [
        Beat(float(centres[i]), float(np.clip(weight[i], 0.5, 1.6)), float(pitch[i])) for i in kept
    ]


def speech_activity(
    phrases: Sequence[Phrase], times: np.ndarray, attack: float = 0.25, release: float = 0.4
) -> np.ndarray:
    """(F,) 0 in silence, 1 in speech, rising a little before it."""
    if not phrases:
        return np.zeros(len(times))
    starts = np.array([p.start for p in phrases]) - attack
    ends = np.array([p.end for p in phrases])
    rise, fall = np.full(len(phrases), attack), np.full(len(phrases), release)
    return union(
        plateaus(time_since(times, starts), rise, np.maximum(ends - starts - attack, 0), fall)
    )
