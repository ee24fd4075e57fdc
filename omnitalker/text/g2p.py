"""From words to phonemes: the interface, and English by espeak-ng."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import Final, Protocol

from omnitalker.base.types import Phoneme
from omnitalker.text.espeak import Espeak, shared_espeak
from omnitalker.text.phones import phones_from_cmu, phones_from_espeak_ipa

_LETTER_NAMES: Final = {
    "A": "EY1", "B": "B IY1", "C": "S IY1", "D": "D IY1", "E": "IY1", "F": "EH1 F", "G": "JH IY1",
    "H": "EY1 CH", "I": "AY1", "J": "JH EY1", "K": "K EY1", "L": "EH1 L", "M": "EH1 M", "N": "EH1 N",
    "O": "OW1", "P": "P IY1", "Q": "K Y UW1", "R": "AA1 R", "S": "EH1 S", "T": "T IY1", "U": "Y UW1",
    "V": "V IY1", "W": "D AH1 B AH0 L Y UW2", "X": "EH1 K S", "Y": "W AY1", "Z": "Z IY1",
}  # fmt: skip


_LONGEST_RUN: Final = 40
"""Words given to espeak at a time; keeps the sharing out of run-together words cheap."""
_TOO_LONG: Final = re.compile(r"[^\s]{60}")
"""No word is this long; espeak takes quadratic time over such noise."""


class G2P(Protocol):
    """Letter-to-sound rules of one language."""

    def phonemes(self, words: Sequence[str]) -> list[tuple[Phoneme, ...]]:
        """The phonemes of each word, in the company of the others: no pause lies between them."""
        ...


class EnglishG2P:
    """American English. A single capital letter is its name; "the" and "a" bend to what follows."""

    def __init__(self, espeak: Espeak | None = None) -> None:
        self._espeak = espeak

    def phonemes(self, words: Sequence[str]) -> list[tuple[Phoneme, ...]]:
        """One tuple per word; a word of which espeak makes nothing is spelled."""
        lower = [word.lower() for word in words]
        sounds: list[list[Phoneme]] = []
        for start in range(0, len(lower), _LONGEST_RUN):
            sounds.extend(self._in_context(lower[start : start + _LONGEST_RUN]))
        for index, word in enumerate(words):
            letter, _, plural = word.partition("'")
            if letter in _LETTER_NAMES and plural in ("", "s"):
                sounds[index] = self._letter_name(letter, plural)
            elif not sounds[index]:
                sounds[index] = self._spelled(word)
        return [tuple(sound) for sound in sounds]

    def _in_context(self, words: Sequence[str]) -> list[list[Phoneme]]:
        groups = self._ipa(" ".join(words))
        if len(groups) == len(words):
            pairs = zip(groups, words, strict=True)
            return [phones_from_espeak_ipa(group, word) for group, word in pairs]
        alone = [[phone for group in self._ipa(word) for phone in group] for word in words]
        if len(words) == 1:
            return [phones_from_espeak_ipa(alone[0], words[0])]
        together = [phone for group in groups for phone in group]
        shared = _share_out(together, alone)
        cut = [part or list(by_itself) for part, by_itself in zip(shared, alone, strict=True)]
        return [phones_from_espeak_ipa(part, word) for part, word in zip(cut, words, strict=True)]

    def _ipa(self, text: str) -> list[list[str]]:
        self._espeak = self._espeak or shared_espeak()
        return self._espeak.ipa(_TOO_LONG.sub(r"\g<0> ", text))

    @staticmethod
    def _letter_name(letter: str, plural: str) -> list[Phoneme]:
        name = phones_from_cmu(_LETTER_NAMES[letter].split())
        if not plural:
            return name
        return [*name, Phoneme("ɪ"), Phoneme("z")] if letter in "SX" else [*name, Phoneme("z")]

    def _spelled(self, word: str) -> list[Phoneme]:
        letters = [char for char in word.upper() if char in _LETTER_NAMES]
        return [phone for letter in letters for phone in self._letter_name(letter, "")]


def _share_out(together: Sequence[str], alone: Sequence[Sequence[str]]) -> list[list[str]]:
    """Phonemes of words run together, shared out among the words by likeness to each word alone.

    A phoneme that matches nothing goes to the word in which its place would fall.
    """
    owners = [index for index, phones in enumerate(alone) for _ in phones]
    flat = [phone.strip("ˈˌ") for phones in alone for phone in phones]
    matcher = SequenceMatcher(None, [phone.strip("ˈˌ") for phone in together], flat, autojunk=False)
    shares: list[list[str]] = [[] for _ in alone]
    for _, begin, end, other_begin, other_end in matcher.get_opcodes():
        for index in range(begin, end):
            width = other_end - other_begin
            place = other_begin + ((index - begin) * width // (end - begin) if width else 0)
            if owners:
                shares[owners[min(place, len(owners) - 1)]].append(together[index])
    return shares
