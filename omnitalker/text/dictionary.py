"""English without espeak-ng: a dictionary of 180 000 words, endings, words put together, and rules for the rest.

The dictionary is data of the package `misaki` (Apache-2.0), none of whose code runs. Where a product may carry no GPL,
uninstall espeakng-loader and install it. Common words sound as with espeak-ng; unknown names sound rougher.
"""

from __future__ import annotations

import importlib.util
import json
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Final

from omnitalker.base.errors import ConfigError
from omnitalker.base.types import Phoneme
from omnitalker.text.g2p import EnglishG2P
from omnitalker.text.phones import phones_from_espeak_ipa
from omnitalker.text.symbols import VOWELS

PACKAGE: Final = "misaki"
FILES: Final = ("us_silver.json", "us_gold.json")
"""The later one goes first."""
_SPELLED: Final = str.maketrans({"A": "eɪ", "I": "aɪ", "O": "oʊ", "W": "aʊ", "Y": "ɔɪ", "T": "ɾ"})
_COLOURED: Final = re.compile("[əɜ]ɹ(?![AIOWYɑɔəɛɜɪʊʌæiuˈˌ])")
_WEAK: Final = {"a": "ɐ", "an": "ɐn", "of": "əv"}
_BENT: Final = {"the": ("ðə", "ði"), "to": ("tə", "tu")}
"""Before consonants, before vowels."""
_HISSES: Final = ("s", "z", "ʃ", "ʒ")
_VOICELESS: Final = ("p", "t", "k", "f", "θ", "s", "ʃ")
_SHORTEST_PART: Final = 3
"""Letters of a word that is put together with others."""
_ENDINGS: Final = {
    "ly": "li", "ness": "nəs", "less": "ləs", "ful": "fəl", "ing": "ɪŋ", "er": "ɚ", "ers": "ɚz", "est": "əst",
    "able": "əbəl", "ment": "mənt", "ship": "ʃɪp",
}  # fmt: skip
_LETTERS: Final = {
    "tion": "ʃən", "sion": "ʒən", "ough": "oʊ", "augh": "ɔ", "eigh": "eɪ", "igh": "aɪ", "tch": "tʃ", "dge": "dʒ",
    "sch": "ʃ", "ck": "k", "ch": "tʃ", "sh": "ʃ", "th": "θ", "ph": "f", "wh": "w", "qu": "kw", "ng": "ŋ", "gh": "ɡ",
    "kn": "n", "wr": "ɹ", "ee": "i", "ea": "i", "oo": "u", "ou": "aʊ", "ow": "oʊ", "oi": "ɔɪ", "oy": "ɔɪ", "ai": "eɪ",
    "ay": "eɪ", "au": "ɔ", "aw": "ɔ", "ew": "u", "ie": "i", "ei": "aɪ", "ue": "u", "ar": "ɑɹ", "er": "ɚ", "ir": "ɚ",
    "or": "ɔɹ", "ur": "ɚ", "ce": "sɛ", "ci": "sɪ", "cy": "si", "ge": "dʒɛ",
    "a": "æ", "b": "b", "c": "k", "d": "d", "e": "ɛ", "f": "f", "g": "ɡ", "h": "h", "i": "ɪ", "j": "dʒ", "k": "k",
    "l": "l", "m": "m", "n": "n", "o": "ɑ", "p": "p", "q": "k", "r": "ɹ", "s": "s", "t": "t", "u": "ʌ", "v": "v",
    "w": "w", "x": "ks", "y": "i", "z": "z",
}  # fmt: skip
_LONG: Final = {"a": "eɪ", "e": "i", "i": "aɪ", "o": "oʊ", "u": "u", "y": "aɪ"}
"""Before one consonant and a silent e."""
_SILENT_E: Final = re.compile(r"([aeiouy])([bcdfgklmnpstvz])e$")
_GREEDY: Final = re.compile("|".join(sorted(_LETTERS, key=len, reverse=True)))


def english_g2p() -> EnglishG2P:
    """By espeak-ng where it is installed, else from the dictionary."""
    if importlib.util.find_spec("espeakng_loader") is None:
        return DictionaryG2P()
    return EnglishG2P()


class DictionaryG2P(EnglishG2P):
    """American English from the dictionary."""

    def _in_context(self, words: Sequence[str]) -> list[list[Phoneme]]:
        alone = [sounds_of(word) for word in words]
        for index, word in enumerate(words):
            if word in _BENT:
                following = alone[index + 1] if index + 1 < len(words) else []
                is_open = bool(following) and following[0].symbol in VOWELS
                alone[index] = phones_from_espeak_ipa(_BENT[word][is_open])
        return alone


@cache
def sounds_of(word: str) -> list[Phoneme]:
    """One word in small letters, whatever it is; nothing where it holds no letter that is read."""
    ipa = _looked_up(word) or _with_ending(word) or _put_together(word) or _by_letters(word)
    return phones_from_espeak_ipa(ipa, word)


def _looked_up(word: str) -> str:
    return _WEAK.get(word) or _lexicon().get(word, "")


def _with_ending(word: str) -> str:
    """A known word with an s, a past, or one of the endings."""
    stem, apostrophe, _ = word.partition("'")
    if apostrophe and word.endswith("'s"):
        return _plural(_known_or_made(stem))
    for ending in ("es", "s"):
        if word.endswith(ending) and (found := _stem(word.removesuffix(ending))):
            return _plural(found)
    if word.endswith("ed") and (found := _stem(word.removesuffix("ed"))):
        return found + ("ɪd" if found[-1] in "td" else "t" if _is_voiceless(found) else "d")
    for ending, sounds in _ENDINGS.items():
        if word.endswith(ending) and (found := _stem(word.removesuffix(ending))):
            return found + sounds
    return ""


def _stem(part: str) -> str:
    """The word that `part` is what is left of: as it is, with its e, its y, or one letter less."""
    if len(part) < _SHORTEST_PART - 1:
        return ""
    forms = [part, f"{part}e"]
    if part.endswith("i"):
        forms.append(f"{part[:-1]}y")
    if len(part) > _SHORTEST_PART and part[-1] == part[-2]:
        forms.append(part[:-1])
    return next(filter(None, map(_looked_up, forms)), "")


def _put_together(word: str) -> str:
    """Two known words, the longer the first the better; the second is stressed less."""
    for cut in range(len(word) - _SHORTEST_PART, _SHORTEST_PART - 1, -1):
        first, second = _looked_up(word[:cut]), _looked_up(word[cut:])
        if first and second:
            return first + second.replace("ˈ", "ˌ")
    return ""


def _by_letters(word: str) -> str:
    """As it is spelled, stressed on the last vowel but one."""
    letters = re.sub("[^a-z]", "", word)
    tail = ""
    if (silent := _SILENT_E.search(letters)) and len(letters) > 2:
        letters = letters[: silent.start()]
        tail = _LONG[silent[1]] + _LETTERS[silent[2]]
    ipa = "".join(_LETTERS[match[0]] for match in _GREEDY.finditer(letters)) + tail
    vowels = [match.start() for match in re.finditer("[aeo][ɪʊ]|ɔɪ|[æɛɪɑʌɔiuɚə]", ipa)]
    if not vowels:
        return ""
    at = vowels[max(0, len(vowels) - 2)]
    return f"{ipa[:at]}ˈ{ipa[at:]}"


def _known_or_made(word: str) -> str:
    return _looked_up(word) or _put_together(word) or _by_letters(word)


def _plural(ipa: str) -> str:
    if not ipa:
        return ""
    return ipa + ("ɪz" if ipa.endswith(_HISSES) else "s" if _is_voiceless(ipa) else "z")


def _is_voiceless(ipa: str) -> bool:
    return ipa.endswith(_VOICELESS)


@cache
def _lexicon() -> dict[str, str]:
    """Words in small letters, and their sounds as espeak-ng would write them."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise ConfigError(
            "English is read with espeak-ng (pip install espeakng-loader) or, where no GPL may be, "
            f"from a dictionary (pip install {PACKAGE}); neither is installed. Mandarin does without"
        )
    folder = Path(spec.origin).parent / "data"
    found: dict[str, str] = {}
    for file in FILES:
        entries = json.loads((folder / file).read_text(encoding="utf-8"))
        named = {word.lower(): entry for word, entry in entries.items() if not word.islower()}
        for word, entry in (named | {w: e for w, e in entries.items() if w.islower()}).items():
            ipa = entry.get("DEFAULT") if isinstance(entry, dict) else entry
            if ipa:
                found[word] = _COLOURED.sub(
                    "ɚ", ipa.replace("ʤ", "dʒ").replace("ʧ", "tʃ")
                ).translate(_SPELLED)
    return found
