"""Hearing a voice before choosing it."""

from __future__ import annotations

from pathlib import Path

import pytest
import soundfile
from typer.testing import CliRunner

from omnitalker.base.errors import InputError
from omnitalker.cli import player
from omnitalker.cli.main import app

RUN = CliRunner()


def test_a_voice_introduces_itself_in_a_file(tmp_path: Path) -> None:
    result = RUN.invoke(app, ["voices", "--play", "ben", "--sample", str(tmp_path / "ben.wav")])
    assert result.exit_code == 0, result.output
    samples, rate = soundfile.read(tmp_path / "ben.wav")
    assert 2 < len(samples) / rate < 9
    assert abs(samples).max() > 0.1


def test_a_sample_without_a_voice_and_a_voice_nobody_has_are_told(tmp_path: Path) -> None:
    for arguments in (["--sample", str(tmp_path / "x.wav")], ["--play", "nobody"]):
        result = RUN.invoke(app, ["voices", *arguments])
        assert isinstance(result.exception, InputError | SystemExit)
        assert not (tmp_path / "x.wav").exists()


def test_the_first_player_that_can_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard = tmp_path / "heard"
    for name, code in (("ffplay", "exit 1"), ("aplay", f'echo "$2" > {heard}')):
        script = tmp_path / name
        script.write_text(f"#!/bin/sh\n{code}\n")
        script.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    player.play(tmp_path / "a.wav")
    assert heard.read_text().strip() == str(tmp_path / "a.wav")
    monkeypatch.setenv("PATH", str(tmp_path / "nowhere"))
    with pytest.raises(InputError, match="--sample"):
        player.play(tmp_path / "a.wav")
