"""How a batch is going: bars on a terminal, plain lines elsewhere, JSON events for machines."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from omnitalker.batch.engine import Event
    from omnitalker.batch.ledger import Record

PLAIN_INTERVAL_SECONDS = 5.0


@dataclass
class Tally:
    """What has happened so far."""

    total: int
    made: int = 0
    failed: int = 0
    seconds: float = 0.0
    """Of video made."""
    started: float = field(default_factory=time.monotonic)

    def add(self, record: Record) -> None:
        self.made += record.ok
        self.failed += not record.ok
        self.seconds += record.seconds

    @property
    def ended(self) -> int:
        return self.made + self.failed

    @property
    def elapsed(self) -> float:
        return time.monotonic() - self.started

    @property
    def eta(self) -> float | None:
        if not self.ended:
            return None
        return self.elapsed / self.ended * (self.total - self.ended)

    def line(self) -> str:
        left = "" if self.eta is None else f", {_clock(self.eta)} left"
        failed = f", {self.failed} failed" if self.failed else ""
        rate = 60 * self.ended / max(self.elapsed, 1e-9)
        return f"{self.ended}/{self.total}{failed}, {rate:.1f}/min, {_clock(self.elapsed)}{left}"


def follow(
    events: Iterable[Event], total: int, workers: int, *, as_json: bool, quiet: bool = False
) -> Tally:
    """Show events until there are no more."""
    tally = Tally(total)
    if as_json:
        _follow_json(events, tally)
    elif quiet or not sys.stderr.isatty():
        _follow_plain(events, tally, quiet)
    else:
        _follow_bars(events, tally, workers)
    return tally


def emit(kind: str, **values: Any) -> None:
    """One JSON event on a line of its own."""
    print(json.dumps({"event": kind, **values}, ensure_ascii=False), flush=True)


def _follow_json(events: Iterable[Event], tally: Tally) -> None:
    for event in events:
        record = getattr(event, "record", None)
        if record is None:
            emit("started", worker=event.worker, id=event.task.job.id, output=event.task.output)  # type: ignore[union-attr]
        else:
            tally.add(record)
            emit("finished", worker=event.worker, **asdict(record))


def _follow_plain(events: Iterable[Event], tally: Tally, quiet: bool) -> None:
    shown_at = time.monotonic()
    for event in events:
        record = getattr(event, "record", None)
        if record is None:
            continue
        tally.add(record)
        if quiet:
            continue
        if not record.ok:
            print(_failure(record), file=sys.stderr)
        now = time.monotonic()
        if now - shown_at >= PLAIN_INTERVAL_SECONDS or tally.ended == tally.total:
            shown_at = now
            print(tally.line(), file=sys.stderr)


def _follow_bars(events: Iterable[Event], tally: Tally, workers: int) -> None:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[note]}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as bars:
        overall = bars.add_task("all", total=tally.total, note="")
        lines = [
            bars.add_task(f"worker {number + 1}", total=None, note="waiting")
            for number in range(workers)
        ]
        show: Callable[..., None] = bars.update
        for event in events:
            record = getattr(event, "record", None)
            line = lines[event.worker]
            if record is None:
                bars.reset(line)
                show(line, note=event.task.job.id)  # type: ignore[union-attr]
                continue
            tally.add(record)
            show(line, note="waiting")
            show(overall, completed=tally.ended, note=tally.line())
            if not record.ok:
                bars.console.print(_failure(record), markup=False)


def _failure(record: Record) -> str:
    tries = f" (tried {record.attempts} times)" if record.attempts > 1 else ""
    return f"failed: {record.id}: {record.error}{tries}"


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
