"""The keys that open the server: kept as digests with names, read again whenever their file changes."""

from __future__ import annotations

import hashlib
import hmac
import logging
import os
import re
import secrets
import time
from pathlib import Path

import yaml

from omnitalker.base.config import read_yaml
from omnitalker.base.errors import ConfigError
from omnitalker.base.files import AtomicFile

log = logging.getLogger(__name__)
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_NAME = re.compile(r"[\w][\w .@-]{0,60}")
LOOK_EVERY = 1.0
"""Seconds between looks at the file."""


def digest(key: str) -> str:
    """Keys are long and random, so one round is as good as many."""
    return "sha256:" + hashlib.sha256(key.encode()).hexdigest()


class KeyRing:
    """Names by key, from the environment (for a few) and from a file (for many)."""

    def __init__(self, variable: str, file: str | Path | None = None) -> None:
        self._given = _from_environment(variable)
        self._file = Path(file).expanduser() if file else None
        self._read: dict[str, str] = {}
        self._stamp: tuple[int, int] | None = None
        self._looked_at = -LOOK_EVERY
        if self._file is not None:
            self._read, self._stamp = _from_file(self._file), _stamp(self._file)

    @property
    def is_empty(self) -> bool:
        return not (self._given or self._read or self._file)

    def name_of(self, key: str) -> str | None:
        """Whose key it is; None for a wrong one. Compares with every digest, whatever the key."""
        self._look()
        wanted = digest(key)
        found = None
        for known, name in (*self._given.items(), *self._read.items()):
            if hmac.compare_digest(wanted, known):
                found = name
        return found

    def _look(self) -> None:
        """A key that was taken out of the file is refused within a second; a broken file changes nothing."""
        now = time.monotonic()
        if self._file is None or now - self._looked_at < LOOK_EVERY:
            return
        self._looked_at = now
        stamp = _stamp(self._file)
        if stamp == self._stamp:
            return
        self._stamp = stamp
        try:
            self._read = _from_file(self._file)
            log.info("%d keys in %s", len(self._read), self._file)
        except ConfigError as error:
            log.error("the keys stay as they were: %s", error)


def new_key(file: str | Path, name: str) -> str:
    """Adds a key to the file (made where it is missing) and returns it; only its digest is kept."""
    path = Path(file).expanduser()
    if not _NAME.fullmatch(name):
        raise ConfigError("a key's name is 1 to 61 letters, digits, spaces, dots, dashes or @")
    known = _from_file(path) if path.exists() else {}
    if name in known.values():
        raise ConfigError(f"{path} has a key named '{name}' already; take it out first")
    key = secrets.token_urlsafe(32)
    names = {**{n: d for d, n in known.items()}, name: digest(key)}
    with AtomicFile(path) as partial:
        partial.chmod(0o600)
        partial.write_text(yaml.safe_dump(names, allow_unicode=True), encoding="utf-8")
    return key


def _from_environment(variable: str) -> dict[str, str]:
    text = os.environ.get(variable)
    if text is None:
        return {}
    keys = [key.strip() for key in text.split(",") if key.strip()]
    if not keys:
        raise ConfigError(f"${variable} is set but holds no key; unset it, or put keys into it")
    return {digest(key): f"{variable} {number}" for number, key in enumerate(keys, start=1)}


def _from_file(path: Path) -> dict[str, str]:
    if not path.is_file():
        raise ConfigError(f"there is no key file {path}; make one with: omnitalker key NAME {path}")
    names = read_yaml(path)
    for name, value in names.items():
        if not isinstance(value, str) or not _DIGEST.fullmatch(value):
            raise ConfigError(
                f"{path}: '{name}' is no sha256: digest; add keys with omnitalker key"
            )
    return {value: str(name) for name, value in names.items()}


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size
