"""Mandarin phonemes back to pinyin that people can read: the way `pinyin` goes, backwards."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from functools import cache

from omnitalker.base.types import Phoneme
from omnitalker.text.mandarin.pinyin import phones_from_pinyin, syllables
from omnitalker.text.symbols import MANDARIN_CONSONANTS, MANDARIN_TONE, MANDARIN_VOWELS

_ONLY_MANDARIN = frozenset(MANDARIN_CONSONANTS + MANDARIN_VOWELS)
_MARKS = ("", "\u0304", "\u0301", "\u030c", "\u0300", "")
_LONGEST = 4
"""Phonemes of a syllable: initial, glide, nucleus, coda."""


def is_mandarin(phonemes: Sequence[Phoneme]) -> bool:
    """By the sounds that only Mandarin has: a fifth of them is enough, English is taken for it in few."""
    return sum(p.symbol in _ONLY_MANDARIN for p in phonemes) > 0.2 * max(1, len(phonemes))


def spell(phonemes: Iterable[Phoneme]) -> str:
    """Syllables with tone marks, parted by spaces; sounds that make no syllable are left out."""
    sounds, at, found = list(phonemes), 0, []
    while at < len(sounds):
        for length in range(min(_LONGEST, len(sounds) - at), 0, -1):
            piece = sounds[at : at + length]
            syllable = _table().get(tuple(p.symbol for p in piece))
            if syllable is not None:
                found.append(_marked(syllable, piece[-1].tone - MANDARIN_TONE))
                at += length
                break
        else:
            at += 1
    return " ".join(found)


@cache
def _table() -> dict[tuple[str, ...], str]:
    """The symbols of a syllable -> its spelling."""
    return {tuple(p.symbol for p in phones_from_pinyin(name)): name for name in syllables()}


def _marked(syllable: str, tone: int) -> str:
    """The mark goes on a or e, on the o of ou, otherwise on the last vowel."""
    mark = _MARKS[tone] if 0 <= tone < len(_MARKS) else ""
    vowels = [i for i, letter in enumerate(syllable) if letter in "aeiouü"]
    if not mark or not vowels:
        return syllable
    first = next((i for i in vowels if syllable[i] in "ae"), None)
    place = first if first is not None else syllable.find("ou")
    place = vowels[-1] if place < 0 else place
    return unicodedata.normalize("NFC", syllable[: place + 1] + mark + syllable[place + 1 :])
