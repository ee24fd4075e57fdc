"""What flite and festival have in common: ARPAbet segments with word, stress and punctuation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from omnitalker.corpus.teachers.speech.teacher import TimedSymbol, finish, pause_symbol
from omnitalker.text.phones import phones_from_cmu
from omnitalker.text.symbols import SILENCE

_VOWEL_LETTERS = frozenset("aeiou")


@dataclass(frozen=True)
class CmuSegment:
    """One segment as the synthesiser names it."""

    name: str
    end: float
    stress: int
    word: str
    punctuation: str
    """What follows this segment's token: "," in "well, yes"."""


def fold_segments(
    segments: Sequence[CmuSegment], seconds: float, text: str
) -> tuple[TimedSymbol, ...]:
    """Segments of an utterance in our alphabet."""
    phones: list[TimedSymbol] = []
    start, punctuation = 0.0, ""
    for segment in segments:
        if segment.name in ("pau", "h#", "brth", "ssil"):
            phones.append(TimedSymbol(pause_symbol(punctuation), 0, segment.end))
        else:
            stress = str(segment.stress) if segment.name[0] in _VOWEL_LETTERS else ""
            folded = phones_from_cmu([segment.name + stress])
            step = (segment.end - start) / len(folded)
            for index, phone in enumerate(folded):
                end = segment.end - step * (len(folded) - 1 - index)
                phones.append(TimedSymbol(phone.symbol, phone.tone, end))
            punctuation = segment.punctuation
        start = segment.end
    final = pause_symbol(text.rstrip("\"') ")[-1:])
    return finish(phones, seconds, "." if final == SILENCE else final)
