"""What a worker process of this machine does: job after job, as they come through its pipe."""

from __future__ import annotations

import os
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

WorkerFactory = Callable[..., Any]
"""Called with the options; gives an object with `make(task, attempt) -> Record`. What it loads is shared
with other processes where they can be forked from the one that called it, so it must start no threads."""


def print_to(log: str) -> None:
    """What libraries print goes to a file."""
    with open(log, "ab") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)


def serve(worker: Any, pipe: Connection, processors: frozenset[int]) -> None:
    """Keep to `processors`, if any are given; return when the other end of the pipe is gone."""
    if processors and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, processors)
    pipe.send(("ready", None))
    while True:
        try:
            task, attempt = pipe.recv()
        except (EOFError, OSError):
            return
        pipe.send(("record", worker.make(task, attempt)))
