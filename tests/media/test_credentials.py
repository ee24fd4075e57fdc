"""Signed statements inside files; skipped where c2pa-python is not installed."""

from __future__ import annotations

import stat
from datetime import datetime, timedelta, timezone
from pathlib import Path

import cv2
import numpy as np
import pytest

from omnitalker.base.errors import ConfigError
from omnitalker.media import credentials
from omnitalker.media.credentials import SignedFile, read_credentials
from omnitalker.media.sound import write_wav

pytest.importorskip("c2pa", reason="c2pa-python is not installed")


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(credentials, "FOLDER", tmp_path / "signing")
    return tmp_path / "signing"


def written(path: Path) -> Path:
    with SignedFile(path) as temporary:
        write_wav(temporary, np.zeros(24_000, np.float32))
    return path


def test_a_file_says_what_made_it(tmp_path: Path) -> None:
    found = read_credentials(written(tmp_path / "hello.wav"))
    assert found is not None
    assert (found.maker, found.is_intact) == ("OmniTalker", True)
    assert abs(
        datetime.now(timezone.utc) - datetime.fromisoformat(found.when.replace("Z", "+00:00"))
    ) < timedelta(minutes=1)


def test_words_of_strangers_move_no_terminal_and_fill_no_page() -> None:
    assert credentials._shown("\x1b[2JOmni\nTalker" + "x" * 500) == "[2JOmniTalker" + "x" * 67


def test_pictures_one_by_one_say_it_too(tmp_path: Path) -> None:
    _, encoded = cv2.imencode(".png", np.zeros((32, 32, 3), np.uint8))
    (tmp_path / "000000.png").write_bytes(credentials.signed(encoded.tobytes(), "000000.png"))
    found = read_credentials(tmp_path / "000000.png")
    assert found is not None
    assert (found.maker, found.is_intact) == ("OmniTalker", True)
    assert credentials.signed(b"x", "a.webm") == b"x"


def test_a_change_is_noticed(tmp_path: Path) -> None:
    path = written(tmp_path / "hello.wav")
    data = bytearray(path.read_bytes())
    data[4000] ^= 1
    path.write_bytes(data)
    found = read_credentials(path)
    assert found is not None
    assert not found.is_intact


def test_the_key_is_made_once_and_for_its_owner_alone(tmp_path: Path, own_folder: Path) -> None:
    written(tmp_path / "one.wav")
    key = (own_folder / "key.pem").read_bytes()
    written(tmp_path / "two.wav")
    assert (own_folder / "key.pem").read_bytes() == key
    assert stat.S_IMODE((own_folder / "key.pem").stat().st_mode) == 0o600


def test_files_of_others_say_nothing(tmp_path: Path) -> None:
    write_wav(tmp_path / "plain.wav", np.zeros(2400, np.float32))
    assert read_credentials(tmp_path / "plain.wav") is None


def test_a_broken_key_leaves_nothing_half_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, variable in (("c.pem", "CHAIN"), ("k.pem", "KEY")):
        (tmp_path / name).write_text("no key")
        monkeypatch.setenv(f"OMNITALKER_SIGNING_{variable}", str(tmp_path / name))
    with pytest.raises(ConfigError, match="cannot sign"):
        written(tmp_path / "out" / "hello.wav")
    assert list((tmp_path / "out").iterdir()) == []
