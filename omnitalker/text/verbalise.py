"""Clean text becomes a row of spoken words and pauses, each knowing its place in the source."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from omnitalker.base.types import Language
from omnitalker.text.aligned import AlignedText
from omnitalker.text.english import normalise as english
from omnitalker.text.language import english_view, spans
from omnitalker.text.mandarin import normalise as mandarin
from omnitalker.text.marks import MARK, Marks
from omnitalker.text.spoken import Item, Pause, Spoken

_PAUSES: Final = {
    ",": ",", ";": ",", ":": ",", "，": ",", "；": ",", "：": ",", "、": ",", "—": ",", "–": ",", "―": ",", "(": ",",
    ")": ",", "（": ",", "）": ",", "[": ",", "]": ",", ".": ".", "。": ".", "…": ".", "\n": ".", "؟": "?", "?": "?",
    "？": "?", "!": "!", "！": "!",
}  # fmt: skip
_STRENGTH: Final = ("", ",", ".", "!", "?")


def verbalise(aligned: AlignedText, main: Language, marks: Marks) -> list[Item]:
    """Words and pauses; `main` is the language of numbers and symbols that touch no word."""
    items: list[Item] = []
    text, done = aligned.text, 0
    for start, end, words in _said(text, main, marks):
        if items and (pause := _pause(text[done:start])):
            items.append(Pause(pause))
        origin = aligned.origin(start, end)
        items.extend(Spoken(w.text, w.letters, w.language, *origin, w.phones) for w in words)
        done = end
    if items and (pause := _pause(text[done:])):
        items.append(Pause(pause))
    return items


def _said(text: str, main: Language, marks: Marks) -> Iterator[tuple[int, int, list[Spoken]]]:
    latin = english_view(text, main)
    for start, end, language in spans(text, main):
        at = start
        for mark in MARK.finditer(text, start, end):
            yield from _rules(latin if language == "en" else text, at, mark.start(), language)
            given = marks[mark[0]]
            word = Spoken(given.word, given.word, given.language, 0, 0, given.phones)
            yield mark.start(), mark.end(), [word]
            at = mark.end()
        yield from _rules(latin if language == "en" else text, at, end, language)


def _rules(
    text: str, start: int, end: int, language: Language
) -> Iterator[tuple[int, int, list[Spoken]]]:
    if language == "zh":
        for han in mandarin.say(text, start, end):
            yield han.start, han.end, [Spoken(char, char, "zh", 0, 0) for char in han.words]
        return
    for said in english.say(text, start, end):
        words = [
            Spoken(w, w.lower() if said.is_plain else w, "en", 0, 0) for w in said.words.split()
        ]
        yield said.start, said.end, words


def _pause(gap: str) -> str:
    """The strongest pause of what stands between two words; a lone dash between spaces is a comma."""
    marks = [_PAUSES[char] for char in gap if char in _PAUSES]
    if " - " in gap or " -- " in gap or "--" in gap:
        marks.append(",")
    return max(marks, key=_STRENGTH.index, default="")


def stronger(first: str, second: str) -> str:
    """Of two pauses with nothing audible between them."""
    return max(first, second, key=_STRENGTH.index)
