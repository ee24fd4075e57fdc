"""One field of an order: what it may be, how it is read from a table, a form or JSON, and what people are told of it."""

from __future__ import annotations

import dataclasses
import math
import types
import typing
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal, get_args, get_origin

from omnitalker.base.config import unknown_choice
from omnitalker.base.errors import InputError

_TRUE, _FALSE = {"1", "true", "yes", "y", "on"}, {"0", "false", "no", "n", "off"}


@dataclass(frozen=True)
class Option:
    """A named value; `kind` is str, float, int or bool."""

    name: str
    kind: type
    default: Any
    help: str
    choices: tuple[Any, ...] = ()
    span: tuple[float, float] | None = None
    is_file: bool = False
    """The value may be the path of a file, which only the owner of this machine may name."""

    def read(self, value: Any) -> Any:
        """As the field wants it; what is empty is None, which means the default."""
        if value is None or (isinstance(value, str) and not value.strip() and not self.default):
            return None
        if self.kind is bool:
            word = str(value).strip().lower()
            if word in _TRUE | _FALSE:
                return word in _TRUE
            raise InputError(f"{self.name} must be yes or no, got '{value}'")
        if self.kind is str:
            if isinstance(value, str):
                return value
            if isinstance(value, int) and value in (known := _in_base_60(self.choices)):
                return known[value]
            raise InputError(f"{self.name} must be text, got {value!r}")
        return self._number(value)

    def _number(self, value: Any) -> float | int:
        try:
            if isinstance(value, bool):
                raise ValueError
            number = float(value)
            if not math.isfinite(number) or (self.kind is int and number != int(number)):
                raise ValueError
        except (TypeError, ValueError):
            wanted = "a whole number" if self.kind is int else "a number"
            raise InputError(f"{self.name} must be {wanted}, got '{value}'") from None
        return int(number) if self.kind is int else number

    def check(self, value: Any) -> None:
        """Among the choices, within the span."""
        if self.choices and value not in self.choices:
            if self.kind is str:
                raise InputError(unknown_choice(self.name, str(value), self.choices))
            raise InputError(f"{self.name} must be {self._listed()}, got {value}")
        if self.span is not None and not self.span[0] <= value <= self.span[1]:
            low, high = self.span
            bounds = f"between {low:g} and {high:g}" if high < math.inf else f"at least {low:g}"
            raise InputError(f"{self.name} must be {bounds}, got {value:g}")

    @property
    def told(self) -> str:
        """Its help with what it may be."""
        if self.choices and not all(str(choice) in self.help for choice in self.choices):
            return f"{self.help}: {self._listed()}."
        if self.span is not None and self.kind is float and self.span[1] < math.inf:
            return f"{self.help}, {self.span[0]:g} to {self.span[1]:g}."
        return f"{self.help}."

    def _listed(self) -> str:
        *first, last = map(str, self.choices)
        return f"{', '.join(first)} or {last}"


def option(
    default: Any,
    help: str,
    *,
    choices: Iterable[Any] = (),
    span: tuple[float, float] | None = None,
    is_file: bool = False,
) -> Any:
    """The dataclass field of an `Option`; the help is a sentence without its full stop."""
    facts = {"help": help, "choices": tuple(choices), "span": span, "is_file": is_file}
    return field(default=default, metadata=facts)


@cache
def options_of(cls: Any) -> dict[str, Option]:
    """Those among the fields of a dataclass that were made by `option`."""
    hints = typing.get_type_hints(cls)
    return {
        item.name: Option(item.name, _kind(hints[item.name]), item.default, **item.metadata)
        for item in dataclasses.fields(cls)
        if item.metadata
    }


@dataclass(frozen=True)
class Checked:
    """A dataclass of options whose values are what they may be."""

    def __post_init__(self) -> None:
        cls: Any = type(self)
        for name, found in options_of(cls).items():
            if (value := getattr(self, name)) is not None:
                found.check(value)


def _in_base_60(choices: Iterable[Any]) -> dict[int, str]:
    """What YAML makes of 9:16 without quotes, and what was meant."""
    pairs = [(choice, choice.split(":")) for choice in choices if ":" in str(choice)]
    return {60 * int(high) + int(low): choice for choice, (high, low) in pairs}


def _kind(hint: Any) -> type:
    if get_origin(hint) is Literal:
        return str
    if get_origin(hint) in (typing.Union, types.UnionType):
        return next(kind for kind in get_args(hint) if kind is not type(None))
    return typing.cast("type", hint)
