"""What visitors bring: each clip, portrait or recording is kept under an id of its own, for its owner alone."""

from __future__ import annotations

import secrets
import shutil
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from omnitalker.base.errors import InputError

MOST_PER_OWNER = 8
"""The oldest goes when one more is brought."""
NOT_AGREED = (
    "tick the box that says the person in the reference agreed; "
    "a voice and a face belong to somebody"
)


@dataclass
class _Held:
    owner: str
    path: Path
    brought_at: float
    agreed_at: float | None = None
    """Seconds since 1970; None until the owner has said that the person in it agreed."""


class References:
    """An id opens a reference only for who brought it, and only once its consent was given. Safe under threads."""

    def __init__(self, folder: Path, keep_seconds: float) -> None:
        self._folder = folder
        self._keep_seconds = keep_seconds
        self._lock = threading.Lock()
        self._held: dict[str, _Held] = {}

    def take(self, upload: Path, owner: str) -> str:
        """Copy what was uploaded; returns its id. Nothing of its name is kept."""
        number = secrets.token_urlsafe(16)
        folder = self._folder / secrets.token_hex(16)
        folder.mkdir(parents=True)
        path = folder / "reference"
        shutil.copyfile(upload, path)
        with self._lock:
            self._drop_old(owner)
            self._held[number] = _Held(owner, path, time.monotonic())
        return number

    def agree(self, number: str | None, owner: str) -> None:
        """The owner says that the person in it agreed. Another's reference stays as it is."""
        with self._lock:
            held = self._held.get(number or "")
            if held is not None and held.owner == owner and held.agreed_at is None:
                held.agreed_at = time.time()

    def open(self, number: str | None, owner: str, missing: str) -> tuple[Path, float]:
        """(Its file, when consent was given). Another's and one that is gone are both `missing`."""
        with self._lock:
            held = self._held.get(number or "")
        if held is None or held.owner != owner or not held.path.exists():
            raise InputError(missing)
        if held.agreed_at is None:
            raise InputError(NOT_AGREED)
        return held.path, held.agreed_at

    def show(self, number: str | None, owner: str) -> Path | None:
        """For its owner to look at, who needs nobody's consent for that."""
        with self._lock:
            held = self._held.get(number or "")
        return held.path if held is not None and held.owner == owner else None

    def _drop_old(self, owner: str) -> None:
        """What is too old of anybody's, and the oldest of an owner who brings many. The lock is held."""
        now = time.monotonic()
        old = [n for n, held in self._held.items() if now - held.brought_at > self._keep_seconds]
        own = [n for n, held in self._held.items() if held.owner == owner and n not in old]
        for number in (*old, *own[: max(0, len(own) + 1 - MOST_PER_OWNER)]):
            shutil.rmtree(self._held.pop(number).path.parent, ignore_errors=True)
