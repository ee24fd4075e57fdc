"""A whole batch: manifest in, outputs and report out. The command line and the tests both call this."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import omnitalker
from omnitalker.base import assets
from omnitalker.base.checksums import file_digest
from omnitalker.base.errors import InputError
from omnitalker.batch.engine import Event, Finished, Pool, drive
from omnitalker.batch.jobs import folder_digest, job_key, output_name
from omnitalker.batch.ledger import Ledger, Record
from omnitalker.batch.local import LocalPool
from omnitalker.batch.manifest import Manifest
from omnitalker.batch.storage import STATE, LocalStore, open_store
from omnitalker.batch.work import RunSettings, Task

EngineName = Literal["local", "ray"]
CACHE = "cache"


@dataclass(frozen=True)
class Plan:
    """What there is to do, in the manifest's order."""

    tasks: tuple[Task, ...]
    """All jobs, done or not."""
    waiting: tuple[Task, ...]
    """Those to make now."""

    @property
    def done(self) -> int:
        return len(self.tasks) - len(self.waiting)


@dataclass(frozen=True)
class EngineSettings:
    name: EngineName = "local"
    workers: int = 1
    retries: int = 2
    max_hours: float | None = None
    address: str | None = None
    """Of a Ray cluster; None starts or joins a local one."""
    gpus: float = 0.0
    """Per worker, for Ray's placement."""


def plan(
    manifest: Manifest, settings: RunSettings, *, overwrite: bool = False, only_failed: bool = False
) -> Plan:
    """Every job with its key, and which of them the output folder lacks."""
    maker = ":".join(
        (
            omnitalker.__version__,
            folder_digest(assets.checkpoint_dir(settings.checkpoint)),
        )
    )
    faces = {face for job in manifest.jobs if (face := job.order.look.face)}
    built_in = {name: assets.presenter_file(name) for name in faces}
    paths = {name: str(path) for name, path in built_in.items() if path is not None}
    paths.update({file: file for job in manifest.jobs for file in job.files})
    digests = {name: file_digest(path) for name, path in paths.items()}
    tasks = tuple(
        Task(job, job_key(job, maker, digests), output_name(job, place))
        for place, job in manifest.placed
    )
    ledger = Ledger(open_store(settings.out))
    if only_failed:
        waiting = tuple(task for task in tasks if _has_failed(ledger, task))
    elif overwrite:
        waiting = tasks
    else:
        waiting = tuple(task for task in tasks if not ledger.is_done(task.key, task.output))
    return Plan(tasks, waiting)


def run(tasks: tuple[Task, ...], settings: RunSettings, engine: EngineSettings) -> Iterator[Event]:
    """Make the tasks. One run at a time may use an output folder."""
    if not tasks:
        return
    with _held(settings.out):
        pool = open_pool(_with_cache(settings), engine, len(tasks))
        limit = None if engine.max_hours is None else engine.max_hours * 3600
        ledger = Ledger(open_store(settings.out))
        for event in drive(pool, tasks, retries=engine.retries, max_seconds=limit):
            if isinstance(event, Finished) and event.is_lost:
                _remember(ledger, event.record)
            yield event


def open_pool(settings: RunSettings, engine: EngineSettings, jobs: int) -> Pool:
    workers = max(1, min(engine.workers, jobs))
    if engine.name == "ray":
        from omnitalker.batch.ray_pool import RayPool

        return RayPool(settings, workers, address=engine.address, gpus=engine.gpus)
    store = open_store(settings.out)
    log = store.root / STATE / "workers.log" if isinstance(store, LocalStore) else None
    return LocalPool(
        {"settings": settings},
        workers,
        log=log,
        threads=settings.threads,
        share=settings.device == "cpu",
    )


def _remember(ledger: Ledger, record: Record) -> None:
    """What a worker that died could not write down, for the report and for `--only-failed`."""
    with suppress(OSError):  # a full disk; the next run finds no record and makes it again
        ledger.put(record)


def _with_cache(settings: RunSettings) -> RunSettings:
    if settings.cache is not None or "://" in settings.out:
        return settings
    return replace(settings, cache=str(Path(settings.out).resolve() / STATE / CACHE))


def _has_failed(ledger: Ledger, task: Task) -> bool:
    record = ledger.get(task.key, task.output)
    return record is not None and not record.ok


@contextmanager
def _held(out: str) -> Iterator[None]:
    """The output folder for ourselves; a lock that dies with the process."""
    store = open_store(out)
    if not isinstance(store, LocalStore):
        yield
        return
    path = store.root / STATE / "lock"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = path.open("w")
    except OSError as error:
        raise InputError(f"cannot write to {out}: {error.strerror or error}") from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InputError(f"another batch is running in {out}; wait for it or stop it") from None
        os.write(lock.fileno(), str(os.getpid()).encode())
        store.clear_workshops()
        yield
