"""What is done, on disk: one small JSON record per job, written after the output is in place.

A record without its output, or an output without its record, counts as not done. So a kill at any moment
costs at most the job in flight, and a second run makes only what is missing or has changed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from omnitalker.batch.storage import STATE, Store

RECORDS = f"{STATE}/records"
THUMBNAILS = f"{STATE}/thumbnails"


@dataclass(frozen=True)
class Record:
    key: str
    id: str
    output: str
    """Relative to the output folder."""
    seconds: float = 0.0
    """Length of what was made."""
    wall_seconds: float = 0.0
    startup_seconds: float = 0.0
    """From being handed the job to the first sample asked for: style, face and renderer made ready."""
    attempts: int = 1
    error: str | None = None
    notes: tuple[str, ...] = ()
    """What was worth telling about the voice and the face."""
    checks: dict[str, Any] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        return self.error is None

    @property
    def real_time_factor(self) -> float:
        return self.wall_seconds / self.seconds if self.seconds else 0.0


class Ledger:
    """The records of one output folder. Two jobs of equal content under two names have two records."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def get(self, key: str, output: str) -> Record | None:
        return _parsed(self._store.read(_name(RECORDS, key, output, "json")))

    def is_done(self, key: str, output: str) -> bool:
        """Made before, under this name, and still there."""
        record = self.get(key, output)
        return record is not None and record.ok and self._store.exists(output)

    def put(self, record: Record, thumbnail: bytes | None = None) -> None:
        if thumbnail is not None:
            self._store.write(_name(THUMBNAILS, record.key, record.output, "jpg"), thumbnail)
        content = json.dumps(asdict(record), ensure_ascii=False).encode()
        self._store.write(_name(RECORDS, record.key, record.output, "json"), content)

    def thumbnail(self, record: Record) -> bytes | None:
        """A small JPEG, for those that have a picture."""
        return self._store.read(_name(THUMBNAILS, record.key, record.output, "jpg"))

    def all(self) -> list[Record]:
        """Every readable record."""
        found = (_parsed(self._store.read(name)) for name in self._store.list(RECORDS, ".json"))
        return [record for record in found if record is not None]

    def of(self, jobs: Iterable[tuple[str, str]]) -> list[Record]:
        """The records of these (key, output)."""
        found = (self.get(key, output) for key, output in jobs)
        return [record for record in found if record is not None]


def _parsed(content: bytes | None) -> Record | None:
    """A torn or foreign file is no record."""
    if content is None:
        return None
    try:
        return Record(**json.loads(content))
    except (ValueError, TypeError):
        return None


def _name(folder: str, key: str, output: str, suffix: str) -> str:
    place = hashlib.sha256(output.encode()).hexdigest()[:8]
    return f"{folder}/{key}-{place}.{suffix}"
