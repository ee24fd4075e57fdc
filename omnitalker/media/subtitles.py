"""Subtitles from word times: SubRip and WebVTT."""

from __future__ import annotations

from collections.abc import Iterable

from omnitalker.base.types import TimedWord
from omnitalker.media.cues import cues


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


def _clock(seconds: float, separator: str) -> str:
    milliseconds = round(seconds * 1000)
    minutes, rest = divmod(milliseconds, 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{rest // 1000:02}{separator}{rest % 1000:03}"
