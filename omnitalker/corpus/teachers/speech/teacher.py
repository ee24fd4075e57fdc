"""What a speech teacher returns: sound, and the phonemes as they were actually spoken, with times."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from omnitalker.base.types import Text
from omnitalker.corpus.teachers.speech.delivery import AS_IT_IS, Delivery
from omnitalker.text.symbols import PAUSES, SILENCE

PUNCTUATION_SECONDS = 0.2
"""The last pause of an utterance is its punctuation for this long, then silence."""
GAP_SECONDS = 0.15
"""A shorter silence that no punctuation asked for is part of a neighbouring phoneme."""

_PLOSIVES = frozenset(
    ("b", "d", "ɡ", "p", "t", "k", "tʃ", "dʒ", "p=", "pʰ", "t=", "tʰ", "k=", "kʰ", "tɕ", "tɕʰ", "ʈʂ", "ʈʂʰ",
     "ts", "tsʰ")
)  # fmt: skip
_PAUSE_OF = {
    ",": ",", ";": ",", ":": ",", "-": ",", "—": ",", "–": ",", "(": ",", ")": ",", "，": ",", "、": ",", "；": ",",
    "：": ",", ".": ".", "…": ".", "。": ".", "?": "?", "？": "?", "!": "!", "！": "!",
}  # fmt: skip


class TeacherError(Exception):
    """A teacher that could not say a text; the item is left out of the corpus and reported."""


@dataclass(frozen=True)
class TimedSymbol:
    """A phoneme of our alphabet that lasts until `end` seconds (from the end of the one before)."""

    symbol: str
    tone: int
    end: float


@dataclass(frozen=True)
class Spoken:
    """An utterance of a teacher."""

    samples: npt.NDArray[np.float32]
    """(N,) in [-1, 1] at `rate`."""
    rate: int
    phones: tuple[TimedSymbol, ...]
    """Contiguous from 0 s to the end of the sound."""

    @property
    def seconds(self) -> float:
        return len(self.samples) / self.rate


class Teacher(Protocol):
    """One voice of one synthesiser."""

    def say(self, text: Text, delivery: Delivery = AS_IT_IS) -> Spoken:
        """Speak what the text front end made of a text, so that the label is what was said."""
        ...


def pause_symbol(punctuation: str) -> str:
    """The pause that a piece of punctuation stands for: the strongest of its characters, else silence."""
    found = {_PAUSE_OF[c] for c in punctuation if c in _PAUSE_OF}
    return next((p for p in ("?", "!", ".", ",") if p in found), SILENCE)


def finish(phones: Iterable[TimedSymbol], seconds: float, final: str) -> tuple[TimedSymbol, ...]:
    """Tidy a teacher's segments: merge pauses, drop empty ones, end with `final` punctuation and silence."""
    merged: list[TimedSymbol] = []
    start = 0.0
    for phone in _without_gaps(list(phones)):
        end = min(phone.end, seconds)
        if end - start < 1e-4:
            continue
        pause = phone.symbol == SILENCE or phone.symbol in PAUSES
        if merged and pause and (merged[-1].symbol == SILENCE or merged[-1].symbol in PAUSES):
            kept = merged[-1].symbol if merged[-1].symbol in PAUSES else phone.symbol
            merged[-1] = TimedSymbol(kept, 0, end)
        else:
            merged.append(TimedSymbol(phone.symbol, phone.tone, end))
        start = end
    if not merged or all(p.symbol == SILENCE or p.symbol in PAUSES for p in merged):
        raise TeacherError("no phonemes came back")
    if merged[0].symbol in PAUSES:
        merged[0] = TimedSymbol(SILENCE, 0, merged[0].end)
    return _with_final(merged, seconds, final)


def _without_gaps(phones: list[TimedSymbol]) -> list[TimedSymbol]:
    """Short silences within speech that no punctuation asked for go to the plosive after them, else before."""
    kept: list[TimedSymbol] = []
    for index, phone in enumerate(phones):
        start = phones[index - 1].end if index else 0.0
        if (
            phone.symbol == SILENCE
            and 0 < index < len(phones) - 1
            and phone.end - start < GAP_SECONDS
        ):
            if phones[index + 1].symbol not in _PLOSIVES and kept:
                kept[-1] = TimedSymbol(kept[-1].symbol, kept[-1].tone, phone.end)
            continue
        kept.append(phone)
    return kept


def _with_final(merged: list[TimedSymbol], seconds: float, final: str) -> tuple[TimedSymbol, ...]:
    last = merged[-1]
    if last.symbol == SILENCE or last.symbol in PAUSES:
        merged = merged[:-1]
    begin = merged[-1].end
    if seconds - begin < 0.02:
        return (*merged[:-1], TimedSymbol(merged[-1].symbol, merged[-1].tone, seconds))
    if final == SILENCE:
        return (*merged, TimedSymbol(SILENCE, 0, seconds))
    middle = begin + min(PUNCTUATION_SECONDS, seconds - begin)
    if seconds - middle < 0.02:
        return (*merged, TimedSymbol(final, 0, seconds))
    return (*merged, TimedSymbol(final, 0, middle), TimedSymbol(SILENCE, 0, seconds))
