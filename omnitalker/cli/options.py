"""Options that several commands share, said once; those of an order are made from its fields."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable, Iterator
from typing import Annotated, Any, TypeVar

import typer

from omnitalker.base.machine import check_device
from omnitalker.studio.option import options_of
from omnitalker.studio.order import ALIASES, OPTIONS, PARTS, Option

R = TypeVar("R")

Checkpoint = Annotated[str, typer.Option(help="Checkpoint folder.")]
Device = Annotated[str, typer.Option(help="cpu, cuda, cuda:1, mps.", callback=check_device)]
RendererName = Annotated[str, typer.Option(help=OPTIONS["renderer"].told)]
Size = Annotated[int, typer.Option(help=OPTIONS["size"].told)]

WISHES = "wishes"
_NOT_ASKED = ("text", "sound", "scene")


def takes_wishes(command: Callable[..., R]) -> Callable[..., R]:
    """Gives a command an option for every field of an order; its parameter `wishes` gets those that were used."""
    own = [
        parameter
        for parameter in inspect.signature(command, eval_str=True).parameters.values()
        if parameter.name != WISHES
    ]
    made = [parameter for parameter, _ in _parameters()]
    names = {parameter.name: name for parameter, name in _parameters()}

    @functools.wraps(command)
    def call(**given: Any) -> R:
        used = {name: given.pop(key, None) for key, name in names.items()}
        wishes = {name: value for name, value in used.items() if value is not None}
        return command(**given, wishes=wishes)

    parameters = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in (*own, *made)]
    call.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    call.__annotations__ = {p.name: p.annotation for p in parameters}
    return call


def _parameters() -> Iterator[tuple[inspect.Parameter, str]]:
    """Of the command line, each with the name it has in an order: today's first, then hidden earlier ones."""
    for name, option in OPTIONS.items():
        if name not in _NOT_ASKED:
            yield _parameter(name, option, help=option.told, rich_help_panel=_panel(name)), name
    for old, name in ALIASES.items():
        yield _parameter(old, OPTIONS[name], hidden=True), old


def _parameter(name: str, option: Option, **look: Any) -> inspect.Parameter:
    flag = f"--{name.replace('_', '-')}"
    default = str(option.default) if option.default else False
    info = typer.Option(flag, show_default=default, **look)
    kind: Any = option.kind | None
    return inspect.Parameter(
        name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Annotated[kind, info]
    )


def _panel(name: str) -> str:
    """The part of the order as a heading: its docstring's sentence."""
    parts: Iterable[type] = PARTS.values()
    part = next(cls for cls in parts if name in options_of(cls))
    return (part.__doc__ or "").strip().rstrip(".")
