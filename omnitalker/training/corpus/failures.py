"""Items that could not be made, and why: DIR/failed.jsonl."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from omnitalker.training.corpus.store import append_lines, read_lines

_FILE = "failed.jsonl"


def record_failures(root: Path, failures: Iterable[tuple[str, str]]) -> None:
    """Add (id, reason) pairs; nothing is written for none."""
    known = known_failures(root)
    lines = [
        json.dumps({"id": name, "reason": reason}, ensure_ascii=False)
        for name, reason in failures
        if name not in known
    ]
    if lines:
        append_lines(root / _FILE, lines)


def known_failures(root: Path) -> dict[str, str]:
    """Reason by id."""
    path = root / _FILE
    return {line["id"]: line["reason"] for line in read_lines(path)} if path.exists() else {}
