"""Functions of the user's own that a language model may call: every public function of one Python file."""

from __future__ import annotations

import asyncio
import inspect
import json
import logging
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, Literal, Union, get_args, get_origin, get_type_hints

from omnitalker.agent.brain import ToolCall
from omnitalker.base.errors import ConfigError

log = logging.getLogger(__name__)

PATIENCE: Final = 20.0
"""Seconds that a tool may take."""
_KINDS: Final = {str: "string", int: "integer", float: "number", bool: "boolean"}


class Toolbox:
    """Give `definitions` to the model's settings and the box itself to `Conversation(run_tool=...)`."""

    def __init__(self, *functions: Callable[..., Any]) -> None:
        """Annotated functions, plain or async; the docstring tells the model what each is for."""
        self._functions = {function.__name__: function for function in functions}
        self.definitions = tuple(_definition(function) for function in functions)

    @classmethod
    def load(cls, path: str | Path) -> Toolbox:
        """Runs the file: take it from nobody whom you would not trust with this machine."""
        if not Path(path).is_file():
            raise ConfigError(f"no file {path} with tools")
        module = types.ModuleType("omnitalker_tools")
        try:
            exec(compile(Path(path).read_bytes(), str(path), "exec"), vars(module))
        except Exception as error:
            raise ConfigError(f"{path} cannot be run ({type(error).__name__}: {error})") from error
        own = [
            value
            for name, value in vars(module).items()
            if inspect.isfunction(value)
            and value.__module__ == module.__name__
            and not name.startswith("_")
        ]
        if not own:
            raise ConfigError(f"{path} has no public function that could be a tool")
        return cls(*own)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._functions)

    async def __call__(self, call: ToolCall) -> str:
        """What the model is told; a tool that fails says so, and the talk goes on."""
        log.info("tool %s(%s)", call.name, call.arguments)
        try:
            return await asyncio.wait_for(self._run(call), PATIENCE)
        except asyncio.TimeoutError:
            reason = f"no answer in {PATIENCE:g} s"
        except Exception as error:
            reason = f"{type(error).__name__}: {error}"
        log.warning("tool %s failed: %s", call.name, reason)
        return f"error: {reason}"

    async def _run(self, call: ToolCall) -> str:
        if call.name not in self._functions:
            raise LookupError(f"no tool {call.name!r}; there are {', '.join(self.names)}")
        function = self._functions[call.name]
        given = json.loads(call.arguments or "{}")
        if inspect.iscoroutinefunction(function):
            answer = await function(**given)
        else:
            answer = await asyncio.to_thread(function, **given)
        return answer if isinstance(answer, str) else json.dumps(answer, default=str)


def _definition(function: Callable[..., Any]) -> dict[str, Any]:
    """As `POST /v1/chat/completions` wants it."""
    hints = get_type_hints(function)
    parameters = inspect.signature(function).parameters.values()
    return {
        "type": "function",
        "function": {
            "name": function.__name__,
            "description": inspect.getdoc(function) or function.__name__.replace("_", " "),
            "parameters": {
                "type": "object",
                "properties": {p.name: _schema(function, p, hints) for p in parameters},
                "required": [p.name for p in parameters if p.default is p.empty],
            },
        },
    }


def _schema(
    function: Callable[..., Any], parameter: inspect.Parameter, hints: dict[str, Any]
) -> dict[str, Any]:
    hint = hints.get(parameter.name, str)
    if get_origin(hint) in (Union, types.UnionType):
        hint = next(part for part in get_args(hint) if part is not type(None))
    if get_origin(hint) is Literal:
        return {"type": "string", "enum": list(get_args(hint))}
    if hint not in _KINDS:
        raise ConfigError(
            f"tool {function.__name__}: {parameter.name} must be a str, int, float, bool or Literal, got {hint}"
        )
    return {"type": _KINDS[hint]}
