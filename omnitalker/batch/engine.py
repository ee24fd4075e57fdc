"""Who makes which job when, whatever the workers are: retries, lost workers, the time limit."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from omnitalker.base.errors import OmniTalkerError
from omnitalker.batch.ledger import Record
from omnitalker.batch.work import Task

WAIT_SECONDS = 0.5
LOST = "the worker process died (killed, or out of memory)"


class EngineError(OmniTalkerError):
    """The workers cannot be started."""


@dataclass(frozen=True)
class Started:
    worker: int
    task: Task


@dataclass(frozen=True)
class Finished:
    worker: int
    record: Record

    @property
    def is_lost(self) -> bool:
        """Its worker died of it every time, and wrote no record."""
        return self.record.error == LOST


Event = Started | Finished


@dataclass(frozen=True)
class Answer:
    """What came back from a worker; without a record the worker was lost, and has been replaced."""

    worker: int
    record: Record | None


class Pool(Protocol):
    """`size` workers, each with the weights loaded, numbered from 0, one job at a time each."""

    size: int

    def submit(self, worker: int, task: Task, attempt: int) -> None: ...

    def answers(self, timeout: float) -> list[Answer]:
        """What has come in, waiting at most `timeout` seconds for the first."""
        ...

    def close(self) -> None:
        """Stop at once; jobs in flight are lost."""
        ...


def drive(
    pool: Pool, tasks: Sequence[Task], *, retries: int, max_seconds: float | None = None
) -> Iterator[Event]:
    """Events as they happen. Every task that is begun ends in exactly one `Finished`.

    After `max_seconds` nothing new is begun. Closing the iterator stops all workers.
    """
    waiting: deque[tuple[Task, int]] = deque((task, 1) for task in tasks)
    busy: dict[int, tuple[Task, int]] = {}
    deadline = None if max_seconds is None else time.monotonic() + max_seconds
    try:
        while waiting or busy:
            if deadline is not None and time.monotonic() > deadline:
                waiting.clear()
            for worker in range(pool.size):
                if worker not in busy and waiting:
                    busy[worker] = waiting.popleft()
                    pool.submit(worker, *busy[worker])
                    yield Started(worker, busy[worker][0])
            for answer in pool.answers(WAIT_SECONDS):
                task, attempt = busy.pop(answer.worker, (None, 0))
                if task is None:
                    continue
                record = answer.record or _lost(task, attempt)
                if not record.ok and attempt <= retries and _is_worth_retrying(record):
                    waiting.append((task, attempt + 1))
                else:
                    yield Finished(answer.worker, record)
    finally:
        pool.close()


def _lost(task: Task, attempt: int) -> Record:
    return Record(task.key, task.job.id, task.output, attempts=attempt, error=LOST)


def _is_worth_retrying(record: Record) -> bool:
    """The user's mistakes stay mistakes."""
    return not (record.error or "").startswith(("InputError", "ConfigError", "WeightsError"))
