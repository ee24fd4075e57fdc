"""Workers for the tests of the engines: they write small files through the real store and ledger, and die
on demand. Texts: 'die' kills its process, 'die once' only the first time, 'fail' raises, 'wrong' is the
user's mistake, 'slow' takes a while; everything else is made at once.
"""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from omnitalker.batch.jobs import Job, output_name
from omnitalker.batch.ledger import Ledger, Record
from omnitalker.batch.storage import LocalStore
from omnitalker.batch.work import RunSettings, Task
from omnitalker.studio.order import Order


class Hand:
    def __init__(self, settings: RunSettings) -> None:
        self._store = LocalStore(Path(settings.out))
        self._ledger = Ledger(self._store)
        with (self._store.root / "loaded").open("a") as loaded:
            loaded.write(f"{os.getpid()}\n")

    def process_id(self) -> int:
        return os.getpid()

    def make(self, task: Task, attempt: int) -> Record:
        text = task.job.order.text
        if text == "die" or (text == "die once" and attempt == 1):
            os.kill(os.getpid(), signal.SIGKILL)
        if text == "slow":
            time.sleep(0.5)
        error = {"fail": "RuntimeError: no", "wrong": "InputError: bad"}.get(text)
        if error is None:
            file = self._store.workshop() / "made"
            file.write_text(str(text))
            self._store.publish(file, task.output)
            with (self._store.root / "journal").open("a") as journal:
                journal.write(f"{task.output}\n")
        record = Record(task.key, task.job.id, task.output, attempts=attempt, error=error)
        self._ledger.put(record)
        return record


class Broken(Hand):
    def __init__(self, settings: RunSettings) -> None:
        raise ValueError("no weights here")


class Doomed(Hand):
    """Killed while it loads, as where memory runs out."""

    def __init__(self, settings: RunSettings) -> None:
        os.kill(os.getpid(), signal.SIGKILL)


def tasks_for(texts: list[str]) -> tuple[Task, ...]:
    jobs = [Job(f"{index:03}", Order(text)) for index, text in enumerate(texts)]
    return tuple(Task(job, f"key{job.id}", output_name(job, i)) for i, job in enumerate(jobs))
