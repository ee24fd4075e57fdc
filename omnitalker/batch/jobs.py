"""A job: an order with its place in a batch, and the key that names exactly what it makes."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from omnitalker.base.checksums import file_digest
from omnitalker.base.errors import InputError
from omnitalker.studio.order import OPTIONS, Order
from omnitalker.studio.writers import WRITERS, suffix_of

_UNSAFE = re.compile(r"[^\w.\-]+")
_PLACEHOLDER = re.compile(r"\{(\w*)\}")
FILE_OPTIONS = tuple(name for name, option in OPTIONS.items() if option.is_file)


@dataclass(frozen=True)
class Job:
    """One row of a manifest. Paths are absolute; `id` and `output` do not change what is made."""

    id: str
    order: Order
    output: str = "{id}"
    """Name template without suffix; see `output_name`."""

    @property
    def files(self) -> tuple[str, ...]:
        """The files it is made from."""
        values = self.order.flat()
        named = (values[name] for name in FILE_OPTIONS)
        return tuple(value for value in named if value and Path(value).is_file())


def job_key(job: Job, maker: str, digests: Mapping[str, str]) -> str:
    """A name for the result: equal jobs share it, any change of text, file content or setting changes it.

    `maker` stands for the version and the checkpoint, `digests` maps the paths a job names to digests of their
    content (see `file_digest`).
    """
    content = job.order.flat()
    for name in FILE_OPTIONS:
        content[name] = digests.get(content[name], content[name])
    text = json.dumps({"order": content, "maker": maker}, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def folder_digest(folder: str | Path) -> str:
    """SHA-256 over the names and contents of all files under a folder."""
    folder = Path(folder)
    digest = hashlib.sha256()
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        digest.update(f"{file.relative_to(folder)}:{file_digest(file)};".encode())
    return digest.hexdigest()


def output_stem(job: Job, index: int) -> str:
    """What the job's template gives; always inside the output folder."""
    order = job.order
    voice = order.voice.voice or order.voice.style or order.voice.ref
    values = {
        "id": job.id,
        "index": str(index),
        "voice": Path(voice or "default").stem,
        "face": Path(order.look.face or "default").stem,
        "language": order.delivery.language,
        "emotion": order.delivery.emotion,
    }
    values["manner"] = values["emotion"]  # its name until 0.2

    def fill(match: re.Match[str]) -> str:
        if match[1] in values:
            return values[match[1]]
        valid = ", ".join(f"{{{name}}}" for name in values if name != "manner")
        raise InputError(f"output template '{job.output}': '{match[0]}' is none of {valid}")

    parts = [_UNSAFE.sub("_", p).lstrip(".") for p in _PLACEHOLDER.sub(fill, job.output).split("/")]
    parts = [part for part in parts if part]
    if not parts:
        raise InputError(f"output template '{job.output}' gives an empty name")
    return "/".join(parts)


def output_name(job: Job, index: int) -> str:
    """The file (a folder for png) that is made."""
    return output_stem(job, index) + suffix_of(job.order.outputs.format)


def output_names(job: Job, index: int) -> tuple[str, ...]:
    """All that is written, what the order wishes beside included."""
    stem, kind = output_stem(job, index), job.order.outputs.format
    others = (*WRITERS[kind].companions, *map(suffix_of, job.order.outputs.beside))
    return (output_name(job, index), *(stem + suffix for suffix in others))
