"""What is done, on disk: one small JSON record per job key, written after the output is in place.

A record without its output, or an output without its record, counts as not done. So a kill at any moment
costs at most the job in flight, and a second run makes only what is missing or has changed.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

FOLDER = ".omnitalker"


@dataclass(frozen=True)
class Record:
    key: str
    id: str
    output: str
    """Relative to the output folder."""
    seconds: float = 0.0
    wall_seconds: float = 0.0
    attempts: int = 1
    error: str | None = None
    checks: dict[str, Any] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        return self.error is None


class Ledger:
    """The records of one output folder."""

    def __init__(self, out: str | Path) -> None:
        self.out = Path(out)
        self._folder = self.out / FOLDER

    def get(self, key: str) -> Record | None:
        try:
            values = json.loads(self._file(key).read_text(encoding="utf-8"))
            return Record(**values)
        except (FileNotFoundError, json.JSONDecodeError, TypeError):
            return None

    def is_done(self, key: str, output: str) -> bool:
        """Made before, under this name, and still there."""
        record = self.get(key)
        made = record is not None and record.ok and record.output == output
        return made and (self.out / output).exists()

    def put(self, record: Record) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        file = self._file(record.key)
        temporary = file.with_suffix(f".{os.getpid()}.part")
        temporary.write_text(json.dumps(asdict(record), ensure_ascii=False), encoding="utf-8")
        os.replace(temporary, file)

    def all(self) -> list[Record]:
        keys = sorted(file.stem for file in self._folder.glob("*.json"))
        return [record for record in map(self.get, keys) if record is not None]

    def _file(self, key: str) -> Path:
        return self._folder / f"{key}.json"
