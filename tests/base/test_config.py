from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pytest

from omnitalker.base.config import build, load_config
from omnitalker.base.errors import ConfigError


@dataclass(frozen=True)
class Inner:
    width: int = 4
    rate: float = 1.0


@dataclass(frozen=True)
class Outer:
    name: str
    kind: Literal["joint", "cross"] = "joint"
    inner: Inner = field(default_factory=Inner)
    sizes: tuple[int, ...] = (1,)
    limit: float | None = None


def test_values_defaults_and_overrides(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text("name: x\ninner: {rate: 1e-4}\nsizes: [2, 3]\n")
    config = load_config(Outer, file, overrides=["inner.width=8", "limit=2"])
    assert config == Outer("x", "joint", Inner(8, 1e-4), (2, 3), 2.0)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"name": "x", "kinds": 1}, ["'kinds'", "did you mean 'kind'", "inner", "sizes"]),
        ({"name": "x", "kind": "jiont"}, ["kind", "'jiont'", "did you mean 'joint'", "cross"]),
        ({"name": "x", "inner": {"width": "wide"}}, ["inner: width", "int", "'wide'"]),
        ({"name": "x", "inner": {"width": True}}, ["width", "int"]),
        ({"name": "x", "inner": 3}, ["inner", "mapping"]),
        ({}, ["missing name"]),
        ({"name": "x", "sizes": 3}, ["sizes", "list"]),
    ],
)
def test_errors_name_the_place_and_the_valid_choices(
    values: dict[str, Any], words: list[str]
) -> None:
    with pytest.raises(ConfigError) as caught:
        build(Outer, values)
    for word in words:
        assert word in str(caught.value)


def test_file_errors(tmp_path: Path) -> None:
    (tmp_path / "tiny.yaml").write_text("- a\n- b\n")
    with pytest.raises(ConfigError, match=r"tiny\.yaml"):
        load_config(Inner, tmp_path / "missing.yaml")
    with pytest.raises(ConfigError, match="not a list"):
        load_config(Inner, tmp_path / "tiny.yaml")
    (tmp_path / "bad.yaml").write_text("a: [1\n")
    with pytest.raises(ConfigError, match="not valid YAML"):
        load_config(Inner, tmp_path / "bad.yaml")
