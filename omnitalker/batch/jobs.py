"""A job: everything that decides what one video will be, and the key that names exactly that."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from omnitalker.base.errors import InputError
from omnitalker.base.types import Manner

OutputFormat = Literal["mp4", "webm", "gif", "wav", "png", "csv"]
OUTPUT_FORMATS: tuple[OutputFormat, ...] = ("mp4", "webm", "gif", "wav", "png", "csv")
Framing = Literal["1:1", "16:9", "9:16"]
FRAMED_FORMATS: tuple[OutputFormat, ...] = ("mp4", "gif")
SUBTITLES = (".srt", ".vtt")

_UNSAFE = re.compile(r"[^\w.\-]+")
_LABELS = ("id", "output")
_FILES = ("ref", "style", "presenter", "background")


@dataclass(frozen=True)
class Job:
    """One row of a manifest. Paths are absolute; `id` and `output` do not change what is made."""

    id: str
    text: str
    output: str = "{id}"
    """Name template without suffix; {id}, {index}, {voice}, {language} and {manner} are filled in."""
    ref: str | None = None
    style: str | None = None
    presenter: str | None = None
    language: Literal["auto", "en", "zh"] = "auto"
    manner: Manner = "neutral"
    speed: float = 1.0
    size: int = 512
    seed: int = 0
    subtitles: bool = False
    format: OutputFormat = "mp4"
    framing: Framing = "1:1"
    background: str | None = None
    """A colour (#rrggbb), 'blur', or the path of a picture or video that goes behind the person."""

    @property
    def files(self) -> tuple[str, ...]:
        """The files it is made from."""
        named = (getattr(self, field) for field in _FILES)
        return tuple(value for value in named if value and Path(value).is_file())


def job_key(job: Job, maker: str, digests: dict[str, str]) -> str:
    """A name for the result: equal jobs share it, any change of text, file content or setting changes it.

    `maker` stands for the checkpoint and the settings of the run, `digests` maps the paths a job names to
    digests of their content (see `file_digest`).
    """
    content = asdict(job)
    for label in _LABELS:
        del content[label]
    for field in _FILES:
        if content[field] in digests:
            content[field] = digests[content[field]]
    text = json.dumps({"job": content, "checkpoint": maker}, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def file_digest(path: str | Path) -> str:
    """SHA-256 of a file's content."""
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        for block in iter(lambda: file.read(1 << 20), b""):
            digest.update(block)
    return digest.hexdigest()


def folder_digest(folder: str | Path) -> str:
    """SHA-256 over the names and contents of all files under a folder."""
    folder = Path(folder)
    digest = hashlib.sha256()
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        digest.update(f"{file.relative_to(folder)}:{file_digest(file)};".encode())
    return digest.hexdigest()


def output_name(job: Job, index: int) -> str:
    """The file name (a folder for png) that the job's template gives; always inside the output folder."""
    values = {
        "id": job.id,
        "index": index,
        "voice": Path(job.style or job.ref or "default").stem,
        "language": job.language,
        "manner": job.manner,
    }
    try:
        filled = job.output.format(**values)
    except (KeyError, IndexError, ValueError, AttributeError) as error:
        valid = ", ".join(f"{{{name}}}" for name in values)
        raise InputError(
            f"output template '{job.output}' cannot be filled ({error}); valid: {valid}"
        ) from error
    parts = [_UNSAFE.sub("_", part).lstrip(".") for part in filled.split("/")]
    parts = [part for part in parts if part]
    if not parts:
        raise InputError(f"output template '{job.output}' gives an empty name")
    suffix = "" if job.format == "png" else f".{job.format}"
    return "/".join(parts) + suffix
