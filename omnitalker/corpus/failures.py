"""Items that could not be made, and why: DIR/failed.jsonl. The last line about an item counts."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from omnitalker.corpus.store import append_lines, read_lines

_FILE = "failed.jsonl"


def record_failures(root: Path, failures: Iterable[tuple[str, str]], tried: str = "") -> None:
    """Add (id, reason) pairs; nothing is written for none. tried: what it was that failed, for `tried_before`."""
    known = _lines(root)
    lines = [
        {"id": name, "reason": reason, **({"tried": tried} if tried else {})}
        for name, reason in failures
    ]
    new = [line for line in lines if known.get(line["id"]) != line]
    if new:
        append_lines(root / _FILE, (json.dumps(line, ensure_ascii=False) for line in new))


def forget_failure(root: Path, name: str) -> None:
    """It has been made after all."""
    if name in known_failures(root):
        append_lines(root / _FILE, [json.dumps({"id": name, "reason": ""}, ensure_ascii=False)])


def known_failures(root: Path) -> dict[str, str]:
    """Reason by id."""
    return {name: line["reason"] for name, line in _lines(root).items() if line["reason"]}


def tried_before(root: Path) -> dict[str, str]:
    """What failed, by id."""
    lines = _lines(root)
    return {name: lines[name].get("tried", "") for name in known_failures(root)}


def _lines(root: Path) -> dict[str, dict[str, Any]]:
    path = root / _FILE
    return {line["id"]: line for line in read_lines(path)} if path.exists() else {}
