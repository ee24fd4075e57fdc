"""Where finished files go: a local folder, or anything fsspec can write to (s3://, gs://, memory://).

A file appears under its name only when it is whole: locally by a rename, on object stores by their upload.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import Any, Protocol

from omnitalker.base.errors import InputError, MissingExtra

STATE = ".omnitalker"
"""The folder beside the outputs that remembers what is done."""


class Store(Protocol):
    """Names are relative, with forward slashes."""

    def workshop(self) -> Path:
        """A local folder to make files in, on the right file system for `publish`."""
        ...

    def exists(self, name: str) -> bool: ...

    def publish(self, made: Path, name: str) -> None:
        """Move a finished local file or folder to its name, replacing what was there."""
        ...

    def read(self, name: str) -> bytes | None:
        """None where there is no such file."""
        ...

    def write(self, name: str, content: bytes) -> None: ...

    def list(self, folder: str, suffix: str) -> list[str]:
        """Names of the files in a folder, sorted."""
        ...


def open_store(out: str) -> Store:
    """`out` is a folder or a URL."""
    return RemoteStore(out) if "://" in out else LocalStore(Path(out))


class LocalStore:
    def __init__(self, root: Path) -> None:
        self.root = root

    def workshop(self) -> Path:
        folder = self.root / STATE / "making"
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(f"cannot write to {self.root}: {error.strerror or error}") from error
        return Path(tempfile.mkdtemp(dir=folder, prefix=f"{os.getpid()}-"))

    def clear_workshops(self) -> None:
        """What killed runs left behind. Only for the one who holds the folder."""
        shutil.rmtree(self.root / STATE / "making", ignore_errors=True)

    def exists(self, name: str) -> bool:
        return (self.root / name).exists()

    def publish(self, made: Path, name: str) -> None:
        final = self.root / name
        final.parent.mkdir(parents=True, exist_ok=True)
        if final.is_dir():
            shutil.rmtree(final)
        os.replace(made, final)

    def read(self, name: str) -> bytes | None:
        try:
            return (self.root / name).read_bytes()
        except FileNotFoundError:
            return None

    def write(self, name: str, content: bytes) -> None:
        final = self.root / name
        final.parent.mkdir(parents=True, exist_ok=True)
        temporary = final.with_name(f"{final.name}.{os.getpid()}.part")
        try:
            temporary.write_bytes(content)
            os.replace(temporary, final)
        except OSError:
            temporary.unlink(missing_ok=True)
            raise

    def list(self, folder: str, suffix: str) -> list[str]:
        return sorted(f"{folder}/{file.name}" for file in (self.root / folder).glob(f"*{suffix}"))


class RemoteStore:
    """Any fsspec file system."""

    def __init__(self, url: str) -> None:
        try:
            import fsspec
        except ImportError as error:
            raise MissingExtra("fsspec", "batch", f"writing to {url}") from error
        try:
            self._fs: Any
            self._fs, self._root = fsspec.core.url_to_fs(url)
        except (ImportError, ValueError) as error:
            raise InputError(f"cannot write to {url}: {error}") from error

    def workshop(self) -> Path:
        return Path(tempfile.mkdtemp(prefix="omnitalker-"))

    def exists(self, name: str) -> bool:
        return bool(self._fs.exists(self._path(name)))

    def publish(self, made: Path, name: str) -> None:
        if made.is_dir():
            self._fs.put(f"{made}/", self._path(name) + "/", recursive=True)
            shutil.rmtree(made)
        else:
            self._fs.put_file(str(made), self._path(name))
            made.unlink()

    def read(self, name: str) -> bytes | None:
        try:
            return bytes(self._fs.cat_file(self._path(name)))
        except FileNotFoundError:
            return None

    def write(self, name: str, content: bytes) -> None:
        self._fs.pipe_file(self._path(name), content)

    def list(self, folder: str, suffix: str) -> list[str]:
        try:
            found = self._fs.ls(self._path(folder), detail=False)
        except FileNotFoundError:
            return []
        names = (path.rstrip("/").rsplit("/", 1)[-1] for path in found)
        return sorted(f"{folder}/{name}" for name in names if name.endswith(suffix))

    def _path(self, name: str) -> str:
        return f"{self._root.rstrip('/')}/{name}"
