"""Where a name is looked for, and how weights come from a wheel into the cache."""

from __future__ import annotations

import base64
import hashlib
import threading
import zipfile
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from omnitalker.base import assets
from omnitalker.base.errors import InputError, WeightsError
from omnitalker.base.fetch import fetch

FILES = {"omnitalker_tiny/toy/model_index.json": b"{}", "omnitalker_tiny/toy/a/b.bin": b"12345"}


def wheel_of(path: Path, files: dict[str, bytes], lie: bytes = b"") -> Path:
    lines = []
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content + lie)
            digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode().rstrip("=")
            lines.append(f"{name},sha256={digest},{len(content)}")
        archive.writestr("omnitalker_tiny-1.dist-info/RECORD", "\n".join(lines))
    return path


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(assets.HOME_VARIABLE, str(tmp_path / "cache"))
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    return tmp_path / "cache"


def test_a_wheel_fills_the_cache_and_is_found(tmp_path: Path, cache: Path) -> None:
    said: list[str] = []
    wheel = wheel_of(tmp_path / "w.whl", FILES)
    assert fetch(str(wheel), say=said.append) == [cache / "checkpoints/toy"]
    assert said == [f"w.whl: 2 files, 0 MB, into {cache}/checkpoints"]
    assert assets.checkpoint_dir("toy") == cache / "checkpoints/toy"
    assert (cache / "checkpoints/toy/a/b.bin").read_bytes() == b"12345"
    fetch(str(wheel_of(wheel, FILES | {"omnitalker_tiny/toy/c": b"new"})), say=said.append)
    assert (cache / "checkpoints/toy/c").read_bytes() == b"new"
    assert [path.name for path in cache.iterdir()] == ["checkpoints"]


@pytest.mark.parametrize(
    ("files", "lie", "message"),
    [
        (FILES, b"!", "model_index.json is damaged"),
        ({"omnitalker_tiny/../../evil": b"x"}, b"", "nothing under omnitalker_tiny"),
        ({"other/toy/x": b"x"}, b"", "nothing under omnitalker_tiny"),
    ],
)
def test_what_is_not_as_it_was_packed_is_refused(
    tmp_path: Path, cache: Path, files: dict[str, bytes], lie: bytes, message: str
) -> None:
    with pytest.raises(WeightsError, match=message):
        fetch(str(wheel_of(tmp_path / "w.whl", files, lie)), say=lambda _: None)
    assert list(cache.iterdir()) == []


def test_other_sources_are_refused(tmp_path: Path, cache: Path) -> None:
    with pytest.raises(InputError, match="no such wheel"):
        fetch("nowhere.whl")
    (tmp_path / "note.whl").write_text("hello")
    with pytest.raises(WeightsError, match="not a wheel of weights"):
        fetch(str(tmp_path / "note.whl"))
    with pytest.raises(WeightsError, match="SHA-256"):
        fetch(str(tmp_path / "note.whl"), "00")
    with pytest.raises(InputError, match="--sha256"):
        fetch("https://example.invalid/w.whl")


@pytest.fixture
def served(tmp_path: Path) -> Iterator[str]:
    handler = partial(SimpleHTTPRequestHandler, directory=str(tmp_path))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_a_download_is_checked_by_its_digest(tmp_path: Path, cache: Path, served: str) -> None:
    digest = hashlib.sha256(wheel_of(tmp_path / "w.whl", FILES).read_bytes()).hexdigest()
    with pytest.raises(WeightsError, match="another one"):
        fetch(f"{served}/w.whl", "0" * 64)
    with pytest.raises(InputError, match=r"cannot download"):
        fetch(f"{served}/x.whl", digest)
    assert list(cache.iterdir()) == []
    assert fetch(f"{served}/w.whl", digest) == [cache / "checkpoints/toy"]


def test_an_installed_wheel_is_found_last(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(assets, "DATA", tmp_path / "site/omnitalker/data")
    with pytest.raises(WeightsError, match=r"none is here\. Install the wheel omnitalker-tiny"):
        assets.checkpoint_dir()
    package = tmp_path / "site/omnitalker_tiny"
    (package / "tiny").mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "tiny/model_index.json").write_text("{}")
    monkeypatch.syspath_prepend(tmp_path / "site")
    assert assets.checkpoint_dir() == assets.checkpoint_dir("tiny") == package / "tiny"
    (cache / "checkpoints/tiny").mkdir(parents=True)
    (cache / "checkpoints/tiny/model_index.json").write_text("{}")
    assert assets.checkpoint_dir() == cache / "checkpoints/tiny"
