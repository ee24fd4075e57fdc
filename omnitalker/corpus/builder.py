"""Builds the synthetic corpus: the plan, worker processes, and the list of what is done.

Each worker makes whole shards; only this process lists them. Stop it at any time and run it again: what is
listed stays, what is not is made again, and comes out the same (but for some milliseconds of espeak-ng's own).
"""

from __future__ import annotations

import multiprocessing
import queue
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from omnitalker.base.config import load_config
from omnitalker.base.errors import InputError, OmniTalkerError
from omnitalker.base.parent_watch import leave_with_parent
from omnitalker.corpus.alignment import align_corpus
from omnitalker.corpus.config import CorpusConfig
from omnitalker.corpus.failures import known_failures, record_failures
from omnitalker.corpus.perturb import add_perturbed
from omnitalker.corpus.plan import Assignment, make_plan
from omnitalker.corpus.progress import Progress, progress_shown
from omnitalker.corpus.real import RealSettings, import_real
from omnitalker.corpus.store import ShardWriter
from omnitalker.corpus.synthesis import Synthesiser
from omnitalker.corpus.teachers.speech.teacher import TeacherError
from omnitalker.corpus.texts import expand, load_texts


@dataclass(frozen=True)
class Shard:
    """A stretch of the plan that one worker makes in one go."""

    name: str
    assignments: tuple[Assignment, ...]


@dataclass(frozen=True)
class ShardDone:
    """What a worker hands back: manifest lines of what it made, and why the rest could not be made."""

    name: str
    lines: tuple[str, ...]
    seconds: float
    failures: tuple[tuple[str, str], ...]


def build(
    config_path: str | Path,
    *,
    out: str | Path,
    workers: int = 1,
    limit: int | None = None,
    on_progress: Callable[[Progress], None] | None = None,
) -> None:
    """Build, or go on building, the corpus of `config_path` in `out`; then write its report.

    limit: stop after so many items of the plan (a smaller corpus has the first items of a larger one).
    """
    from omnitalker.corpus.report import write_report

    config = load_config(CorpusConfig, config_path)
    plan = [
        item
        for item in make_plan(config, load_texts(config))
        if not config.only or item.speaker.name in config.only
    ][:limit]
    writer = ShardWriter(out)
    _add_real_speech(config, writer)
    with progress_shown(on_progress) as shown:
        run_build(config, plan, writer, max(1, workers), shown)
    write_report(out)


def _add_real_speech(config: CorpusConfig, writer: ShardWriter) -> None:
    settings = RealSettings(seed=config.seed, test_readers=config.test_readers)
    for folder in config.real_voices:
        failures = import_real(expand(folder), out=writer.root, settings=settings)
        record_failures(writer.root, failures)
    if config.real_voices and config.recogniser:
        align_corpus(writer.root, expand(config.recogniser))
        add_perturbed(writer.root, config.real_speeds)


def run_build(
    config: CorpusConfig,
    plan: Sequence[Assignment],
    writer: ShardWriter,
    workers: int,
    on_progress: Callable[[Progress], None],
) -> None:
    """Make what of `plan` is neither listed nor known to fail."""
    settled = writer.known_ids() | set(known_failures(writer.root))
    shards = list(_shards(config, plan, settled))
    todo = sum(len(shard.assignments) for shard in shards)
    made, seconds, failures, began = 0, 0.0, 0, time.monotonic()
    for done in _work(config, shards, writer.root, workers):
        writer.list_items(done.lines)
        record_failures(writer.root, done.failures)
        made += len(done.lines) + len(done.failures)
        failures += len(done.failures)
        seconds += done.seconds
        pace = (time.monotonic() - began) / max(made, 1)
        on_progress(
            Progress(
                len(plan) - todo + made, len(plan), seconds / 3600, failures, pace * (todo - made)
            )
        )


def make_shard(synthesiser: Synthesiser, shard: Shard, root: Path) -> ShardDone:
    """Make and store the items of `shard`, without listing them."""
    items, failures = [], []
    for assignment in shard.assignments:
        try:
            items.append(synthesiser.make(assignment))
        except (TeacherError, InputError) as error:
            failures.append((assignment.id, str(error)))
    lines = ShardWriter(root).store_items(shard.name, items) if items else []
    seconds = sum(item.info.seconds for item in items)
    return ShardDone(shard.name, tuple(lines), seconds, tuple(failures))


def _shards(config: CorpusConfig, plan: Sequence[Assignment], settled: set[str]) -> Iterator[Shard]:
    """Stretches of the plan that are not settled; named by their first item, so that names never clash."""
    for begin in range(0, len(plan), config.shard_items):
        missing = [a for a in plan[begin : begin + config.shard_items] if a.id not in settled]
        if missing:
            yield Shard(missing[0].id, tuple(missing))


def _work(
    config: CorpusConfig, shards: Sequence[Shard], root: Path, workers: int
) -> Iterator[ShardDone]:
    """Shards as they get done, by `workers` processes."""
    context = multiprocessing.get_context("spawn")
    tasks: Any = context.Queue()
    results: Any = context.Queue()
    for shard in shards:
        tasks.put(shard)
    for _ in range(workers):
        tasks.put(None)
    processes = [
        context.Process(target=_worker, args=(config, root, tasks, results), daemon=True)
        for _ in range(workers)
    ]
    for process in processes:
        process.start()
    try:
        for _ in range(len(shards)):
            result = _next_result(results, processes)
            if isinstance(result, Exception):
                raise result
            yield result
    finally:
        for process in processes:
            process.terminate()
            process.join()


def _next_result(results: Any, processes: Sequence[BaseProcess]) -> Any:
    while True:
        try:
            return results.get(timeout=2.0)
        except queue.Empty:
            dead = [p for p in processes if p.exitcode not in (None, 0)]
            if dead:
                raise OmniTalkerError(
                    f"a corpus worker ended with exit code {dead[0].exitcode} (a teacher crashed?). "
                    "Run the same command again: it goes on where this one stopped"
                ) from None


def _worker(config: CorpusConfig, root: Path, tasks: Any, results: Any) -> None:
    """Make shards until there are none left. Runs in its own process."""
    import torch

    leave_with_parent()
    torch.set_num_threads(1)
    synthesiser = Synthesiser(config)
    try:
        while (shard := tasks.get()) is not None:
            results.put(make_shard(synthesiser, shard, root))
    except Exception as error:
        results.put(error)
        raise
