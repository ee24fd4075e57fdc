"""Subtitles as files: SubRip and WebVTT."""

from __future__ import annotations

from collections.abc import Iterable

from omnitalker.media.cues import Cue


def to_srt(lines: Iterable[Cue]) -> str:
    """SubRip text; names stand before what is said."""
    shown = [
        f"{number}\n{_clock(cue.start, ',')} --> {_clock(cue.end, ',')}\n{named(cue)}\n"
        for number, cue in enumerate(lines, start=1)
    ]
    return "\n".join(shown)


def to_vtt(lines: Iterable[Cue]) -> str:
    """WebVTT text; names are voice tags."""
    shown = [
        f"{_clock(cue.start, '.')} --> {_clock(cue.end, '.')}\n"
        f"{f'<v {cue.speaker}>' if cue.speaker else ''}{cue.text}\n"
        for cue in lines
    ]
    return "\n".join(["WEBVTT\n", *shown])


def named(cue: Cue) -> str:
    return f"{cue.speaker}: {cue.text}" if cue.speaker else cue.text


def _clock(seconds: float, separator: str) -> str:
    milliseconds = round(seconds * 1000)
    minutes, rest = divmod(milliseconds, 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{rest // 1000:02}{separator}{rest % 1000:03}"
