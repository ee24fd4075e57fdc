"""Pinyin folded into the alphabet of `symbols`: initial, glide, nucleus and coda of a syllable."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

from omnitalker.base.errors import InputError
from omnitalker.base.types import Phoneme
from omnitalker.text.symbols import MANDARIN_TONE

_INITIALS: Final = {
    "b": "p=", "p": "pʰ", "d": "t=", "t": "tʰ", "g": "k=", "k": "kʰ", "h": "x", "j": "tɕ", "q": "tɕʰ",
    "x": "ɕ", "zh": "ʈʂ", "ch": "ʈʂʰ", "sh": "ʂ", "r": "ʐ", "z": "ts", "c": "tsʰ",
    "m": "m", "f": "f", "n": "n", "l": "l", "s": "s",
}  # fmt: skip
_FINALS: Final = {
    "a": "a", "o": "o", "e": "ɤ", "ê": "ɛ", "ai": "aɪ", "ei": "eɪ", "ao": "aʊ", "ou": "oʊ",
    "an": "a n", "en": "ə n", "ang": "a ŋ", "eng": "ə ŋ", "ong": "ʊ ŋ", "er": "ɝ",
    "i": "i", "ia": "j a", "ie": "j ɛ", "iao": "j aʊ", "iu": "j oʊ", "ian": "j ɛ n", "in": "i n",
    "iang": "j a ŋ", "ing": "i ŋ", "iong": "j ʊ ŋ", "io": "j o", "iai": "j aɪ",
    "u": "u", "ua": "w a", "uo": "w o", "uai": "w aɪ", "ui": "w eɪ", "uan": "w a n", "un": "w ə n",
    "uang": "w a ŋ", "ueng": "w ə ŋ",
    "ü": "y", "üe": "ɥ ɛ", "üan": "ɥ ɛ n", "ün": "y n",
}  # fmt: skip
_FULL_SPELLINGS: Final = {"uen": "un", "uei": "ui", "iou": "iu", "ue": "üe"}
_GLIDE_FINALS: Final = {
    "you": "iu", "wei": "ui", "wen": "un", "weng": "ueng", "yong": "iong", "yo": "io",
}  # fmt: skip
_ALONE: Final = {
    "i": "yi", "ia": "ya", "ie": "ye", "iao": "yao", "iu": "you", "ian": "yan", "in": "yin",
    "iang": "yang", "ing": "ying", "iong": "yong", "io": "yo", "iai": "yai", "u": "wu", "ua": "wa",
    "uo": "wo", "uai": "wai", "ui": "wei", "uan": "wan", "un": "wen", "uang": "wang",
    "ueng": "weng", "ong": "ong", "ü": "yu", "üe": "yue", "üan": "yuan", "ün": "yun",
}  # fmt: skip
"""Finals as they are written where no initial stands before them."""
_INTERJECTIONS: Final = {
    "m": ("", "m"), "n": ("", "ə n"), "ng": ("", "ə ŋ"), "r": ("", "ɹ"), "er": ("", "ɝ"),
    "hm": ("x", "m"), "hng": ("x", "ə ŋ"),
}  # fmt: skip
_PINYIN: Final = re.compile(r"(zh|ch|sh|[bpmfdtnlgkhjqxrzcs])?([aoeiuüên]+g?)(r?)")
_TONE_MARKS: Final = {"\u0304": 1, "\u0301": 2, "\u030c": 3, "\u0306": 3, "\u0300": 4}


def phones_from_pinyin(syllable: str) -> list[Phoneme]:
    """One syllable with a tone number or mark: "zhuang1", "nü3", "nv3", "lǜ", "de5". No tone is neutral."""
    bare, tone = _split_tone(syllable)
    symbols = _pinyin_symbols(bare)
    if symbols is None:
        raise InputError(
            f"'{syllable}' is no pinyin syllable. Expected one such as zhuang1, lv4 or de5."
        )
    initial, rime = symbols
    toned = [Phoneme(symbol, MANDARIN_TONE + tone) for symbol in rime]
    return [Phoneme(initial), *toned] if initial else toned


def is_pinyin(syllable: str) -> bool:
    """Whether `phones_from_pinyin` understands it."""
    return _pinyin_symbols(_split_tone(syllable)[0]) is not None


def _split_tone(syllable: str) -> tuple[str, int]:
    text = unicodedata.normalize("NFD", syllable.strip().lower()).replace("u\u0308", "ü")
    tone = 5
    if text and text[-1] in "012345":
        tone, text = int(text[-1]) or 5, text[:-1]
    for mark, number in _TONE_MARKS.items():
        if mark in text:
            tone, text = number, text.replace(mark, "")
    text = text.replace("e\u0302", "ê").replace("v", "ü").replace("u:", "ü").replace("ɡ", "g")
    return text, tone


def _pinyin_symbols(bare: str) -> tuple[str, list[str]] | None:
    """(initial or "", rime) of a toneless syllable in its standard spelling."""
    if bare in _INTERJECTIONS:
        return _INTERJECTIONS[bare][0], _INTERJECTIONS[bare][1].split()
    match = _PINYIN.fullmatch(_respell_glide(bare))
    if match is None:
        return None
    initial, final, erhua = match[1] or "", match[2], match[3]
    if final == "i" and initial in ("z", "c", "s"):
        rime = ["ɿ"]
    elif final == "i" and initial in ("zh", "ch", "sh", "r"):
        rime = ["ʅ"]
    else:
        if final.startswith("u") and initial in ("j", "q", "x"):
            final = "ü" + final[1:]
        final = _FULL_SPELLINGS.get(final, final)
        if final not in _FINALS:
            return None
        rime = _FINALS[final].split()
    if erhua:
        rime = [*_without_n(rime), "ɹ"]
    return (_INITIALS[initial] if initial else ""), rime


def _without_n(rime: list[str]) -> list[str]:
    """The rime as it is before a retroflex ending: "dian" + r is t= j a ɹ."""
    if rime[-1] != "n":
        return rime
    return ["a" if symbol == "ɛ" else symbol for symbol in rime[:-1]]


def _respell_glide(bare: str) -> str:
    """Spellings with y and w, brought to the finals they stand for: "yuan" -> "üan", "wei" -> "ui"."""
    if bare in _GLIDE_FINALS:
        return _GLIDE_FINALS[bare]
    for spelling, final in (("yu", "ü"), ("yi", "i"), ("y", "i"), ("wu", "u"), ("w", "u")):
        if bare.startswith(spelling):
            return final + bare[len(spelling) :]
    return bare


def syllables() -> Iterator[str]:
    """Every syllable in its standard spelling, and more that Mandarin does not use."""
    for final in _FINALS:
        if final not in ("ê", "er"):
            for initial in _INITIALS:
                if initial in ("j", "q", "x"):
                    if final[0] in "iü":
                        yield initial + final.replace("ü", "u")
                elif not (final.startswith("ü") and initial not in ("n", "l")):
                    yield initial + final
        yield _ALONE.get(final, final)
