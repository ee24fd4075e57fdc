"""A process that loads the weights once and is forked into workers, which share that memory with it.

Helper threads do not live through a fork, so nothing in it may start any: no team of torch, no MediaPipe.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
import traceback
from multiprocessing.connection import Connection
from multiprocessing.reduction import recv_handle, send_handle
from typing import Any, NoReturn

from omnitalker.base.machine import give_memory_back
from omnitalker.base.parent_watch import leave_with_parent
from omnitalker.batch.engine import EngineError
from omnitalker.batch.serving import WorkerFactory, print_to, serve

LEAVE_SECONDS = 5


def can_fork() -> bool:
    """Whether a process that has computed can be forked. (On macOS its system libraries forbid it.)"""
    return sys.platform == "linux"


class ForkServer:
    """Seen from the process that wants workers."""

    def __init__(
        self, context: Any, factory: WorkerFactory, options: dict[str, Any], log: str
    ) -> None:
        """Waits until the weights are loaded."""
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(
            target=_tend,
            args=(factory, options, theirs, log),
            name="omnitalker-nursery",
            daemon=True,
        )
        self._process.start()
        theirs.close()
        try:
            problem = self._pipe.recv()
        except (EOFError, OSError) as error:
            raise EngineError(self._death()) from error
        if problem is not None:
            raise EngineError(f"a worker cannot start: {problem}")

    def fork(self, pipe: Connection, processors: frozenset[int]) -> int:
        """A worker at the other end of `pipe`; its process id."""
        try:
            self._pipe.send(processors)
            send_handle(self._pipe, pipe.fileno(), self._process.pid)
            return int(self._pipe.recv())
        except (EOFError, OSError) as error:
            raise EngineError(self._death()) from error

    def close(self) -> None:
        """Stop all workers at once, and this."""
        self._pipe.close()
        self._process.join(timeout=LEAVE_SECONDS)
        self._process.kill()

    def _death(self) -> str:
        self._process.join(timeout=LEAVE_SECONDS)
        return (
            f"the process that loads the model died (exit code {self._process.exitcode}); "
            "is there enough memory?"
        )


def _tend(factory: WorkerFactory, options: dict[str, Any], pipe: Connection, log: str) -> None:
    """In the nursery's own process: load, then fork on request until nobody is there to ask."""
    print_to(log)
    try:
        worker = factory(**options)
    except Exception as error:
        pipe.send(f"{type(error).__name__}: {error}")
        return
    give_memory_back()
    gc.freeze()  # or a worker's first collection would touch, and so copy, all that was loaded
    pipe.send(None)
    children: set[int] = set()
    try:
        while True:
            processors, handle = pipe.recv(), recv_handle(pipe)
            children -= {child for child in children if os.waitpid(child, os.WNOHANG)[0]}
            child = os.fork()
            if child == 0:
                pipe.close()
                _live(worker, Connection(handle), processors)
            os.close(handle)
            children.add(child)
            pipe.send(child)
    except (EOFError, OSError):
        return
    finally:
        for child in children:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)


def _live(worker: Any, pipe: Connection, processors: frozenset[int]) -> NoReturn:
    """The life of a forked process: it never comes back to what its parent was doing."""
    code = 1
    try:
        leave_with_parent()
        serve(worker, pipe, processors)
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)
