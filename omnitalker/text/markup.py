"""Directions inside a text: `[whispering]`, `[excited, louder]`, `<emotion=sad>`, `<|angry|>`, `(pause 0.5)`.

What stands in brackets is a direction where all of it is understood; anything else is left for the text frontend,
which knows markdown, code and `<|tags|>`. A direction holds until another one says otherwise; `[normal]` ends all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from omnitalker.base.types import Text
from omnitalker.text.aligned import AlignedText
from omnitalker.text.direction import Direction, read_direction

_RESETS: Final = frozenset(("normal", "normally", "default", "reset", "/", "正常", "恢复"))
_BRACKETS: Final = re.compile(
    r"\[(?:emotion\s*[=:]\s*)?(?P<square>[^\[\]\n|]{1,60})\](?!\()"
    r"|[（(](?:pause|停顿|beat)\s*(?P<pause>\d{0,2}(?:\.\d+)?)\s*(?:s|sec|seconds?|秒)?[)）]"
    r"|<\|(?:emotion\s*[=:_]\s*)?(?P<bar>[A-Za-z]{3,12})\|>"
    r"|</?(?:emotion|manner|mood)\s*(?:[=:]\s*[\"']?(?P<angle>[A-Za-z]{3,12})[\"']?\s*)?/?>",
    re.IGNORECASE,
)
_PAUSE_WORDS: Final = re.compile(r"(?:pause|停顿|beat)\s*(\d{0,2}(?:\.\d+)?)\s*(?:s|sec|seconds?|秒)?", re.IGNORECASE)  # fmt: skip
_OPEN: Final = re.compile(
    r"(?:\[[^\[\]\n]*(?:\](?:\([^()\n]*)?)?|<[^<>\n]*"
    r"|[（(](?:p|pa|pau|paus|b|be|bea|停|(?:pause|停顿|beat)[\s\d.a-z秒]*)?)\Z",
    re.IGNORECASE,
)
"""What may be the beginning of a direction; a whole `[x]` may still turn out to be a link `[x](...)`."""
_LONGEST: Final = 64
USUAL_PAUSE: Final = 0.6
LONGEST_PAUSE: Final = 10.0
EMPHASIS: Final = re.compile(
    r"(?<![A-Za-z0-9*_])(\*{1,2}|_)(?=[^\s*_])([^*_\n]{1,40}?)(?<=[^\s*_])\1(?![A-Za-z0-9*_])"
)
MOST_EMPHASISED: Final = 4
"""Words: what is longer is set apart, not stressed."""


@dataclass(frozen=True)
class Control:
    """From here on, speak like this."""

    direction: Direction
    ends_all: bool = False
    """Back to how the speaker spoke at the beginning, before the direction is followed."""


@dataclass(frozen=True)
class Rest:
    """A silence of so many seconds."""

    seconds: float


Part = str | Control | Rest


@dataclass
class Directions:
    """Takes directions out of text that arrives in portions."""

    _held: str = field(default="", init=False)

    def push(self, delta: str) -> Iterator[Part]:
        """Text and directions in order; what may be half a direction is held back."""
        text = self._held + delta
        match = _OPEN.search(text)
        cut = match.start() if match and len(text) - match.start() <= _LONGEST else len(text)
        self._held = text[cut:]
        yield from parts_of(text[:cut])

    def flush(self) -> Iterator[Part]:
        text, self._held = self._held, ""
        yield from parts_of(text)


def parts_of(text: str) -> Iterator[Part]:
    """A whole text: what is to be said, and the directions between."""
    return (part for _, part in placed_parts(text))


def has_directions(text: str) -> bool:
    return any(True for _ in _directions(text))


def said(text: str) -> str:
    """A text without its directions."""
    return "".join(part for part in parts_of(text) if isinstance(part, str))


def placed_parts(text: str) -> Iterator[tuple[int, Part]]:
    """The same, each part with its place in the text."""
    at = 0
    for match, part in _directions(text):
        if match.start() > at:
            yield at, text[at : match.start()]
        yield match.start(), part
        at = match.end()
    if at < len(text):
        yield at, text[at:]


def without_directions(text: AlignedText) -> AlignedText:
    """What is left to be said."""
    found = {match.span() for match, _ in _directions(text.text)}
    return text.sub(_BRACKETS, lambda match: "" if match.span() in found else match[0])


def brackets_of(text: str) -> Iterator[str]:
    """What stands in square brackets and is no direction."""
    understood = {match.span() for match, _ in _directions(text)}
    for match in re.finditer(r"(?<!\[)\[([^\[\]\n|]+)\](?![(\[\]])", text):
        if match.span() not in understood:
            yield match[1]


def emphasised(text: Text) -> frozenset[int]:
    """Indices of the words that were written `*so*`."""
    found: set[int] = set()
    for match in EMPHASIS.finditer(text.source):
        inside = [
            place
            for place, word in enumerate(text.words)
            if word.start >= match.start() and word.end <= match.end()
        ]
        if 0 < len(inside) <= MOST_EMPHASISED and len(inside) < len(text.words):
            found.update(inside)
    return frozenset(found)


def _directions(text: str) -> Iterator[tuple[re.Match[str], Control | Rest]]:
    for match in _BRACKETS.finditer(text):
        if match["pause"] is not None:
            yield match, _rest(match["pause"])
            continue
        words = match["square"] or match["bar"] or match["angle"]
        if words is None:
            yield match, Control(Direction(), ends_all=True)
        elif pause := _PAUSE_WORDS.fullmatch(words.strip()):
            yield match, _rest(pause[1])
        elif words.strip().lower() in _RESETS:
            yield match, Control(Direction(), ends_all=True)
        elif (direction := read_direction(words)).is_whole:
            yield match, Control(direction)


def _rest(seconds: str) -> Rest:
    return Rest(min(float(seconds) if seconds else USUAL_PAUSE, LONGEST_PAUSE))
