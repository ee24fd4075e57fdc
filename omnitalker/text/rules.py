"""How both normalisers read: an ordered table of patterns, each with what its match is spoken as."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

Speak = Callable[[re.Match[str]], str]
Rule = tuple[re.Pattern[str], Speak]


@dataclass(frozen=True)
class Said:
    """`words` stand for `text[start:end]`; `is_plain` means that they are the very words of the text."""

    words: str
    start: int
    end: int
    is_plain: bool = False


def say(rules: Sequence[Rule], text: str, start: int, end: int) -> Iterator[Said]:
    """What is said of `text[start:end]`, from left to right; what has no sound is passed over."""
    at = start
    while at < end:
        for pattern, speak in rules:
            match = pattern.match(text, at, end)
            if match and match.end() > at:
                words = speak(match)
                if words.strip():
                    yield Said(words, at, match.end(), speak is plain)
                at = match.end()
                break
        else:
            at += 1


def rule(pattern: str, speak: Speak, flags: int = 0) -> Rule:
    return re.compile(pattern, flags), speak


def plain(match: re.Match[str]) -> str:
    """As it is written."""
    return match[0]


def always(words: str) -> Speak:
    return lambda _: words
