"""One job made into one file: what a worker does, whichever engine it runs under."""

from __future__ import annotations

import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from omnitalker.base.files import why
from omnitalker.base.machine import give_memory_back, keep_memory
from omnitalker.base.types import Frame
from omnitalker.batch.jobs import Job
from omnitalker.batch.ledger import Ledger, Record
from omnitalker.batch.storage import Store, open_store
from omnitalker.reference.consent import Receipt

THUMBNAIL_SIDE = 96
HEAPS = 2
"""For all threads of a worker: without a limit they keep 60 MB more at 512 px, and save no time."""


@dataclass(frozen=True)
class Task:
    """A job with its place: the key that names its content and the file it becomes."""

    job: Job
    key: str
    output: str
    """Relative to the output folder."""


@dataclass(frozen=True)
class RunSettings:
    """What is the same for all jobs of a run. Plain values: it travels to other processes and machines."""

    checkpoint: str
    out: str
    """A folder, or a URL for fsspec."""
    device: str = "cpu"
    threads: int = 1
    cache: str | None = None
    """A local folder for prepared references."""
    cache_megabytes: int = 2048
    checks: bool = True
    receipts: Mapping[str, Receipt] = field(default_factory=dict)
    """Who said that the people in files agreed, by the files' digests."""


class Worker:
    """Loads the weights once, then makes job after job. Lives in a process of its own, or is made in the
    process that others are forked from: it starts no threads before its first job."""

    def __init__(self, settings: RunSettings) -> None:
        from omnitalker.batch.cache import PreparedCasting
        from omnitalker.batch.checks import OutputChecker
        from omnitalker.generation.parts import Parts

        _use_threads(1)
        parts = Parts.from_pretrained(settings.checkpoint, settings.device)
        folder = Path(settings.cache) if settings.cache else None
        self._settings = settings
        self._studio = PreparedCasting(
            parts, folder, settings.cache_megabytes << 20, settings.receipts
        )
        self._checker = OutputChecker(parts)
        give_memory_back()
        keep_memory(heaps=HEAPS)

    @cached_property
    def _store(self) -> Store:
        """Opened by the first job: remote ones have threads."""
        return open_store(self._settings.out)

    @cached_property
    def _ledger(self) -> Ledger:
        return Ledger(self._store)

    def make(self, task: Task, attempt: int = 1) -> Record:
        """Make the file and write its record; a failure is a record with an error, not an exception."""
        started = time.perf_counter()
        _use_threads(self._settings.threads)
        result: dict[str, Any] = {}
        thumbnail: bytes | None = None
        workshop: Path | None = None
        try:
            workshop = self._store.workshop()
            thumbnail = self._make(task, workshop, result)
        except OSError as error:
            result = {"error": f"{type(error).__name__}: {why(error)}"}
        except Exception as error:
            result = {"error": f"{type(error).__name__}: {error}"}
        finally:
            if workshop is not None:
                shutil.rmtree(workshop, ignore_errors=True)
        record = Record(
            key=task.key,
            id=task.job.id,
            output=task.output,
            wall_seconds=round(time.perf_counter() - started, 4),
            attempts=attempt,
            **result,
        )
        try:
            self._ledger.put(record, thumbnail)
        except OSError as error:  # a full disk; the next run finds no record and makes it again
            reason = record.error or f"OSError: its record cannot be written: {error.strerror}"
            return replace(record, error=reason)
        return record

    def _make(self, task: Task, workshop: Path, result: dict[str, Any]) -> bytes | None:
        from omnitalker.scenes.produce import make

        cache = self._settings.cache
        lines = Path(cache, "lines", task.key) if cache else workshop / "lines"
        made = make(self._studio, task.job.order, workshop / "made", lines_folder=lines)
        result["seconds"] = round(made.seconds, 3)
        result["startup_seconds"] = round(made.startup_seconds, 4)
        result["notes"] = made.notes
        if self._settings.checks:
            result["checks"] = self._checker.check(made, task.job.order)
        first, *others = made.files
        stem = task.output.removesuffix(first.suffix)
        for companion in others:
            self._store.publish(companion, stem + companion.name.removeprefix(first.stem))
        self._store.publish(first, task.output)
        shutil.rmtree(lines, ignore_errors=True)  # kept for a scene that was interrupted
        return _thumbnail(made.recording.pictures)


def _thumbnail(pictures: Sequence[Frame]) -> bytes | None:
    """A small JPEG of the first picture kept."""
    if not pictures:
        return None
    import cv2

    scale = THUMBNAIL_SIDE / max(pictures[0].shape[:2])
    small = cv2.resize(pictures[0], None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    done, encoded = cv2.imencode(".jpg", small[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 80])
    return encoded.tobytes() if done else None


def _use_threads(count: int) -> None:
    import cv2
    import torch

    torch.set_num_threads(count)
    cv2.setNumThreads(count)
