"""The local engine: worker processes on this machine, each with the weights loaded once.

A worker that dies (out of memory, kill -9) costs the job in flight: the job is tried again in a new worker.
"""

from __future__ import annotations

import multiprocessing
import queue
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from multiprocessing.context import SpawnProcess
from typing import Any

from omnitalker.batch.ledger import Record
from omnitalker.batch.work import Task, Worker

POLL_SECONDS = 0.2
WorkerFactory = Callable[..., Any]
"""Called in the worker process with the options; gives an object with `make(task, attempt) -> Record`."""


@dataclass(frozen=True)
class Started:
    worker: int
    task: Task


@dataclass(frozen=True)
class Finished:
    worker: int
    record: Record


Event = Started | Finished


@dataclass
class _Slot:
    process: SpawnProcess
    inbox: Any
    current: tuple[Task, int] | None = None
    done: bool = field(default=False)


def run_local(
    tasks: Sequence[Task],
    options: dict[str, Any],
    *,
    workers: int,
    retries: int,
    factory: WorkerFactory = Worker,
) -> Iterator[Event]:
    """Events as they happen; every task ends in exactly one `Finished`. Closing the iterator stops all."""
    context = multiprocessing.get_context("spawn")
    outbox = context.Queue()
    waiting: deque[tuple[Task, int]] = deque((task, 1) for task in tasks)
    unfinished = len(tasks)
    slots: dict[int, _Slot] = {}

    def open_slot(number: int) -> None:
        inbox = context.Queue()
        process = context.Process(
            target=_serve, args=(number, factory, options, inbox, outbox), daemon=True
        )
        process.start()
        slots[number] = _Slot(process, inbox)

    try:
        for number in range(min(workers, len(tasks))):
            open_slot(number)
        while unfinished:
            for number, slot in slots.items():
                if slot.current is None and waiting:
                    slot.current = waiting.popleft()
                    slot.inbox.put(slot.current)
                    yield Started(number, slot.current[0])
            for number, result in _answers(outbox):
                task, attempt = slots[number].current or (None, 0)
                slots[number].current = None
                if task is None:
                    continue
                if not result.ok and attempt <= retries and _is_worth_retrying(result):
                    waiting.append((task, attempt + 1))
                else:
                    unfinished -= 1
                    yield Finished(number, result)
            for number in [n for n, slot in slots.items() if not slot.process.is_alive()]:
                lost = slots[number].current
                open_slot(number)
                if lost is None:
                    continue
                task, attempt = lost
                if attempt <= retries:
                    waiting.append((task, attempt + 1))
                else:
                    unfinished -= 1
                    error = "the worker process died (killed, or out of memory)"
                    record = Record(
                        task.key, task.job.id, task.output, attempts=attempt, error=error
                    )
                    yield Finished(number, record)
    finally:
        for slot in slots.values():
            slot.process.terminate()
        for slot in slots.values():
            slot.process.join(timeout=5)


def _answers(outbox: Any) -> Iterator[tuple[int, Record]]:
    """What has come in, waiting a moment for the first."""
    try:
        yield outbox.get(timeout=POLL_SECONDS)
        while True:
            yield outbox.get_nowait()
    except queue.Empty:
        return


def _is_worth_retrying(record: Record) -> bool:
    """The user's mistakes stay mistakes."""
    return not (record.error or "").startswith(("InputError", "ConfigError", "WeightsError"))


def _serve(
    number: int, factory: WorkerFactory, options: dict[str, Any], inbox: Any, outbox: Any
) -> None:
    worker = factory(**options)
    while True:
        task, attempt = inbox.get()
        outbox.put((number, worker.make(task, attempt)))
