"""Files that exist only when they are whole."""

from __future__ import annotations

import errno
import os
import secrets
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType

from omnitalker.base.errors import InputError


class AtomicFile(AbstractContextManager[Path]):
    """A temporary path beside `final` that takes its name on success and is removed on failure."""

    def __init__(self, final: str | Path) -> None:
        self.final = Path(final)
        token = secrets.token_hex(4)
        self.temporary = self.final.with_name(f".{self.final.stem}.{token}.part{self.final.suffix}")

    def __enter__(self) -> Path:
        try:
            self.final.parent.mkdir(parents=True, exist_ok=True)
            self.temporary.touch()
        except OSError as error:
            raise InputError(f"cannot write {self.final}: {error.strerror or error}") from error
        return self.temporary

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            try:
                _to_disk(self.temporary)
                os.replace(self.temporary, self.final)
                return
            except OSError as trouble:
                error = trouble
        self.temporary.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise InputError(f"cannot write {self.final}: {why(error)}") from error


def _to_disk(path: Path) -> None:
    """Or else a power cut leaves the name and not the content."""
    with open(path, "rb") as file:
        os.fsync(file.fileno())


def why(error: OSError) -> str:
    """In words, without the path."""
    if error.errno == errno.ENOSPC:
        return "the disk is full; nothing half-written was left behind"
    return error.strerror or str(error)
