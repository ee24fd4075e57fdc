"""The wrong moment: kill -9 before every single step of writing, a disk that is full, two who begin at once."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from omnitalker.base.checksums import SUMS, write_sums
from omnitalker.base.types import AVChunk
from omnitalker.media import credentials
from omnitalker.media.credentials import SignedFile, read_credentials
from omnitalker.media.sound import write_wav
from omnitalker.reference.consent import receipt
from omnitalker.reference.identity_file import load_identity, save_identity
from omnitalker.reference.style import load_style, save_style
from omnitalker.server.keys import KeyRing, new_key
from omnitalker.studio.recording import Recording
from omnitalker.studio.writers import WRITERS, suffix_of
from tests.conftest import make_style

STEPS = ("open", "os.rename", "os.remove", "os.mkdir", "shutil.rmtree")
"""What a program does to files, as Python tells those who listen."""
MOST_STEPS = 100
ROOM = "48k"
"""Of the full disk: less than any film, sound or picture here needs."""


def recording(depth: int = 3) -> Recording:
    """A second of noise that nothing packs well."""
    rng = np.random.default_rng(0)
    frames = tuple(rng.integers(0, 255, (96, 96, depth), np.uint8) for _ in range(25))
    samples = rng.normal(0, 0.2, 24_000).astype(np.float32)
    chunk = AVChunk(0, 0.0, samples, np.zeros((25, 61), np.float32), frames, is_last=True)
    return Recording("Hello.", (96, 96), [chunk])


def write(kind: str, folder: Path) -> None:
    deep = WRITERS[kind].sees == "cut-out"
    WRITERS[kind].write(folder / f"a{suffix_of(kind)}", recording(4 if deep else 3), False)


def _style(folder: Path) -> None:
    save_style(make_style(), folder / "a.safetensors")


def _identity(folder: Path) -> None:
    from omnitalker.base import assets

    save_identity(load_identity(assets.presenter_file("ava") or ""), folder / "a.safetensors")


def _key(folder: Path) -> None:
    new_key(folder / "keys.yaml", f"ann {os.getpid()}")


def _consent(folder: Path) -> None:
    from omnitalker.cli import consent

    consent.FOLDER = folder
    consent._keep("0" * 64, receipt("Ann", "tests"))


def _signing(folder: Path) -> None:
    credentials.FOLDER = folder / "signing"
    with SignedFile(folder / "a.wav") as temporary:
        write_wav(temporary, np.zeros(24_000, np.float32))


def _is_whole(path: Path) -> None:
    """Raises where a file under its own name is not what it should be."""
    if path.name == "keys.yaml":
        assert not KeyRing("OMNITALKER_NO_KEYS", path).is_empty
    elif path.suffix == ".safetensors":
        size = path.stat().st_size
        load_style(path) if size < 500_000 else load_identity(path)
    elif path.name == SUMS:
        assert path.read_text().endswith("\n")
    elif path.suffix == ".json":
        assert path.read_text().endswith("]")
    elif path.suffix == ".pem":
        assert path.read_text().rstrip().endswith("-----")
    elif path.suffix == ".zip":
        import zipfile

        assert zipfile.ZipFile(path).testzip() is None
    elif path.suffix in (".mp4", ".webm", ".gif", ".mp3", ".flac", ".opus", ".wav"):
        from omnitalker.media.probe import probe

        found = probe(path)
        assert max(found.video or 0.0, found.audio or 0.0) > 0.9


WORKS: dict[str, Callable[[Path], None]] = {
    "style": _style, "identity": _identity, "key": _key, "consent": _consent, "sums": write_sums,
    **{kind: lambda folder, kind=kind: write(kind, folder) for kind in ("wav", "mp4", "zip", "png", "csv")},
}  # fmt: skip


def _killed_at(step: int, work: Callable[[Path], None], folder: Path) -> bool:
    """Does the work in a process that is killed before its step; whether it was, or came to its end first."""
    child = os.fork()
    if child == 0:
        left = step

        def count(event: str, about: Any) -> None:
            nonlocal left
            if event in STEPS and str(about[0]).startswith(str(folder)):
                left -= 1
                if left < 0:
                    os.kill(os.getpid(), signal.SIGKILL)

        try:
            sys.addaudithook(count)
            work(folder)
        except BaseException:
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0
    return os.WIFSIGNALED(status)


def _kill_everywhere(name: str, folder: Path) -> int:
    """How many moments there were; the folder keeps what earlier ones left, as a user's does."""
    for step in range(MOST_STEPS):
        killed = _killed_at(step, WORKS[name], folder)
        for path in folder.rglob("*"):
            if path.is_file() and not any(
                part.startswith(".") for part in path.relative_to(folder).parts
            ):
                _is_whole(path)
        if not killed:
            return step
        if step % 3 == 0 or name == "png":  # begin anew, or write over what is there
            shutil.rmtree(folder)
            folder.mkdir()
    raise AssertionError("it never came to its end")


SLOW_WORKS = ("png", "zip")


@pytest.mark.parametrize(
    "name", [pytest.param(w, marks=pytest.mark.slow) if w in SLOW_WORKS else w for w in WORKS]
)
def test_kill_at_any_moment_leaves_whole_files_or_none(tmp_path: Path, name: str) -> None:
    """In a process of its own: a fork of one with threads may hang."""
    code = f"""
import pathlib, sys
from tests.abuse.test_faults import WORKS, _kill_everywhere
folder = pathlib.Path(sys.argv[1])
print("moments", _kill_everywhere({name!r}, folder))
"""
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert int(done.stdout.split("moments ")[1]) >= 2


_FULL = """
import pathlib, sys
from omnitalker.base.errors import InputError
from tests.abuse.test_faults import write
folder = pathlib.Path(sys.argv[1])
for kind in sys.argv[2].split(","):
    try:
        write(kind, folder)
    except InputError as error:
        assert "the disk is full" in str(error), (kind, error)
    else:
        raise SystemExit(f"{kind} was written")
    assert list(folder.iterdir()) == [], (kind, list(folder.iterdir()))
print("nothing left")
"""


@pytest.mark.skipif(shutil.which("unshare") is None, reason="a small disk needs unshare (Linux)")
def test_a_full_disk_is_told_and_left_empty(tmp_path: Path) -> None:
    mount = f"mount -t tmpfs -o size={ROOM} none {tmp_path}"
    if subprocess.run(["unshare", "-rm", "sh", "-c", mount], capture_output=True).returncode:
        pytest.skip("this machine lets nobody mount a small disk")
    kinds = ",".join(kind for kind in WRITERS if kind not in ("csv", "srt", "vtt", "opus", "mp3"))
    run = f'{mount} && exec {sys.executable} -c "$CODE" {tmp_path} {kinds}'
    done = subprocess.run(
        ["unshare", "-rm", "sh", "-c", run],
        env={**os.environ, "CODE": _FULL}, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    assert "nothing left" in done.stdout


def test_two_who_sign_for_the_first_time_at_once_get_one_key(tmp_path: Path) -> None:
    pytest.importorskip("c2pa", reason="c2pa-python is not installed")
    spawn = multiprocessing.get_context("spawn")
    makers = [spawn.Process(target=_signing, args=(tmp_path / str(n),)) for n in range(2)]
    for n in range(2):
        (tmp_path / str(n)).mkdir()
        (tmp_path / str(n) / "signing").symlink_to(tmp_path / "signing")
    for maker in makers:
        maker.start()
    for maker in makers:
        maker.join(120)
        assert maker.exitcode == 0
    for n in range(2):
        found = read_credentials(tmp_path / str(n) / "a.wav")
        assert found is not None
        assert found.is_intact
