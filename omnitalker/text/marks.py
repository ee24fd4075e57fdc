"""Words whose pronunciation the user gave stand in the text as single private characters while it is cleaned."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from omnitalker.base.errors import InputError
from omnitalker.base.types import Language, Phoneme
from omnitalker.text.aligned import AlignedText
from omnitalker.text.clean import strip_invisible
from omnitalker.text.lexicon import Lexicon, Pronunciation, parse_pronunciation
from omnitalker.text.mandarin.normalise import HAN

_INLINE: Final = re.compile(r"\[\[([^|\[\]\n]+)\|([^|\[\]\n]+)\]\]")
_FIRST: Final = 0xF0000
_MOST: Final = 0xFFFD
MARK: Final = re.compile(f"[{chr(_FIRST)}-{chr(_FIRST + _MOST)}]")
_ALL_HAN: Final = re.compile(f"[{HAN}]+")


@dataclass(frozen=True)
class Marked:
    """What one private character stands for."""

    word: str
    phones: tuple[Phoneme, ...]
    language: Language


class Marks:
    """The marks of one text."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon
        self._marked: list[Marked] = []

    def put(self, source: str) -> AlignedText:
        """`source` without invisible characters, given pronunciations replaced by their marks."""
        text = strip_invisible(AlignedText.of(source)).rewrite(_INLINE, self._inline)
        if not self._lexicon:
            return text
        return text.rewrite(_lexicon_pattern(self._lexicon), self._from_lexicon)

    def __getitem__(self, char: str) -> Marked:
        return self._marked[ord(char) - _FIRST]

    def _inline(self, match: re.Match[str]) -> list[tuple[str, tuple[int, int] | None]]:
        try:
            pronunciation = parse_pronunciation(match[2])
        except InputError as error:
            raise InputError(f"In '{match[0]}': {error}") from error
        return self._replace(match[1], match.start(1), pronunciation)

    def _from_lexicon(self, match: re.Match[str]) -> list[tuple[str, tuple[int, int] | None]]:
        return self._replace(match[0], match.start(), self._lexicon[match[0].lower()])

    def _replace(
        self, word: str, start: int, pronunciation: Pronunciation
    ) -> list[tuple[str, tuple[int, int] | None]]:
        """One mark for each Han character that has its own syllable, otherwise one for the whole word."""
        if len(word) == len(pronunciation) > 1 and _ALL_HAN.fullmatch(word):
            return [
                (self._new(char, phones), (start + i, start + i + 1))
                for i, (char, phones) in enumerate(zip(word, pronunciation, strict=True))
            ]
        phones = tuple(phone for part in pronunciation for phone in part)
        return [(self._new(word.strip(), phones), (start, start + len(word)))]

    def _new(self, word: str, phones: tuple[Phoneme, ...]) -> str:
        if len(self._marked) > _MOST:
            raise InputError(
                f"More than {_MOST} words of one text have their own pronunciation. Split the text."
            )
        language: Language = "zh" if _ALL_HAN.search(word) else "en"
        self._marked.append(Marked(word, phones, language))
        return chr(_FIRST + len(self._marked) - 1)


def _lexicon_pattern(lexicon: Lexicon) -> re.Pattern[str]:
    words = sorted(lexicon, key=len, reverse=True)
    bounded = [
        re.escape(word) if _ALL_HAN.fullmatch(word) else rf"(?<!\w){re.escape(word)}(?!\w)"
        for word in words
    ]
    return re.compile("|".join(bounded), re.IGNORECASE)
