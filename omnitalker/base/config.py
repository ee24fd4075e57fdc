"""Strict, typed configuration: a dataclass says what exists, YAML says what differs.

    @dataclass(frozen=True)
    class TrainConfig:
        steps: int = 1000
        solver: Literal["euler", "midpoint"] = "euler"

    config = load_config(TrainConfig, "configs/train/dit.yaml", overrides=["steps=50"])

A key that does not exist, a value of the wrong type or outside a Literal is a `ConfigError` that names the
valid ones. Nothing is looked up by class path, nothing is executed.
"""

from __future__ import annotations

import dataclasses
import difflib
import types
import typing
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal, TypeVar, Union, get_args, get_origin

import yaml

from omnitalker.base.errors import ConfigError

T = TypeVar("T")


def load_config(cls: type[T], source: str | Path, overrides: Iterable[str] = ()) -> T:
    """Read the YAML file `source` into `cls`; each override is `dotted.key=value` with a YAML value."""
    values = read_yaml(source)
    for override in overrides:
        key, separator, text = override.partition("=")
        if not separator:
            raise ConfigError(f"override '{override}' is not of the form key=value")
        _set_dotted(values, key.strip(), yaml.safe_load(text))
    return build(cls, values, where=str(source))


def read_yaml(path: str | Path) -> dict[str, Any]:
    """A YAML file that holds a mapping; anything else is a `ConfigError`."""
    path = Path(path)
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(f"no configuration file {path}{_similar_files(path)}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot read configuration {path}: {error}") from error
    except yaml.YAMLError as error:
        raise ConfigError(f"{path} is not valid YAML: {' '.join(str(error).split())}") from error
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise ConfigError(f"{path} must hold 'key: value' lines, not a {type(content).__name__}")
    return content


def build(cls: type[T], values: Mapping[str, Any], where: str = "configuration") -> T:
    """A `cls` from plain values, every key and type checked. `where` begins the error messages."""
    fields = {field.name: field for field in dataclasses.fields(cls) if field.init}  # type: ignore[arg-type]
    hints = typing.get_type_hints(cls)
    for key in values:
        if key not in fields:
            raise ConfigError(unknown_choice(f"{where}: key", str(key), fields))
    missing = [
        name
        for name, field in fields.items()
        if name not in values
        and field.default is dataclasses.MISSING
        and field.default_factory is dataclasses.MISSING
    ]
    if missing:
        raise ConfigError(f"{where}: missing {', '.join(missing)}")
    converted = {
        key: _convert(hints[key], value, f"{where}: {key}") for key, value in values.items()
    }
    try:
        return cls(**converted)
    except ValueError as error:
        raise ConfigError(f"{where}: {error}") from error


LONGEST_SHOWN = 80
"""Characters of what somebody gave that are shown again."""


def unknown_choice(what: str, given: str, valid: Iterable[str]) -> str:
    """`what 'given' is not known; did you mean 'x'? Valid: a, b, c`: one wording for the whole project."""
    names = sorted(valid)
    given = given if len(given) <= LONGEST_SHOWN else given[:LONGEST_SHOWN] + "…"
    close = difflib.get_close_matches(given, names, n=1)
    hint = f"; did you mean '{close[0]}'?" if close else "."
    return f"{what} '{given}' is not known{hint} Valid: {', '.join(names)}"


def _convert(hint: Any, value: Any, where: str) -> Any:
    origin, arguments = get_origin(hint), get_args(hint)
    if hint is Any:
        return value
    if origin is Literal:
        if value not in arguments:
            raise ConfigError(unknown_choice(where, str(value), map(str, arguments)))
        return value
    if origin in (Union, types.UnionType):
        return _convert_union(arguments, value, where)
    if dataclasses.is_dataclass(hint):
        if not isinstance(value, Mapping):
            raise ConfigError(f"{where} must be a mapping, got {value!r}")
        return build(typing.cast("type", hint), value, where)
    if origin in (list, tuple):
        return _convert_sequence(origin, arguments, value, where)
    if origin is dict:
        if not isinstance(value, Mapping):
            raise ConfigError(f"{where} must be a mapping, got {value!r}")
        return {key: _convert(arguments[1], item, f"{where}.{key}") for key, item in value.items()}
    return _convert_scalar(hint, value, where)


def _convert_union(options: tuple[Any, ...], value: Any, where: str) -> Any:
    if value is None and type(None) in options:
        return None
    failures = []
    for option in options:
        if option is type(None):
            continue
        try:
            return _convert(option, value, where)
        except ConfigError as error:
            failures.append(error)
    raise failures[-1]


def _convert_sequence(origin: Any, arguments: tuple[Any, ...], value: Any, where: str) -> Any:
    if not isinstance(value, list | tuple):
        raise ConfigError(f"{where} must be a list, got {value!r}")
    if origin is tuple and arguments[-1] is not Ellipsis:
        if len(value) != len(arguments):
            raise ConfigError(f"{where} must have {len(arguments)} entries, got {len(value)}")
        pairs = zip(arguments, value, strict=True)
        return tuple(_convert(hint, item, where) for hint, item in pairs)
    return origin(_convert(arguments[0], item, f"{where}[{i}]") for i, item in enumerate(value))


def _convert_scalar(hint: Any, value: Any, where: str) -> Any:
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if hint is float and isinstance(value, str):
        # YAML 1.1 reads 1e-4 (no dot) as a string.
        try:
            return float(value)
        except ValueError:
            pass
    if hint is Path and isinstance(value, str):
        return Path(value)
    right = isinstance(value, hint) and not (hint is int and isinstance(value, bool))
    if not right:
        raise ConfigError(f"{where} must be {hint.__name__}, got {value!r}")
    return value


def _set_dotted(values: dict[str, Any], key: str, value: Any) -> None:
    *parents, last = key.split(".")
    for parent in parents:
        inner = values.setdefault(parent, {})
        if not isinstance(inner, dict):
            raise ConfigError(f"override '{key}': '{parent}' is not a group of keys")
        values = inner
    values[last] = value


def _similar_files(path: Path) -> str:
    if not path.parent.is_dir():
        return ""
    names = sorted(file.name for file in path.parent.glob("*.yaml"))
    return f"; {path.parent} has: {', '.join(names)}" if names else ""
