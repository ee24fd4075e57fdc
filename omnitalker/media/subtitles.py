"""Subtitles from word times: SubRip and WebVTT."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from omnitalker.base.types import TimedWord

MAX_LINE = 42
MAX_SECONDS = 5.0
BREAK_SECONDS = 0.6
"""A silence this long ends a line."""

_NO_SPACE_BEFORE = frozenset(",.;:!?%)]}，。！？、；：）》”’")


def to_srt(words: Iterable[TimedWord], source: str) -> str:
    """SubRip text. `source` is the user's text, from which the written form of each word is taken."""
    lines = [
        f"{number}\n{_clock(start, ',')} --> {_clock(end, ',')}\n{text}\n"
        for number, (start, end, text) in enumerate(cues(words, source), start=1)
    ]
    return "\n".join(lines)


def to_vtt(words: Iterable[TimedWord], source: str) -> str:
    """WebVTT text."""
    lines = [
        f"{_clock(start, '.')} --> {_clock(end, '.')}\n{text}\n"
        for start, end, text in cues(words, source)
    ]
    return "\n".join(["WEBVTT\n", *lines])


def cues(words: Iterable[TimedWord], source: str) -> list[tuple[float, float, str]]:
    """(start, end, text) of every line."""
    found = []
    for group in _groups(list(words), source):
        text = " ".join(source[group[0].start_char : group[-1].end_char].split())
        found.append((group[0].start, group[-1].end, text + _closing_mark(group[-1], source)))
    return found


def _groups(words: Sequence[TimedWord], source: str) -> list[list[TimedWord]]:
    groups: list[list[TimedWord]] = []
    for word in words:
        if groups and _belongs(groups[-1], word, source):
            groups[-1].append(word)
        else:
            groups.append([word])
    return groups


def _belongs(group: list[TimedWord], word: TimedWord, source: str) -> bool:
    first, last = group[0], group[-1]
    if word.start_char < last.end_char:
        return True  # the same stretch of text: "42" is two spoken words
    ended = any(mark in source[last.end_char : word.start_char] for mark in ".!?。！？\n")
    return (
        not ended
        and word.end_char - first.start_char <= MAX_LINE
        and word.end - first.start <= MAX_SECONDS
        and word.start - last.end < BREAK_SECONDS
    )


def _closing_mark(word: TimedWord, source: str) -> str:
    following = source[word.end_char : word.end_char + 1]
    return following if following in _NO_SPACE_BEFORE else ""


def _clock(seconds: float, separator: str) -> str:
    milliseconds = round(seconds * 1000)
    minutes, rest = divmod(milliseconds, 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{rest // 1000:02}{separator}{rest % 1000:03}"
