"""`omnitalker train` without what training needs."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from omnitalker.base.errors import MissingExtra
from omnitalker.cli.main import app


def test_a_missing_extra_is_said_before_anything_is_loaded(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "accelerate" else find(name)
    )
    loaded = set(sys.modules)
    result = CliRunner().invoke(app, ["train", "dit", str(tmp_path / "none.yaml")])
    assert isinstance(result.exception, MissingExtra)
    assert "pip install 'omnitalker[train]'" in str(result.exception)
    assert not {name for name in set(sys.modules) - loaded if "training" in name}
