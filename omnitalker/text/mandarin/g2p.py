"""Mandarin by pypinyin, with the tone sandhi of connected speech."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from omnitalker.base.types import Phoneme
from omnitalker.text.mandarin.pinyin import is_pinyin, phones_from_pinyin
from omnitalker.text.mandarin.words import READINGS, THIRD_TONE_WORDS, UNCHANGED_YI

_PARTICLES: Final = "得地"
_CORRECTED: Final = re.compile(
    "|".join([*sorted(READINGS, key=len, reverse=True), f"[{_PARTICLES}]"])
)
_THIRD_TONE_WORDS: Final = re.compile("|".join(sorted(THIRD_TONE_WORDS, key=len, reverse=True)))
_DIGITS: Final = frozenset("零一二三四五六七八九幺〇")


class MandarinG2P:
    """Standard Mandarin; each word is one Han character."""

    def phonemes(self, words: Sequence[str]) -> list[tuple[Phoneme, ...]]:
        """One tuple per character. A character without a reading is silent and gets an empty tuple."""
        text = "".join(words)
        syllables = _merge_erhua(text, _with_sandhi(text, _readings(text)))
        return [_phones(syllable) for syllable in syllables]


@lru_cache(maxsize=4096)
def _phones(syllable: str) -> tuple[Phoneme, ...]:
    return tuple(phones_from_pinyin(syllable)) if is_pinyin(syllable) else ()


def pinyin_of(text: str) -> list[str]:
    """The syllables of Han characters as spoken, sandhi included: 你好 -> ["ni2", "hao3"]."""
    return _with_sandhi(text, _readings(text))


def _readings(text: str) -> list[str]:
    """Dictionary readings with tone numbers (5 = neutral), one per character."""
    from pypinyin import Style, lazy_pinyin

    found = lazy_pinyin(
        text,
        style=Style.TONE3,
        neutral_tone_with_five=True,
        errors=_one_by_one,
    )
    if len(found) != len(text):  # a phrase with merged syllables: read the characters one by one
        found = [lazy_pinyin(c, style=Style.TONE3, neutral_tone_with_five=True)[0] for c in text]
    for match in _CORRECTED.finditer(text):
        at = match.start()
        if match[0] in READINGS:
            found[at : match.end()] = READINGS[match[0]].split()
        else:
            found[at] = _particle(text, at, found[at])
    return found


def _one_by_one(chars: str) -> str:
    return list(chars)  # type: ignore[return-value]  # pypinyin takes a list, its hints do not


def _particle(text: str, at: int, reading: str) -> str:
    """Structural particles are neutral between what they join; inside other words the dictionary is right."""
    before, after = text[at - 1 : at], text[at + 1 : at + 2]
    if text[at] == "得" and before and after:
        return "dei3" if before in "我你他她它们" else "de5"
    if (
        text[at] == "地"
        and before
        and after in tuple("跑走说笑看做想问答听写唱跳站坐等学工进飞哭喊叫")
    ):
        return "de5"
    return reading


def _with_sandhi(text: str, syllables: list[str]) -> list[str]:
    bases = [syllable.rstrip("12345") for syllable in syllables]
    tones = [int(s[-1]) if s[-1:].isdigit() else 5 for s in syllables]
    _yi_and_bu(text, tones)
    _third_tones(text, tones)
    return [f"{base}{tone}" for base, tone in zip(bases, tones, strict=True)]


def _yi_and_bu(text: str, tones: list[int]) -> None:
    fixed = {i for word in UNCHANGED_YI for i in _occurrences(text, word)}
    for i, char in enumerate(text):
        before, after = text[i - 1 : i] if i else "", text[i + 1 : i + 2]
        following = tones[i + 1] if after else 0
        if char == "不" and tones[i] in (2, 4):
            if before and before == after:
                tones[i] = 5
            else:
                tones[i] = 2 if following == 4 else 4
        elif char == "一" and after and tones[i] != 5:
            if before and before == after:
                tones[i] = 5
            elif i in fixed or before in _DIGITS | {"第", "十"} or after in _DIGITS | {"十"}:
                tones[i] = 1
            else:
                tones[i] = 2 if following == 4 or after == "个" else 4
        elif char == "一" and not after:
            tones[i] = 1


def _occurrences(text: str, word: str) -> list[int]:
    """Where the 一 of every `word` in `text` stands."""
    found: list[int] = []
    at = text.find(word)
    while at >= 0:
        found.extend(at + i for i, char in enumerate(word) if char == "一")
        at = text.find(word, at + 1)
    return found


def _third_tones(text: str, tones: list[int]) -> None:
    """A third tone before a third tone becomes a second: inside words first, then from right to left."""
    for start, end in _words(text):
        for i in range(start, end - 1):
            if tones[i] == 3 and tones[i + 1] == 3:
                tones[i] = 2
    for i in range(len(tones) - 2, -1, -1):
        if tones[i] == 3 and tones[i + 1] == 3:
            tones[i] = 2


def _words(text: str) -> list[tuple[int, int]]:
    """Word boundaries as far as sandhi needs them: our list first, then pypinyin's segmentation."""
    from pypinyin.seg.mmseg import seg

    found: list[tuple[int, int]] = []
    at = 0
    for piece in seg.cut(text):
        found.append((at, at + len(piece)))
        at += len(piece)
    known = [match.span() for match in _THIRD_TONE_WORDS.finditer(text)]
    return [*known, *found]


def _merge_erhua(text: str, syllables: list[str]) -> list[str]:
    """花儿: the r takes the tone of its syllable, and the n before it falls silent."""
    merged = list(syllables)
    for i, syllable in enumerate(merged):
        if i and text[i] == "儿" and syllable.startswith("r") and is_pinyin(merged[i - 1]):
            base, tone = merged[i - 1][:-1], merged[i - 1][-1]
            merged[i] = f"r{tone}"
            if base.endswith("n"):
                merged[i - 1] = f"{base[:-1]}{tone}" if is_pinyin(base[:-1]) else merged[i - 1]
    return merged
