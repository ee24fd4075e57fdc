"""Cases spread over processes of one thread each."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from multiprocessing import get_context
from typing import Any

from omnitalker.errors import OmniTalkerError
from omnitalker.evaluation.cases import Case
from omnitalker.evaluation.journal import Journal
from omnitalker.sampling.generate import SamplingSettings

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
    on_progress: OnProgress | None = None,
) -> None:
    """Measure every case and write it down. A case that fails is written down with its reason."""
    if not cases:
        return
    began, done = time.monotonic(), 0
    before = {name: os.environ.get(name) for name in _THREADS}
    os.environ.update(dict.fromkeys(_THREADS, "1"))  # for the processes that are started now
    try:
        with ProcessPoolExecutor(
            workers, get_context("spawn"), _start, (checkpoint, corpus_dir, live)
        ) as pool:
            waiting = {pool.submit(_measure, case): case for case in cases}
            while waiting:
                finished, _ = wait(waiting, return_when=FIRST_COMPLETED)
                for future in finished:
                    case = waiting.pop(future)
                    journal.add(case, _result(future))
                    done += 1
                    if on_progress:
                        left = (time.monotonic() - began) / done * (len(cases) - done)
                        on_progress(done / len(cases), f"{left / 60:.0f} min left, {case.study}")
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _result(future: Future[dict[str, Any]]) -> dict[str, Any]:
    try:
        return future.result()
    except (OmniTalkerError, ValueError, IndexError) as error:
        return {"failed": f"{type(error).__name__}: {error}"}


_material: list[Any] = []
"""The one thing a worker process keeps; filled by `_start`."""


def _start(checkpoint: str, corpus_dir: str | None, live: SamplingSettings) -> None:
    import torch

    from omnitalker.evaluation.material import Material

    torch.set_num_threads(1)
    _material.append(Material.load(checkpoint, corpus_dir, live))


def _measure(case: Case) -> dict[str, Any]:
    from omnitalker.evaluation.measures import measure

    return measure(_material[0], case)
