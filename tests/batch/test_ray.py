"""The Ray engine on a real cluster of processes on this machine."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from omnitalker.batch.engine import EngineError, Finished, drive
from omnitalker.batch.work import RunSettings
from tests.batch.hands import Broken, Hand, tasks_for

ray = pytest.importorskip("ray", reason="needs pip install 'omnitalker[batch]'")
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def cluster() -> Iterator[None]:
    """One on this machine with three CPUs' worth of places, or the one that RAY_ADDRESS names."""
    own = {"num_cpus": 3, "include_dashboard": False, "object_store_memory": 80_000_000}
    ray.init(**({} if "RAY_ADDRESS" in os.environ else own), log_to_driver=False)
    yield
    ray.shutdown()


def pool(out: Path, workers: int, factory: type) -> object:
    from omnitalker.batch.ray_pool import RayPool

    return RayPool(RunSettings(checkpoint="none", out=str(out)), workers, factory=factory)


@pytest.mark.usefixtures("cluster")
def test_every_job_is_done_once_though_an_actor_is_killed_in_mid_job(tmp_path: Path) -> None:
    workers = pool(tmp_path, 3, Hand)
    texts = ["slow"] * 6 + ["x"] * 24 + ["die once", "fail"]
    events = drive(workers, tasks_for(texts), retries=2)  # type: ignore[arg-type]
    first = next(events)
    victim = workers.actors[0]  # type: ignore[attr-defined]
    threading.Timer(0.2, lambda: ray.kill(victim)).start()
    finished = [event.record for event in [first, *events] if isinstance(event, Finished)]
    assert Counter(record.id for record in finished).most_common(1)[0][1] == 1
    assert len(finished) == len(texts)
    assert [record.id for record in finished if not record.ok] == ["031"]
    assert sum(record.attempts > 1 for record in finished if record.ok) >= 1
    made = Counter((tmp_path / "journal").read_text().split())
    assert len(made) == len(texts) - 1
    assert set(made.values()) == {1}


@pytest.mark.usefixtures("cluster")
def test_a_killed_process_costs_its_job_only(tmp_path: Path) -> None:
    workers = pool(tmp_path, 2, Hand)
    process = ray.get(workers.actors[1].process_id.remote())  # type: ignore[attr-defined]
    events = drive(workers, tasks_for(["slow"] * 4 + ["x"] * 8), retries=1)  # type: ignore[arg-type]
    next(events)
    time.sleep(0.1)
    os.kill(process, signal.SIGKILL)
    finished = [event.record for event in events if isinstance(event, Finished)]
    assert len(finished) == 12
    assert all(record.ok for record in finished)


@pytest.mark.usefixtures("cluster")
def test_a_cluster_with_room_for_fewer_workers_makes_all_jobs_with_those(tmp_path: Path) -> None:
    room = int(ray.cluster_resources()["CPU"])
    workers = pool(tmp_path, room + 2, Hand)
    texts = ["x"] * 12 + ["die"]
    records = [
        event.record
        for event in drive(workers, tasks_for(texts), retries=1)  # type: ignore[arg-type]
        if isinstance(event, Finished)
    ]
    assert len(records) == len(texts)
    assert [record.id for record in records if not record.ok] == ["012"]


@pytest.mark.usefixtures("cluster")
def test_a_worker_that_never_finds_room_is_refused(tmp_path: Path) -> None:
    from omnitalker.batch.ray_pool import RayPool

    wanted = int(ray.cluster_resources()["CPU"]) + 1
    settings = RunSettings(checkpoint="none", out=str(tmp_path), threads=wanted)
    with pytest.raises(EngineError, match=f"wants {wanted} CPUs"):
        RayPool(settings, 1, factory=Hand)


@pytest.mark.usefixtures("cluster")
def test_an_actor_that_cannot_start_ends_the_run(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="no weights here"):
        list(drive(pool(tmp_path, 1, Broken), tasks_for(["a"]), retries=1))  # type: ignore[arg-type]
