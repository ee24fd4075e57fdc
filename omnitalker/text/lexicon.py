"""Pronunciations given by the user: a lexicon file, and `[[word|pronunciation]]` inside the text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from omnitalker.base.errors import InputError
from omnitalker.base.types import Phoneme
from omnitalker.text.mandarin.pinyin import is_pinyin, phones_from_pinyin
from omnitalker.text.phones import phones_from_cmu, phones_from_ipa
from omnitalker.text.symbols import SILENT, SYMBOL_IDS, TONES

Pronunciation = tuple[tuple[Phoneme, ...], ...]
"""One tuple per syllable for pinyin, otherwise a single tuple."""
Lexicon = Mapping[str, Pronunciation]
"""Lower-cased words and phrases as they are written."""

_ARPABET: Final = re.compile(r"[A-Z]{1,3}[0-2]?(?: [A-Z]{1,3}[0-2]?)*")
_PINYIN: Final = re.compile(r"[a-zü:]+[1-5](?: [a-zü:]+[1-5])*", re.IGNORECASE)
_SYMBOL: Final = re.compile(rf"(.+?)([0-{TONES - 1}]?)")


def parse_pronunciation(text: str) -> Pronunciation:
    """Pinyin with tone numbers, ARPAbet in capitals, our own symbols parted by spaces, or IPA."""
    text = " ".join(text.split()).strip("/")
    if not text:
        raise InputError(
            "A pronunciation is empty. Expected IPA, ARPAbet or pinyin such as ni3 hao3."
        )
    if _PINYIN.fullmatch(text) and all(is_pinyin(syllable) for syllable in text.split()):
        return tuple(tuple(phones_from_pinyin(syllable)) for syllable in text.split())
    if _ARPABET.fullmatch(text):
        return (tuple(phones_from_cmu(text.split())),)
    own = _own_symbols(text)
    return (own,) if own else (tuple(phones_from_ipa(text)),)


def read_lexicon(path: Path | str) -> Lexicon:
    """A UTF-8 file of `word<TAB>pronunciation` lines; empty lines and lines beginning with # are skipped."""
    try:
        lines = Path(path).read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"The lexicon {path} cannot be read as UTF-8 text: {error}.") from error
    words: dict[str, Pronunciation] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.startswith("#"):
            continue
        word, tab, pronunciation = line.partition("\t")
        if not tab or not word.strip():
            raise InputError(
                f"{path}, line {number}: expected word<TAB>pronunciation, got '{line}'."
            )
        try:
            words[word.strip().lower()] = parse_pronunciation(pronunciation)
        except InputError as error:
            raise InputError(f"{path}, line {number}: {error}") from error
    return words


def _own_symbols(text: str) -> tuple[Phoneme, ...]:
    """Our symbols with an optional tone digit each; empty when `text` is something else."""
    phones = []
    for token in text.split():
        match = _SYMBOL.fullmatch(token)
        if match is None or match[1] not in SYMBOL_IDS or match[1] in SILENT:
            return ()
        phones.append(Phoneme(match[1], int(match[2] or 0)))
    return tuple(phones)
