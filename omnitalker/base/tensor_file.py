"""Arrays from a .safetensors file of a stranger: names, types, shapes and values are as agreed before anything is used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from omnitalker.base.errors import InputError
from omnitalker.base.version import VERSION

FLOATS = ("F16", "F32")
WHOLE_NUMBERS = ("I16", "I32", "I64")
BYTES = ("U8",)
MOST_METADATA = 64_000
"""Characters of all that is said beside the arrays."""

Arrays = dict[str, npt.NDArray[Any]]


@dataclass(frozen=True)
class Spec:
    """One array. A letter in a shape stands for the same number wherever it is."""

    shape: tuple[int | str, ...] | None
    """None = any."""
    types: tuple[str, ...]
    low: float = -np.inf
    high: float = np.inf
    is_optional: bool = False


def read_tensors(
    path: str | Path,
    form: str,
    specs: Mapping[str, Spec],
    *,
    most_bytes: int,
    families: Mapping[str, Spec] | None = None,
) -> tuple[Arrays, dict[str, str]]:
    """(arrays, metadata) of a file of format `form` that holds exactly what `specs` say. `families`: by the beginning of a name.

    Raises `InputError` with the reason alone; who knows what the file is for says the rest.
    """
    from safetensors import SafetensorError, safe_open

    path = Path(path)
    try:
        if not path.is_file():
            raise InputError("there is no such file")
        if path.stat().st_size > most_bytes:
            raise InputError(
                f"it has {path.stat().st_size / 1e6:.1f} MB; {most_bytes / 1e6:.0f} are allowed"
            )
        with safe_open(str(path), framework="numpy") as file:  # type: ignore[no-untyped-call]
            metadata = dict(file.metadata() or {})
            if sum(map(len, (*metadata, *metadata.values()))) > MOST_METADATA:
                raise InputError("its metadata is longer than any we write")
            if metadata.get("format") != form:
                raise InputError(
                    f"its format is {metadata.get('format', '')[:40]!r}, this OmniTalker ({VERSION}) reads {form!r}"
                )
            wanted = _wanted(set(file.keys()), specs, families or {})
            sizes: dict[str, int] = {}
            for name, spec in wanted.items():
                _check_outside(name, file.get_slice(name), spec, sizes)
            arrays = {name: file.get_tensor(name) for name in wanted}
    except (OSError, SafetensorError) as error:
        raise InputError(str(error)) from error
    for name, spec in wanted.items():
        _check_inside(name, arrays[name], spec)
    return arrays, metadata


def _wanted(
    found: set[str], specs: Mapping[str, Spec], families: Mapping[str, Spec]
) -> dict[str, Spec]:
    missing = sorted(n for n, spec in specs.items() if not spec.is_optional and n not in found)
    if missing:
        raise InputError(f"it lacks {', '.join(missing)}")
    wanted = {name: spec for name, spec in specs.items() if name in found}
    for name in sorted(found - set(specs)):
        family = next((spec for start, spec in families.items() if name.startswith(start)), None)
        if family is None:
            raise InputError(f"it holds '{name[:40]}', which does not belong there")
        wanted[name] = family
    return wanted


def _check_outside(name: str, part: Any, spec: Spec, sizes: dict[str, int]) -> None:
    """Type and shape, before anything is read."""
    if part.get_dtype() not in spec.types:
        raise InputError(f"{name} is of type {part.get_dtype()}, not {' or '.join(spec.types)}")
    if spec.shape is None:
        return
    shape = part.get_shape()
    fits = len(shape) == len(spec.shape)
    for size, wanted in zip(shape, spec.shape, strict=False):
        fits &= size == (sizes.setdefault(wanted, size) if isinstance(wanted, str) else wanted)
    if not fits:
        raise InputError(f"{name} has shape {tuple(shape)}, not {_words(spec.shape, sizes)}")


def _check_inside(name: str, values: npt.NDArray[Any], spec: Spec) -> None:
    if not values.size or values.dtype == np.uint8:
        return
    if not np.isfinite(values).all():
        raise InputError(f"{name} holds values that are no numbers")
    low, high = float(values.min()), float(values.max())
    if low < spec.low or high > spec.high:
        raise InputError(
            f"{name} goes from {low:g} to {high:g}; it must stay within {spec.low:g} and {spec.high:g}"
        )


def _words(shape: tuple[int | str, ...], sizes: dict[str, int]) -> str:
    parts = (str(sizes.get(p, p)) if isinstance(p, str) else str(p) for p in shape)
    return f"({', '.join(parts)})"
