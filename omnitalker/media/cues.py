"""Lines of subtitles: balanced, split between words, long enough to be read.

words with times -> units (a word or a number with its marks) -> sentences -> lines
"""

from __future__ import annotations

import math
import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise, zip_longest
from typing import Final, NamedTuple

from omnitalker.base.types import TimedWord
from omnitalker.text.mandarin.segment import word_ends
from omnitalker.text.shown import shown

MAX_COLUMNS = 42
"""A Han character takes two."""
MAX_SECONDS = 5.0
MIN_SECONDS = 1.0
BREAK_SECONDS = 0.6
"""A silence this long ends a line."""
AFTER_LAST = 0.3
"""Seconds that the last line may stay when all is said."""

_SENTENCE_END: Final = re.compile(r"[.!?。！？…\n]")
_CLAUSE_END: Final = re.compile(r"[,;:，、；：—–]")
_CLOSING: Final = re.compile(r"[^\w\s(\[{“‘《「『（¿¡#$€£¥@&+\-]+")
"""What stays with the word before it."""
_AMOUNT: Final = re.compile(r"\d[^\w\s]*\Z|\d[\u3400-\u9fff]\Z")
"""A number, or one with the first character of its unit."""
_PARTICLES: Final = frozenset("的了着过吗呢吧啊呀嘛们地得")
BREAK_COSTS: Final = {
    "clause": 0.0,
    "space": 1.0,
    "words": 1.5,
    "characters": 4.0,
    "bound": 12.0,
    "inside": 20.0,
}
BALANCE_COST, LINE_COST, SHORT_COST = 4.0, 3.0, 10.0


@dataclass(frozen=True)
class Unit:
    """What is never torn: its time, and its stretch of the shown text with the marks around it."""

    start: float
    end: float
    first: int
    last: int


class Cue(NamedTuple):
    """A line of subtitles; times in seconds."""

    start: float
    end: float
    text: str
    speaker: str = ""
    """Who says it, where there are several."""


def cues(words: Iterable[TimedWord], source: str) -> list[Cue]:
    """The lines of what was said; `source` is the user's text, whose written form they show."""
    text = shown(source)
    units = _units(list(words), text.text, text.starts)
    ends = frozenset(word_ends(text.text))
    lines = [line for run in _runs(units, text.text) for line in _lines(run, text.text, ends)]
    return _timed(_readable(lines, text.text), text.text)


def _units(words: Sequence[TimedWord], text: str, starts: Sequence[int]) -> list[Unit]:
    """One for each word that is shown; words of one stretch ("42") together. They cover the text."""
    found: list[Unit] = []
    for word in words:
        first, last = bisect_left(starts, word.start_char), bisect_left(starts, word.end_char)
        if found and first < found[-1].last:
            before = found.pop()
            found.append(Unit(before.start, word.end, before.first, max(last, before.last)))
        elif first < last:
            found.append(Unit(word.start, word.end, first, last))
    edges = [0, *(_edge(text, a.last, b.first) for a, b in pairwise(found)), len(text)]
    return [Unit(u.start, u.end, a, b) for u, (a, b) in zip(found, pairwise(edges), strict=False)]


def _edge(text: str, last: int, first: int) -> int:
    """Where what stands between two words is parted: closing marks stay, opening ones go with the next."""
    closing = _CLOSING.match(text, last, first)
    return closing.end() if closing else last


def _runs(units: Sequence[Unit], text: str) -> Iterator[list[Unit]]:
    """Sentences, as far as nobody is silent in them."""
    run: list[Unit] = []
    for unit in units:
        if run and (
            unit.start - run[-1].end >= BREAK_SECONDS
            or _SENTENCE_END.search(_tail(run[-1], text))
            or "\n" in text[unit.first : unit.last].rstrip("\n")
        ):
            yield run
            run = []
        run.append(unit)
    if run:
        yield run


def _lines(run: list[Unit], text: str, ends: frozenset[int]) -> list[list[Unit]]:
    """The cheapest way to part a sentence."""
    columns = _columns(text[run[0].first : run[-1].last])
    seconds = run[-1].end - run[0].start
    count = max(1, math.ceil(columns / MAX_COLUMNS), math.ceil(seconds / MAX_SECONDS))
    best: list[tuple[float, int]] = [(0.0, 0)]
    for stop in range(1, len(run) + 1):
        options = []
        for start in range(stop - 1, -1, -1):
            part = run[start:stop]
            cost = _line_cost(part, text, columns / count)
            if math.isinf(cost) and len(part) > 1:
                break
            parting = _break_cost(run[start - 1], run[start], text, ends) if start else 0.0
            options.append((best[start][0] + min(cost, 1e3) + parting, start))
        best.append(min(options))
    lines, stop = [], len(run)
    while stop:
        start = best[stop][1]
        lines.append(run[start:stop])
        stop = start
    return lines[::-1]


def _line_cost(part: Sequence[Unit], text: str, wanted: float) -> float:
    columns = _columns(text[part[0].first : part[-1].last])
    seconds = part[-1].end - part[0].start
    if columns > MAX_COLUMNS or seconds > MAX_SECONDS:
        return math.inf
    balance = BALANCE_COST * (columns / wanted - 1) ** 2
    return LINE_COST + balance + SHORT_COST * max(0.0, MIN_SECONDS - seconds)


def _break_cost(before: Unit, after: Unit, text: str, ends: frozenset[int]) -> float:
    left, right = text[: before.last].rstrip()[-2:], text[after.first : after.last].lstrip()
    if _CLAUSE_END.search(_tail(before, text)):
        return BREAK_COSTS["clause"]
    if _AMOUNT.search(left) or right[:1] in _PARTICLES:
        return BREAK_COSTS["bound"]
    if (
        text[before.last - 1 : before.last].isspace()
        or text[after.first : after.first + 1].isspace()
    ):
        return BREAK_COSTS["space"]
    if before.last not in ends:
        return BREAK_COSTS["inside"]
    is_unsure = before.last - 1 in ends and before.last + 1 in ends
    return BREAK_COSTS["characters" if is_unsure else "words"]


def _readable(lines: list[list[Unit]], text: str) -> list[list[Unit]]:
    """A line that cannot stay for a second before the next one comes joins a neighbour it fits beside."""
    found: list[list[Unit]] = []
    for line in lines:
        if found and _is_hurried(found[-1], line) and _fits([*found[-1], *line], text):
            found[-1] = [*found[-1], *line]
        else:
            found.append(line)
    if len(found) > 1:
        *rest, before, last = found
        length = last[-1].end + AFTER_LAST - last[0].start
        if length < MIN_SECONDS and _fits([*before, *last], text):
            found = [*rest, [*before, *last]]
    return found


def _is_hurried(line: Sequence[Unit], following: Sequence[Unit]) -> bool:
    return following[0].start - line[0].start < MIN_SECONDS


def _fits(units: Sequence[Unit], text: str) -> bool:
    silences = (b.start - a.end for a, b in pairwise(units))
    return not math.isinf(_line_cost(units, text, MAX_COLUMNS)) and max(silences, default=0) < (
        BREAK_SECONDS
    )


def _timed(lines: Sequence[Sequence[Unit]], text: str) -> list[Cue]:
    """Each stays for a second where the next one lets it."""
    found = []
    for line, following in zip_longest(lines, lines[1:]):
        start, end = line[0].start, line[-1].end
        latest = following[0].start if following else end + AFTER_LAST
        words = " ".join(text[line[0].first : line[-1].last].split())
        found.append(Cue(start, max(end, min(start + MIN_SECONDS, latest)), words))
    return found


def _tail(unit: Unit, text: str) -> str:
    """The marks after a word."""
    found = re.search(r"[^\w]*\Z", text[unit.first : unit.last])
    return found[0] if found else ""


def _columns(text: str) -> int:
    wide = sum(unicodedata.east_asian_width(char) in "WF" for char in text.strip())
    return len(text.strip()) + wide
