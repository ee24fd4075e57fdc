"""The local engine: worker processes on this machine.

Where processes can be forked, one loads the weights and the workers are forked from it: they share that memory,
and a replacement for a killed worker starts at once. Elsewhere, and on a GPU, each loads them for itself.
Each has a pipe of its own: a worker killed in the middle of writing can block nobody else.
"""

from __future__ import annotations

import multiprocessing
import os
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

from omnitalker.base.parent_watch import leave_with_parent
from omnitalker.batch.engine import Answer, EngineError
from omnitalker.batch.nursery import LEAVE_SECONDS, ForkServer, can_fork
from omnitalker.batch.serving import WorkerFactory, print_to, serve
from omnitalker.batch.work import Task, Worker

MAX_DEATHS_BEFORE_READY = 3


@dataclass
class _Slot:
    process_id: int
    pipe: Connection
    process: Any = None
    """None for those that the nursery looks after."""
    is_ready: bool = False


class LocalPool:
    """See `engine.Pool`."""

    def __init__(
        self,
        options: dict[str, Any],
        workers: int,
        *,
        factory: WorkerFactory = Worker,
        preload: tuple[str, ...] = ("omnitalker.batch.preload",),
        log: Path | None = None,
        threads: int = 0,
        share: bool = True,
    ) -> None:
        """What libraries print in the workers goes to `log`. A worker keeps to `threads` processors of its
        own where there are enough of them; 0 lets it use all.

        share: load once for all workers where the system can; what is loaded must then be in plain memory.
        """
        self.size = workers
        self._threads = threads
        self._log = str(log or os.devnull)
        self._busy: set[int] = set()
        self._options = options
        self._factory = factory
        self._early_deaths = 0
        forks = "forkserver" in multiprocessing.get_all_start_methods()
        self._context: Any = multiprocessing.get_context("forkserver" if forks else "spawn")
        if forks:
            self._context.set_forkserver_preload(list(preload))
        self._shares = share and can_fork()
        self._nurseries: list[ForkServer] = []
        """The last is used. Lost ones are kept: their workers end when they are forgotten."""
        self._slots = [self._open(number) for number in range(workers)]

    @property
    def process_ids(self) -> list[int]:
        return [slot.process_id for slot in self._slots]

    def submit(self, worker: int, task: Task, attempt: int) -> None:
        with suppress(BrokenPipeError, ConnectionResetError):  # its death is noticed by answers()
            self._busy.add(worker)
            self._slots[worker].pipe.send((task, attempt))

    def answers(self, timeout: float) -> list[Answer]:
        pipes = {slot.pipe: number for number, slot in enumerate(self._slots)}
        found = (self._answer(pipes[pipe]) for pipe in wait(list(pipes), timeout))  # type: ignore[index, call-overload]
        return [answer for answer in found if answer is not None]

    def close(self) -> None:
        for number, slot in enumerate(self._slots):
            slot.pipe.close()  # an idle worker leaves by itself
            if slot.process and number in self._busy:
                slot.process.kill()
        for nursery in self._nurseries:
            nursery.close()
        for slot in self._slots:
            if slot.process:
                slot.process.join(timeout=LEAVE_SECONDS)
                slot.process.kill()

    def _open(self, number: int) -> _Slot:
        ours, theirs = self._context.Pipe()
        with theirs:
            if self._shares:
                return _Slot(self._fork(theirs, self._processors(number)), ours)
            process = self._context.Process(
                target=_load_and_serve,
                args=(self._factory, self._options, theirs, self._log, self._processors(number)),
                name=f"omnitalker-worker-{number}",
                daemon=True,
            )
            process.start()
        return _Slot(process.pid, ours, process)

    def _fork(self, pipe: Connection, processors: frozenset[int]) -> int:
        if self._nurseries:
            with suppress(EngineError):  # it was killed, perhaps where memory ran out
                return self._nurseries[-1].fork(pipe, processors)
        self._nurseries.append(ForkServer(self._context, self._factory, self._options, self._log))
        return self._nurseries[-1].fork(pipe, processors)

    def _processors(self, number: int) -> frozenset[int]:
        """Those that worker `number` has for itself; none where they cannot be shared out."""
        ours = sorted(allowed_processors())
        if not self._threads or self.size * self._threads > len(ours):
            return frozenset()
        return frozenset(ours[number * self._threads : (number + 1) * self._threads])

    def _answer(self, number: int) -> Answer | None:
        slot = self._slots[number]
        try:
            kind, content = slot.pipe.recv()
        except (EOFError, OSError):
            return self._replace(number)
        if kind == "record":
            self._busy.discard(number)
            return Answer(number, content)
        if kind == "broken":
            raise EngineError(f"a worker cannot start: {content}")
        slot.is_ready = True
        return None

    def _replace(self, number: int) -> Answer:
        slot = self._slots[number]
        self._busy.discard(number)
        if not slot.is_ready:
            self._early_deaths += 1
            if self._early_deaths >= MAX_DEATHS_BEFORE_READY:
                raise EngineError(
                    "workers die while they start; is there enough memory? Try fewer --workers"
                )
        self._slots[number] = self._open(number)
        return Answer(number, None)


def allowed_processors() -> set[int]:
    """Those this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return set(os.sched_getaffinity(0))
    return set(range(os.cpu_count() or 1))


def _load_and_serve(
    factory: WorkerFactory,
    options: dict[str, Any],
    pipe: Connection,
    log: str,
    processors: frozenset[int],
) -> None:
    print_to(log)
    leave_with_parent()
    try:
        worker = factory(**options)
    except Exception as error:
        pipe.send(("broken", f"{type(error).__name__}: {error}"))
        return
    serve(worker, pipe, processors)
