"""What normalisation makes of text: words to be said and pauses to be kept, each with its place in the source."""

from __future__ import annotations

from dataclasses import dataclass

from omnitalker.base.types import Language, Phoneme


@dataclass(frozen=True)
class Spoken:
    """One word to say. `letters` is how it is spelled for the letter-to-sound rules."""

    text: str
    letters: str
    language: Language
    start: int
    end: int
    phones: tuple[Phoneme, ...] | None = None
    """Given by the user, or None where the rules decide."""


@dataclass(frozen=True)
class Pause:
    """Punctuation; `symbol` is one of `symbols.PAUSES`."""

    symbol: str


Item = Spoken | Pause
