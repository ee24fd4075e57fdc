"""Reads a manifest (CSV, JSONL or a folder of texts) and finds every bad row before anything runs."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from omnitalker.base.errors import ConfigError, InputError
from omnitalker.batch.jobs import FILE_OPTIONS, Job, output_names
from omnitalker.scenes.produce import examine
from omnitalker.studio.check import Voices
from omnitalker.studio.order import OPTIONS, current_name, normal, parse
from omnitalker.text.file import decode, read_text

OWN_COLUMNS = ("id", "output", "text_file")
COLUMNS = (*OWN_COLUMNS, *OPTIONS)
_ERROR = "_error"


@dataclass(frozen=True)
class BadRow:
    line: int
    reason: str
    file: str = ""
    """In a folder of texts, which one."""

    def __str__(self) -> str:
        return f"{self.file or f'line {self.line}'}: {self.reason}"


@dataclass(frozen=True)
class Manifest:
    jobs: tuple[Job, ...]
    bad: tuple[BadRow, ...]
    places: tuple[int, ...] = ()
    """Which row of all each job is, from 1: a bad row that is mended later renames no other output."""

    @property
    def placed(self) -> list[tuple[int, Job]]:
        return list(zip(self.places or range(1, len(self.jobs) + 1), self.jobs, strict=True))


def read_manifest(
    path: str | Path, voices: Voices | None = None, defaults: Mapping[str, Any] | None = None
) -> Manifest:
    """Every row as a job or as a reason why not. Relative paths are taken from the manifest's folder.

    `voices`: the checkpoint's; without them names of voices go unchecked. `defaults`: for what a row leaves open.
    """
    path = Path(path)
    if not path.exists():
        raise InputError(f"no such manifest: {path}")
    given = _placed(normal(defaults or {}), Path.cwd())
    jobs: list[Job] = []
    bad: list[BadRow] = []
    places: list[int] = []
    taken: dict[str, int] = {}
    for place, (line, row) in enumerate(_rows(path), start=1):
        try:
            job = _job(row, line, path if path.is_dir() else path.parent, given)
            examine(job.order, voices)
            _take_names(job, place, line, taken)
        except (ConfigError, InputError) as error:
            bad.append(BadRow(line, str(error), row.get("text_file", "") if path.is_dir() else ""))
        else:
            jobs.append(job)
            places.append(place)
    if not jobs and not bad:
        raise InputError(f"{path} holds no jobs; columns: {', '.join(COLUMNS)}")
    return Manifest(tuple(jobs), tuple(bad), tuple(places))


def _rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    if path.is_dir():
        for number, file in enumerate(sorted(path.glob("*.txt")), start=1):
            yield number, {"id": file.stem, "text_file": file.name}
        return
    reader = {".csv": _csv_rows, ".jsonl": _jsonl_rows}.get(path.suffix.lower())
    if reader is None:
        raise InputError(f"{path.name}: a manifest is a .csv, a .jsonl or a folder of .txt files")
    try:
        yield from reader(decode(path.read_bytes()), path.name)
    except UnicodeError:
        raise InputError(
            f"cannot tell how the text in {path.name} is written; save it as UTF-8"
        ) from None


def _csv_rows(text: str, name: str) -> Iterator[tuple[int, dict[str, Any]]]:
    head = text.split("\n", 1)[0]
    separator = max(
        ",;\t", key=head.count
    )  # spreadsheets write the second or third in some countries
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=separator)
    for column in reader.fieldnames or ():
        if column not in COLUMNS:
            current_name(str(column), f"{name}: column")
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            row = {_ERROR: f"cannot be read ({error}); long texts belong into a text_file"}
        if None in row:
            row = {_ERROR: "has more cells than the header has columns"}
        yield (
            reader.reader.line_num,
            {key: value for key, value in row.items() if value not in ("", None)},
        )


def _jsonl_rows(text: str, _name: str) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            row = {_ERROR: f"is not valid JSON: {error}"}
        yield number, row if isinstance(row, dict) else {_ERROR: "is not a JSON object"}


def _job(row: dict[str, Any], line: int, folder: Path, defaults: Mapping[str, Any]) -> Job:
    if _ERROR in row:
        raise InputError(row[_ERROR])
    own = {name: row[name] for name in OWN_COLUMNS if name in row}
    wishes = {name: value for name, value in row.items() if name not in own}
    values = _placed(normal(wishes, "column"), folder)
    is_said = "sound" not in values and "scene" not in values
    if is_said or "text" in values or "text_file" in own:
        values["text"] = _text(values.get("text"), own.get("text_file"), folder)
    return Job(
        id=str(own.get("id") or f"{line:06}"),
        order=parse({**defaults, **values}, "column"),
        output=str(own.get("output") or "{id}"),
    )


def _text(text: Any, text_file: Any, folder: Path) -> str:
    if (text is None) == (text_file is None):
        raise InputError("needs either text or text_file, or a sound, or a scene")
    return str(text) if text_file is None else read_text(folder / str(text_file))


def _placed(values: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Names (a voice, a presenter, a colour) stay; files become absolute."""
    for name in FILE_OPTIONS:
        value = values.get(name)
        if value and (folder / value).exists():
            values[name] = str((folder / value).resolve())
        elif value and "/" in value:
            raise InputError(f"no such file: {value}")
    return values


def _take_names(job: Job, place: int, line: int, taken: dict[str, int]) -> None:
    """What the job writes must not be what an earlier row writes."""
    names = output_names(job, place)
    for name in names:
        if name in taken:
            raise InputError(
                f"its output '{name}' is already that of line {taken[name]}; "
                "give it another id, or put {id} or {index} into the output template"
            )
    taken.update(dict.fromkeys(names, line))
