"""Records as they come, one line each: what is cut off goes on where it was."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from omnitalker.evaluation.cases import Case


class Journal:
    """`path` (.jsonl): a first line that says what is evaluated, then {"key", "study", "name", ...}."""

    def __init__(self, path: Path, subject: str, *, resume: bool) -> None:
        self.path = path
        self.records: dict[str, dict[str, Any]] = {}
        path.parent.mkdir(parents=True, exist_ok=True)
        if resume and path.is_file() and self._read(subject):
            return
        self.records = {}
        path.write_text(json.dumps({"subject": subject}) + "\n", encoding="utf-8")

    def _read(self, subject: str) -> bool:
        """Whether the file is about `subject`; its whole lines are taken over."""
        lines = self.path.read_text(encoding="utf-8").splitlines(keepends=True)
        whole = [json.loads(line) for line in lines if line.endswith("\n")]
        if not whole or whole[0].get("subject") != subject:
            return False
        self.records = {record["key"]: record for record in whole[1:]}
        self.path.write_text(
            "".join(line for line in lines if line.endswith("\n")), encoding="utf-8"
        )
        return True

    def missing(self, cases: Sequence[Case]) -> list[Case]:
        return [case for case in cases if case.key not in self.records]

    def add(self, case: Case, record: Mapping[str, Any]) -> None:
        whole = {
            "key": case.key,
            "study": case.study,
            "name": case.name,
            "speaker": case.speaker,
            "manner": case.manner,
            **record,
        }
        self.records[case.key] = whole
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(whole, ensure_ascii=False) + "\n")

    def by_study(self) -> dict[str, list[dict[str, Any]]]:
        """Records that hold figures, in the order of their names."""
        studies: dict[str, list[dict[str, Any]]] = {}
        for record in self.records.values():
            if "failed" not in record:
                studies.setdefault(record["study"], []).append(record)
        return {
            study: sorted(group, key=lambda record: record["name"])
            for study, group in studies.items()
        }

    def failures(self) -> dict[str, str]:
        return {
            f"{record['study']}: {record['name']}": record["failed"]
            for record in self.records.values()
            if "failed" in record
        }


def subject_of(checkpoint: Path, settings: str) -> str:
    """The weights and the settings they are used with, as a short name."""
    total = hashlib.sha256(settings.encode())
    for path in sorted(checkpoint.rglob("*")):
        if path.suffix in (".safetensors", ".json"):
            total.update(path.relative_to(checkpoint).as_posix().encode())
            total.update(path.read_bytes())
    return total.hexdigest()[:16]
