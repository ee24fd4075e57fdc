"""A progress bar where there is a terminal, plain lines where there is none."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

PLAIN_INTERVAL_SECONDS = 5.0


class OnProgress(Protocol):
    def __call__(self, fraction: float, note: str = "") -> None: ...


@contextmanager
def progress_bar(title: str) -> Iterator[OnProgress]:
    """Yields `update(fraction, note)`; the bar shows elapsed and remaining time."""
    if not sys.stderr.isatty():
        yield _plain_lines(title)
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}"),
    )
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(title, total=1.0, note="")
        yield lambda fraction, note="": bar.update(task, completed=fraction, note=note)


def _plain_lines(title: str) -> OnProgress:
    started = time.monotonic()
    shown_at = started - PLAIN_INTERVAL_SECONDS

    def update(fraction: float, note: str = "") -> None:
        nonlocal shown_at
        now = time.monotonic()
        if now - shown_at < PLAIN_INTERVAL_SECONDS and fraction < 1.0:
            return
        shown_at = now
        print(
            f"{title}: {100 * fraction:.0f} %, {now - started:.0f} s, {note}".rstrip(", "),
            file=sys.stderr,
        )

    return update
