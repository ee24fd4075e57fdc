from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from omnitalker.base import assets, checksums
from omnitalker.base.errors import WeightsError


@pytest.fixture
def shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = tmp_path / "weights"
    (folder / "voices").mkdir(parents=True)
    (folder / "a.bin").write_bytes(b"weights")
    (folder / "voices" / "ann.bin").write_bytes(b"voice")
    checksums.write_sums(folder)
    return folder


def test_what_is_as_shipped_passes_and_what_was_changed_does_not(shipped: Path) -> None:
    voice = shipped / "voices" / "ann.bin"
    for path in (shipped / "a.bin", voice):
        checksums.check_file(path)
        checksums.check_file(path)  # by its stamp alone
    assert checksums.check_folder(shipped) == []
    voice.write_bytes(b"vOice")
    os.utime(voice, ns=(0, 1))
    with pytest.raises(WeightsError, match="was changed since it was shipped"):
        checksums.check_file(voice)
    (shipped / "a.bin").unlink()
    (shipped / "new.bin").touch()
    assert checksums.check_folder(shipped) == [
        "a.bin is missing",
        "new.bin is not in SHA256SUMS",
        "voices/ann.bin was changed",
    ]
    checksums.check_file(shipped / "new.bin")  # no list knows it
    checksums.write_sums(shipped)
    checksums.check_file(voice)


def test_the_list_is_read_by_sha256sum(shipped: Path) -> None:
    done = subprocess.run(["sha256sum", "-c", checksums.SUMS], cwd=shipped, capture_output=True)
    assert done.returncode == 0


@pytest.mark.parametrize("folder", [assets.DEFAULT_CHECKPOINT, assets.PRESENTERS])
def test_the_list_that_ships_is_that_of_the_files_that_ship(folder: str) -> None:
    """After a change of weights: omnitalker doctor --write-sums FOLDER."""
    found = assets.find(folder)
    assert found is not None
    assert (found / checksums.SUMS).is_file()
    assert checksums.check_folder(found) == []
