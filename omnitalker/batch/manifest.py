"""Reads a manifest (CSV, JSONL or a folder of texts) and finds every bad row before anything runs."""

from __future__ import annotations

import csv
import dataclasses
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from omnitalker.base import assets
from omnitalker.base.config import build, unknown_choice
from omnitalker.base.errors import ConfigError, InputError
from omnitalker.batch.jobs import FRAMED_FORMATS, SUBTITLES, Job, output_name
from omnitalker.generation.request import check_controls, check_text
from omnitalker.text.foreign import refuse_foreign

_FIELDS = {field.name: field for field in dataclasses.fields(Job)}
COLUMNS = (*_FIELDS, "text_file")
_PATH_COLUMNS = ("ref", "style", "presenter", "background")
_PLAIN_BACKGROUND = re.compile(r"own|blur|#[0-9a-fA-F]{6}")
_TRUE, _FALSE = {"1", "true", "yes", "y", "on"}, {"0", "false", "no", "n", "off"}


Voices = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class BadRow:
    line: int
    reason: str


@dataclass(frozen=True)
class Manifest:
    jobs: tuple[Job, ...]
    bad: tuple[BadRow, ...]
    places: tuple[int, ...] = ()
    """Which row of all each job is, from 1: a bad row that is mended later renames no other output."""

    @property
    def placed(self) -> list[tuple[int, Job]]:
        return list(zip(self.places or range(1, len(self.jobs) + 1), self.jobs, strict=True))


def read_manifest(path: str | Path, voices: Voices | None = None) -> Manifest:
    """Every row as a job or as a reason why not. Relative paths are taken from the manifest's folder.

    `voices`: the checkpoint's built-in voices with their manners; without them names of voices go unchecked.
    """
    path = Path(path)
    if not path.exists():
        raise InputError(f"no such manifest: {path}")
    jobs: list[Job] = []
    bad: list[BadRow] = []
    places: list[int] = []
    taken: dict[str, int] = {}
    for place, (line, row) in enumerate(_rows(path), start=1):
        try:
            job = _job(row, line, path if path.is_dir() else path.parent)
            _check(job, place)
            _check_names(job, voices)
            _take_names(job, place, line, taken)
        except (ConfigError, InputError) as error:
            bad.append(BadRow(line, str(error)))
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
        yield from reader(path)
    except UnicodeDecodeError as error:
        raise InputError(f"{path.name} is not UTF-8 text: {error}") from error


def _csv_rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        for column in reader.fieldnames or ():
            if column not in COLUMNS:
                raise InputError(unknown_choice(f"{path.name}: column", str(column), COLUMNS))
        while True:
            try:
                row = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                row = {"_error": f"cannot be read ({error}); long texts belong into a text_file"}
            if None in row:
                row = {"_error": "has more cells than the header has columns"}
            yield (
                reader.reader.line_num,
                {key: value for key, value in row.items() if value not in ("", None)},
            )


def _jsonl_rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    with path.open(encoding="utf-8-sig") as file:
        for number, text in enumerate(file, start=1):
            if not text.strip():
                continue
            try:
                row = json.loads(text)
            except json.JSONDecodeError as error:
                row = {"_error": f"is not valid JSON: {error}"}
            yield number, row if isinstance(row, dict) else {"_error": "is not a JSON object"}


def _job(row: dict[str, Any], line: int, folder: Path) -> Job:
    if "_error" in row:
        raise InputError(row["_error"])
    for column in row:
        if column not in COLUMNS:
            raise InputError(unknown_choice("column", str(column), COLUMNS))
    values = {key: _typed(key, value) for key, value in row.items() if key != "text_file"}
    values["id"] = str(values.get("id") or f"{line:06}")
    values["text"] = _text(row, folder)
    for column in _PATH_COLUMNS:
        if column in values:
            values[column] = _resolved(str(values[column]), folder, must_exist=column == "ref")
    return build(Job, values, where="row")


def _text(row: dict[str, Any], folder: Path) -> str:
    if ("text" in row) == ("text_file" in row):
        raise InputError("needs either text or text_file")
    if "text" in row:
        return str(row["text"])
    file = folder / str(row["text_file"])
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot read text_file {row['text_file']}: {error}") from error


def _typed(name: str, value: Any) -> Any:
    """CSV gives strings; turn them into what the field wants."""
    kind = _FIELDS[name].type if name in _FIELDS else "str"
    if not isinstance(value, str) or kind not in ("float", "int", "bool"):
        return value
    if kind == "bool":
        if value.lower() in _TRUE | _FALSE:
            return value.lower() in _TRUE
        raise InputError(f"{name} must be yes or no, got '{value}'")
    try:
        return float(value) if kind == "float" else int(value)
    except ValueError:
        raise InputError(f"{name} must be a number, got '{value}'") from None


def _resolved(value: str, folder: Path, *, must_exist: bool) -> str:
    """Names (a voice, a presenter, a colour) stay; files become absolute."""
    candidate = folder / value
    if candidate.exists():
        return str(candidate.resolve())
    if must_exist or "/" in value:
        raise InputError(f"no such file: {value}")
    return value


def _check(job: Job, index: int) -> None:
    check_text(job.text)
    check_controls(job.language, speed=job.speed)
    refuse_foreign(job.text, job.language)
    if job.size not in (256, 512, 768):
        raise InputError(f"size must be 256, 512 or 768, got {job.size}")
    if job.format not in FRAMED_FORMATS and (job.framing != "1:1" or job.background):
        raise InputError(
            f"framing and background go with {' and '.join(FRAMED_FORMATS)}; format is {job.format}"
        )
    output_name(job, index)


def _check_names(job: Job, voices: Voices | None) -> None:
    """Names of presenters, voices, manners and backgrounds: known, or files."""
    presenter, background = job.presenter, job.background
    if presenter and not assets.presenter_file(presenter) and not Path(presenter).exists():
        raise InputError(unknown_choice("presenter", presenter, assets.presenter_names()))
    if background and not _PLAIN_BACKGROUND.fullmatch(background) and not Path(background).exists():
        raise InputError(f"background '{background}' is neither #rrggbb, blur, own, nor a file")
    if not voices or job.ref or (job.style and Path(job.style).exists()):
        return
    voice = job.style or next(iter(voices))
    if voice not in voices:
        raise InputError(unknown_choice("style", voice, tuple(voices)))
    if job.manner not in voices[voice]:
        raise InputError(unknown_choice(f"manner of {voice}", job.manner, voices[voice]))


def _take_names(job: Job, place: int, line: int, taken: dict[str, int]) -> None:
    """What the job writes, subtitles included, must not be what an earlier row writes."""
    name = output_name(job, place)
    stem = name.removesuffix(f".{job.format}")
    names = [name, *(stem + suffix for suffix in SUBTITLES if job.subtitles)]
    for name in names:
        if name in taken:
            raise InputError(
                f"its output '{name}' is already that of line {taken[name]}; "
                "give it another id, or put {id} or {index} into the output template"
            )
    taken.update(dict.fromkeys(names, line))
