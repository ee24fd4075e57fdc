"""Directions by words, followed: the sentence of an order, and what stands in brackets inside its text."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any

from omnitalker.base.types import StylePrompt
from omnitalker.generation.parts import Parts
from omnitalker.generation.plan import Clause
from omnitalker.generation.request import RANGES, SpeakRequest
from omnitalker.studio.order import Delivery, Order
from omnitalker.text.direction import read_direction
from omnitalker.text.frontend import TextFrontend
from omnitalker.text.language import detect
from omnitalker.text.markup import Control, Rest, has_directions, placed_parts, said
from omnitalker.text.splitting import split_clauses

MELODY = ("pitch", "pitch_range")
"""What only a prosody network can follow."""
FindStyle = Callable[[str, float], StylePrompt]
"""The style of an emotion at an intensity."""


def heeded(delivery: Delivery, parts: Parts) -> tuple[Delivery, tuple[str, ...]]:
    """A delivery as its sentence of direction changes it, and what was understood. An emotion that is given
    otherwise stays."""
    if delivery.direct is None:
        return delivery, ()
    direction = read_direction(delivery.direct)
    values = _followed(direction.values, parts)
    notes = direction.told
    if len(values) < len(direction.values):
        notes = (
            *notes,
            "pitch and its range stay as they are: this checkpoint has no prosody network",
        )
    if delivery.emotion != "neutral":
        values = {name: v for name, v in values.items() if name not in ("emotion", "intensity")}
    return replace(delivery.steered(values), direct=None), notes


def heeded_order(order: Order, parts: Parts) -> tuple[Order, tuple[str, ...]]:
    """The same of a whole order; what its text holds is told as well."""
    delivery, notes = heeded(order.delivery, parts)
    inside = [part for _, part in placed_parts(order.text or "") if isinstance(part, Control)]
    notes += tuple(line for part in inside for line in part.direction.told if part.direction.sounds)
    return replace(order, delivery=delivery), notes


class Director:
    """How the clauses of a text are said, from one direction in it to the next."""

    def __init__(
        self, request: SpeakRequest, delivery: Delivery, find_style: FindStyle, parts: Parts
    ) -> None:
        """`request` and `delivery`: how the speaker speaks without directions."""
        self.request = request
        self.delivery = delivery
        self._own, self._own_request = delivery, request
        self._find_style = find_style
        self._parts = parts
        self._values: dict[str, float | str] = {}

    def follow(self, control: Control) -> SpeakRequest:
        """The request from here on. What a direction does not name stays as the last one left it."""
        values = _followed(control.direction.values, self._parts)
        if control.ends_all:
            self._values = {}
        if "emotion" in values:
            self._values.pop("intensity", None)
        self._values.update(values)
        before, self.delivery = self.delivery, self._own.steered(self._values)
        style = self.request.style
        if control.ends_all:
            style = self._own_request.style
        elif (self.delivery.emotion, self.delivery.intensity) != (before.emotion, before.intensity):
            style = self._find_style(self.delivery.emotion, self.delivery.intensity)
        named = ("language", *RANGES)
        controls: dict[str, Any] = {name: getattr(self.delivery, name) for name in named}
        self.request = replace(self.request, style=style, **controls)
        return self.request


def directed_clauses(
    request: SpeakRequest, delivery: Delivery, find_style: FindStyle, parts: Parts
) -> Iterable[Clause] | None:
    """The clauses of a request whose text holds directions; None where it holds none."""
    if not has_directions(request.text):
        return None
    return _directed(request.text, Director(request, delivery, find_style, parts), parts.frontend)


def _directed(text: str, director: Director, frontend: TextFrontend) -> Iterator[Clause]:
    main = detect(said(text))
    for place, part in placed_parts(text):
        if isinstance(part, Rest):
            yield part
        elif isinstance(part, Control):
            yield director.follow(part)
        else:
            for piece in split_clauses(part):
                clause = frontend.prepare_piece(piece, director.request.language, place, main)
                if clause is not None:
                    yield clause
                place += len(piece)


def _followed(values: Any, parts: Parts) -> dict[str, float | str]:
    return {n: v for n, v in values.items() if parts.prosody is not None or n not in MELODY}
