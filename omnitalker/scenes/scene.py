"""A scene as values: who takes part, who says what, when nobody speaks, what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from omnitalker.studio.order import Order
from omnitalker.text.direction import Direction


@dataclass(frozen=True)
class Entry:
    """One thing that a script says, as a format found it."""

    number: int
    """Of its line in the file, from 1."""
    speaker: str = ""
    """None: it is a pause, a chapter or a change of layout."""
    text: str = ""
    direct: str = ""
    """What stands in brackets before the text."""
    wishes: Mapping[str, Any] = field(default_factory=dict)
    """Options of an order for this line alone."""
    overlaps: bool = False
    """Breaks in on the line before it."""
    pause: float = 0.0
    """Seconds in which nobody speaks."""
    chapter: str = ""
    layout: str = ""
    problem: str = ""
    """What makes it unreadable."""


@dataclass(frozen=True)
class Speaker:
    """Somebody who takes part."""

    name: str
    order: Order
    """How this one speaks and looks without directions."""
    side: str = "auto"
    is_seen: bool = True


@dataclass(frozen=True)
class Line:
    """What one speaker says without a break."""

    number: int
    speaker: str
    order: Order
    direction: Direction
    overlaps: bool = False
    pause: float = 0.0
    """Seconds before it, beside the usual gap."""
    layout: str = "cut"

    @property
    def text(self) -> str:
        return self.order.words


@dataclass(frozen=True)
class Chapter:
    title: str
    line: int
    """Index of the line that it begins with."""


@dataclass(frozen=True)
class Problem:
    number: int
    """Of the line; 0 is the head of the script."""
    reason: str

    def __str__(self) -> str:
        return f"line {self.number}: {self.reason}" if self.number else f"head: {self.reason}"


@dataclass(frozen=True)
class Scene:
    """A script that can be made. `problems` are of lines that are left out."""

    title: str
    cast: Mapping[str, Speaker]
    lines: tuple[Line, ...]
    chapters: tuple[Chapter, ...] = ()
    problems: tuple[Problem, ...] = ()
    gap: float = 0.1
    """Seconds between two lines, beside the silence that each ends with."""
    closing_pause: float = 0.0
    """Seconds after the last line."""

    @property
    def layouts(self) -> frozenset[str]:
        return frozenset(line.layout for line in self.lines)

    def seen(self) -> tuple[Speaker, ...]:
        """Who can be shown, in the order of the cast."""
        return tuple(speaker for speaker in self.cast.values() if speaker.is_seen)
