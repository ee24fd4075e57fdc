"""`omnitalker bench batch`: what a second worker brings and costs, measured."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from omnitalker.base.errors import OmniTalkerError
from omnitalker.batch.engine import Answer, Finished, drive
from omnitalker.batch.jobs import Job
from omnitalker.batch.ledger import Record
from omnitalker.batch.local import LocalPool, allowed_processors
from omnitalker.batch.manifest import Manifest
from omnitalker.batch.run import plan
from omnitalker.batch.work import RunSettings, Task
from omnitalker.studio.order import parse

SENTENCES = (
    "The morning train leaves at nine.",
    "Please bring an umbrella, just in case.",
    "We found the answer in an old book.",
    "She paints the boats in the harbour.",
)


def bench(
    *,
    jobs: int,
    workers: int,
    size: int,
    renderer: str,
    face: str | None,
    checkpoint: str,
) -> Iterator[str]:
    """Lines for people, as the figures come in. Loading the model is not part of the throughput."""
    texts = [SENTENCES[index % len(SENTENCES)] for index in range(jobs)]
    manifest = Manifest(
        tuple(
            Job(
                f"{i:04}",
                parse({"text": text, "size": size, "seed": i, "face": face, "renderer": renderer}),
            )
            for i, text in enumerate(texts)
        ),
        (),
    )
    rates = {}
    everything = len(allowed_processors())
    for count, threads in dict.fromkeys(((1, 1), (workers, 1), (1, everything))):
        with tempfile.TemporaryDirectory() as folder:
            settings = RunSettings(
                checkpoint,
                folder,
                threads=threads,
                cache=str(Path(folder) / "cache"),
            )
            tasks = plan(manifest, settings).tasks
            records, wall, memory = _measure(tasks, settings, count)
        seconds = sum(record.seconds for record in records)
        rates[count, threads] = len(records) / wall
        startup = statistics.median(record.startup_seconds for record in records)
        yield (
            f"{count} worker(s) on {threads} processor(s) each: {60 * len(records) / wall:.1f} videos/min, "
            f"{seconds / wall:.2f} s of video per second, "
            f"start-up per job {1000 * startup:.0f} ms (median)"
        )
        if memory:
            shown = ", ".join(f"{own / 1e6:.0f}" for own in memory)
            yield f"  memory of each worker alone (USS): {shown} MB"
    yield f"{workers} workers against one, a processor each: {rates[workers, 1] / rates[1, 1]:.2f} x"


def _measure(
    tasks: tuple[Task, ...], settings: RunSettings, workers: int
) -> tuple[list[Record], float, list[int]]:
    """Records, seconds for all but the first job of each worker, bytes that each worker has alone."""
    pool = LocalPool({"settings": settings}, workers, threads=settings.threads)
    warm_up = [Task(tasks[0].job, f"warm{i}", f"warm{i}.mp4") for i in range(workers)]
    watched = _Kept(pool)
    for event in drive(watched, warm_up, retries=0):
        _fail_loudly(event)
    started = time.perf_counter()
    records = []
    for event in drive(watched, tasks, retries=0):
        _fail_loudly(event)
        if isinstance(event, Finished):
            records.append(event.record)
    wall = time.perf_counter() - started
    memory = [own for own in map(_own_memory, pool.process_ids) if own]
    pool.close()
    return records, wall, memory


class _Kept:
    """A pool that several runs use one after another."""

    def __init__(self, pool: LocalPool) -> None:
        self._pool = pool
        self.size = pool.size

    def submit(self, worker: int, task: Task, attempt: int) -> None:
        self._pool.submit(worker, task, attempt)

    def answers(self, timeout: float) -> list[Answer]:
        return self._pool.answers(timeout)

    def close(self) -> None:
        """Left to the owner."""


def _fail_loudly(event: object) -> None:
    if isinstance(event, Finished) and not event.record.ok:
        raise OmniTalkerError(f"job {event.record.id} failed: {event.record.error}")


def _own_memory(process: int) -> int | None:
    """Bytes that would be free if the process ended; only where the system tells (Linux)."""
    try:
        text = Path(f"/proc/{process}/smaps_rollup").read_text(encoding="ascii")
    except OSError:
        return None
    kilobytes = [int(line.split()[1]) for line in text.splitlines() if line.startswith("Private_")]
    return 1024 * sum(kilobytes)
