"""`omnitalker bench live`, small: every figure is there, and what was measured is kept as it comes."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from omnitalker.base.errors import InputError
from omnitalker.evaluation.bench.live import BenchSettings, measure

pytestmark = pytest.mark.usefixtures("no_leaks")


def test_every_part_gives_its_figures_and_keeps_them(tiny_checkpoint: Path) -> None:
    kept: list[set[str]] = []
    settings = BenchSettings(6, 2.0, 2, 256, "sketch", str(tiny_checkpoint))
    figures = measure(settings, lambda now: kept.append(set(now)))
    assert figures["latency"]["count"] == 6
    assert 0 < figures["latency"]["median"] < 5000
    assert figures["memory"]["growth_percent"] is not None
    assert figures["interruption"]["old_frames_most"] <= 1
    assert figures["continuous"]["frames_per_second"] > 15
    assert "headroom_percent" in figures["continuous"]
    assert figures["reactions_ms"]["barge_in_noticed_p95"] < 500
    assert len(figures["together"]["frames_per_second"]) == 2
    assert all(later >= earlier for earlier, later in itertools.pairwise(kept))
    assert kept[-1] == set(figures)


def test_the_offset_at_a_peer_is_found(tiny_checkpoint: Path) -> None:
    settings = BenchSettings(
        size=256, renderer="sketch", checkpoint=str(tiny_checkpoint),
        webrtc_minutes=0.1, parts=("webrtc",),
    )  # fmt: skip
    figures = measure(settings)["webrtc"]
    assert list(figures["offset_ms_by_minute"]) == ["0.1"]
    assert figures["pictures_received"] > 50


def test_parts_are_added_to_the_file_of_an_earlier_run(
    tiny_checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from omnitalker.cli.main import app

    monkeypatch.setenv("OMP_WAIT_POLICY", "passive")  # the command would set it for good
    file = tmp_path / "figures.json"
    file.write_text(json.dumps({"latency": {"median": 1}}))
    options = ["--seconds", "1", "--size", "256", "--renderer", "sketch", "-o", str(file)]
    made = CliRunner().invoke(
        app,
        ["bench", "live", *options, "--part", "continuous", "--checkpoint", str(tiny_checkpoint)],
    )
    assert made.exit_code == 0, made.output
    figures: dict[str, Any] = json.loads(file.read_text())
    assert figures["latency"] == {"median": 1}
    assert figures["continuous"]["seconds"] >= 1


def test_an_unknown_part_is_refused() -> None:
    with pytest.raises(InputError, match="turns"):
        BenchSettings(parts=("turnss",))  # type: ignore[arg-type]
