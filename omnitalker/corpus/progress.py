"""How far along a build is, shown as a bar with the time left, or in the log where nobody watches."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Progress:
    """The state of a build after a shard."""

    items: int
    total: int
    hours: float
    """Of sound, made in this run."""
    failed: int
    eta_seconds: float

    def __str__(self) -> str:
        left = f"{self.eta_seconds / 60:.0f} min left"
        return f"{self.items}/{self.total} items, {self.hours:.2f} h, {self.failed} failed, {left}"


@contextmanager
def progress_shown(
    watcher: Callable[[Progress], None] | None,
) -> Iterator[Callable[[Progress], None]]:
    """What to call with each `Progress`: the caller's own function, else a bar, else the log."""
    if watcher is not None:
        yield watcher
    elif sys.stderr.isatty():
        with _bar() as shown:
            yield shown
    else:
        yield lambda progress: logger.info("%s", progress)


@contextmanager
def _bar() -> Iterator[Callable[[Progress], None]]:
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn
    from rich.progress import Progress as RichProgress

    console = Console(stderr=True)
    columns = (BarColumn(), TextColumn("{task.description}"))
    with RichProgress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("starting the teachers", total=None)
        yield lambda p: bar.update(task, description=str(p), completed=p.items, total=p.total)
