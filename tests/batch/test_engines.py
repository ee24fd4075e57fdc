from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from omnitalker.batch.engine import LOST, EngineError, Finished, Started, drive
from omnitalker.batch.ledger import Ledger, Record
from omnitalker.batch.local import LocalPool, allowed_processors
from omnitalker.batch.nursery import can_fork
from omnitalker.batch.run import EngineSettings, run
from omnitalker.batch.storage import LocalStore
from omnitalker.batch.work import RunSettings
from tests.batch.hands import Broken, Doomed, Hand, tasks_for


def pool(out: Path, workers: int, factory: type = Hand, *, share: bool = True) -> LocalPool:
    settings = RunSettings(checkpoint="none", out=str(out))
    return LocalPool({"settings": settings}, workers, factory=factory, preload=(), share=share)


def loaded_by(out: Path) -> list[int]:
    """The processes that have loaded the model."""
    return [int(line) for line in (out / "loaded").read_text().split()]


def finished(events: object) -> dict[str, Record]:
    return {e.record.id: e.record for e in events if isinstance(e, Finished)}  # type: ignore[attr-defined]


@pytest.mark.parametrize("share", [True, False])
def test_every_job_ends_once_whatever_happens_to_workers(tmp_path: Path, share: bool) -> None:
    texts = ["a", "die once", "fail", "wrong", "die", *"bcdef"]
    events = list(drive(pool(tmp_path, 2, share=share), tasks_for(texts), retries=2))
    records = finished(events)
    assert len(records) == len(texts)
    assert sum(isinstance(event, Finished) for event in events) == len(texts)
    assert records["001"].ok
    assert records["001"].attempts == 2
    assert (records["002"].attempts, records["002"].error) == (3, "RuntimeError: no")
    assert (records["003"].attempts, records["003"].error) == (1, "InputError: bad")
    assert (records["004"].attempts, records["004"].error) == (3, LOST)
    made = Counter((tmp_path / "journal").read_text().split())
    assert set(made.values()) == {1}
    assert len(made) == len(texts) - 3
    assert len(loaded_by(tmp_path)) == (1 if share and can_fork() else 2 + 4)  # four died


@pytest.mark.skipif(not can_fork(), reason="processes cannot be forked here")
def test_workers_go_on_when_what_they_were_forked_from_is_lost(tmp_path: Path) -> None:
    workers = pool(tmp_path, 2)
    os.kill(loaded_by(tmp_path)[0], signal.SIGKILL)
    records = finished(drive(workers, tasks_for(["a", "die once", "b"]), retries=1))
    assert [records[name].error for name in ("000", "001", "002")] == [None] * 3
    assert len(loaded_by(tmp_path)) == 2


def test_a_job_that_kills_its_workers_is_remembered_as_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("omnitalker.batch.run.open_pool", lambda *_: pool(tmp_path, 1))
    settings = RunSettings(checkpoint="none", out=str(tmp_path))
    list(run(tasks_for(["a", "die"]), settings, EngineSettings(retries=1)))
    records = {record.id: record.error for record in Ledger(LocalStore(tmp_path)).all()}
    assert records == {"000": None, "001": LOST}


def test_workers_share_the_processors_out(tmp_path: Path) -> None:
    if len(allowed_processors()) < 2 or not hasattr(os, "sched_getaffinity"):
        pytest.skip("needs two processors that can be chosen")
    settings = RunSettings(checkpoint="none", out=str(tmp_path))
    workers = LocalPool({"settings": settings}, 2, factory=Hand, preload=(), threads=1)
    list(drive(_Open(workers), tasks_for(["a", "b"]), retries=0))
    kept = [os.sched_getaffinity(process) for process in workers.process_ids]
    workers.close()
    assert [len(own) for own in kept] == [1, 1]
    assert kept[0] != kept[1]


class _Open:
    """A pool that `drive` does not close."""

    def __init__(self, pool: LocalPool) -> None:
        self.size, self.submit, self.answers = pool.size, pool.submit, pool.answers

    def close(self) -> None: ...


@pytest.mark.parametrize("share", [True, False])
def test_a_worker_that_cannot_start_ends_the_run_with_its_reason(
    tmp_path: Path, share: bool
) -> None:
    with pytest.raises(EngineError, match="no weights here"):
        list(drive(pool(tmp_path, 1, Broken, share=share), tasks_for(["a"]), retries=2))


@pytest.mark.parametrize("share", [True, False])
def test_workers_that_are_killed_while_they_load_end_the_run(tmp_path: Path, share: bool) -> None:
    with pytest.raises(EngineError, match="is there enough memory"):
        list(drive(pool(tmp_path, 1, Doomed, share=share), tasks_for(["a"]), retries=9))


def test_after_the_time_limit_nothing_new_is_begun(tmp_path: Path) -> None:
    events = list(drive(pool(tmp_path, 1), tasks_for(["slow"] * 20), retries=0, max_seconds=0.9))
    begun = sum(isinstance(event, Started) for event in events)
    assert 1 <= begun < 5
    assert len(finished(events)) == begun


@pytest.mark.parametrize("share", [True, False])
def test_closing_stops_workers_in_the_middle(tmp_path: Path, share: bool) -> None:
    workers = pool(tmp_path, 2, share=share)
    processes = workers.process_ids
    events = drive(workers, tasks_for(["slow"] * 9), retries=0)
    next(events)
    events.close()  # type: ignore[attr-defined]
    for process in processes:
        with pytest.raises(ProcessLookupError):
            os.kill(process, 0)


_RUN = """
import sys
from pathlib import Path
from omnitalker.batch.engine import drive
from omnitalker.batch.ledger import Ledger
from omnitalker.batch.storage import LocalStore
from tests.batch.hands import tasks_for
from tests.batch.test_engines import pool
out = Path(sys.argv[1])
ledger = Ledger(LocalStore(out))
tasks = [task for task in tasks_for(["x"] * 400) if not ledger.is_done(task.key, task.output)]
for event in drive(pool(out, 2), tasks, retries=0):
    pass
"""


def test_killed_runs_go_on_where_they_were(tmp_path: Path) -> None:
    """kill -9 of the whole run, twice; nothing is made twice and nothing is missing."""
    ledger = Ledger(LocalStore(tmp_path))
    for wanted in (40, 160):
        process = subprocess.Popen([sys.executable, "-c", _RUN, str(tmp_path)])
        while len(ledger.all()) < wanted:
            assert process.poll() is None
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
        process.wait()
        time.sleep(0.5)
    assert len(ledger.all()) < 400
    subprocess.run([sys.executable, "-c", _RUN, str(tmp_path)], check=True)
    assert len(ledger.all()) == 400
    made = Counter((tmp_path / "journal").read_text().split())
    assert len(made) == 400
    again = [name for name, count in made.items() if count > 1]
    assert len(again) <= 4  # at most the jobs in flight at the two kills
