"""One job made into one file: what a worker does, whichever engine it runs under."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from omnitalker.batch.jobs import Job
from omnitalker.batch.ledger import Ledger, Record
from omnitalker.errors import OmniTalkerError

if TYPE_CHECKING:
    from omnitalker.casting import Studio


@dataclass(frozen=True)
class Task:
    """A job with its place: the key that names its content and the file it becomes."""

    job: Job
    key: str
    output: str
    """Relative to the output folder."""


class Worker:
    """Loads the weights once, then makes job after job. Lives in a process of its own."""

    def __init__(self, checkpoint: str, out: str, threads: int = 1) -> None:
        import torch

        from omnitalker.casting import Studio

        torch.set_num_threads(threads)
        self._studio: Studio = Studio.from_pretrained(checkpoint)
        self._out = Path(out)
        self._ledger = Ledger(self._out)

    def make(self, task: Task, attempt: int = 1) -> Record:
        """Make the file and write its record; a failure is a record with an error, not an exception."""
        from omnitalker.batch.checks import check_output
        from omnitalker.batch.outputs import make_output

        started = time.perf_counter()
        result: dict[str, Any] = {}
        try:
            report = make_output(self._studio, task.job, self._out / task.output)
            result["seconds"] = report.seconds
            result["checks"] = check_output(self._out / task.output, task.job, report)
        except (OmniTalkerError, OSError, RuntimeError, ValueError) as error:
            result["error"] = f"{type(error).__name__}: {error}"
        record = Record(
            key=task.key,
            id=task.job.id,
            output=task.output,
            wall_seconds=time.perf_counter() - started,
            attempts=attempt,
            **result,
        )
        self._ledger.put(record)
        return record
