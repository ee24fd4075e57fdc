"""Cases spread over processes of one thread each."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    Future,
    ProcessPoolExecutor,
    wait,
)
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing import get_context
from typing import Any

from omnitalker.base.machine import keep_memory
from omnitalker.base.parent_watch import leave_with_parent
from omnitalker.evaluation.cases import Case
from omnitalker.evaluation.journal import Journal
from omnitalker.generation.sample import SamplingSettings

OnProgress = Callable[[float, str], None]
_THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS")


def run(
    cases: Sequence[Case],
    journal: Journal,
    *,
    checkpoint: str,
    corpus_dir: str | None,
    live: SamplingSettings,
    workers: int,
    max_minutes: float | None = None,
    on_progress: OnProgress | None = None,
) -> None:
    """Measure every case and write it down. A case that fails is written down with its reason.

    When `max_minutes` are over no new case is begun.
    """
    if not cases:
        return
    clock = _Clock(len(cases), max_minutes)
    coming, waiting = iter(cases), dict[Future[dict[str, Any]], Case]()
    with (
        _one_thread_each(),
        ProcessPoolExecutor(
            workers, get_context("spawn"), _start, (checkpoint, corpus_dir, live)
        ) as pool,
    ):
        while True:
            while len(waiting) <= workers and not clock.is_over():
                case = next(coming, None)
                if case is None:
                    break
                waiting[pool.submit(_measure, case)] = case
            if not waiting:
                return
            finished, _ = wait(waiting, return_when=FIRST_COMPLETED)
            for future in finished:
                case = waiting.pop(future)
                journal.add(case, _result(future))
                clock.done += 1
                if on_progress:
                    on_progress(clock.share(), f"{clock.minutes_left():.0f} min left, {case.study}")


@dataclass
class _Clock:
    cases: int
    max_minutes: float | None
    done: int = 0
    began: float = field(default_factory=time.monotonic)

    def minutes(self) -> float:
        return (time.monotonic() - self.began) / 60

    def is_over(self) -> bool:
        return self.max_minutes is not None and self.minutes() > self.max_minutes

    def minutes_left(self) -> float:
        left = self.minutes() / self.done * (self.cases - self.done)
        return (
            left
            if self.max_minutes is None
            else max(0.0, min(left, self.max_minutes - self.minutes()))
        )

    def share(self) -> float:
        share = self.done / self.cases
        return (
            share
            if self.max_minutes is None
            else max(share, min(1.0, self.minutes() / self.max_minutes))
        )


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """Processes started inside use one thread."""
    before = {name: os.environ.get(name) for name in _THREADS}
    os.environ.update(dict.fromkeys(_THREADS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _result(future: Future[dict[str, Any]]) -> dict[str, Any]:
    """What came back. One case that fails, whatever the reason, must not cost the others."""
    try:
        return future.result()
    except BrokenExecutor:
        raise
    except Exception as error:
        return {"failed": f"{type(error).__name__}: {error}"}


_material: list[Any] = []
"""The one thing a worker process keeps; filled by `_start`."""


def _start(checkpoint: str, corpus_dir: str | None, live: SamplingSettings) -> None:
    import torch

    from omnitalker.evaluation.material import Material

    leave_with_parent()
    keep_memory()
    torch.set_num_threads(1)
    _material.append(Material.load(checkpoint, corpus_dir, live))


def _measure(case: Case) -> dict[str, Any]:
    from omnitalker.evaluation.measures import measure

    return measure(_material[0], case)
