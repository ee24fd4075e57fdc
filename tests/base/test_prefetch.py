from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from omnitalker.base.prefetch import Prefetch


def test_order_and_end() -> None:
    with Prefetch(range(50)) as items:
        assert list(items) == list(range(50))
        assert list(items) == []


def test_runs_at_most_depth_ahead() -> None:
    made: list[int] = []

    def source() -> Iterator[int]:
        for index in range(100):
            made.append(index)
            yield index

    with Prefetch(source(), depth=3) as items:
        next(iter(items))
        time.sleep(0.1)
        assert len(made) <= 1 + 3 + 1


def test_errors_arrive_in_their_place() -> None:
    def source() -> Iterator[int]:
        yield 1
        raise ValueError("broken source")

    with Prefetch(source()) as items:
        reader = iter(items)
        assert next(reader) == 1
        with pytest.raises(ValueError, match="broken source"):
            next(reader)


def test_closing_stops_the_thread_and_the_source() -> None:
    closed = threading.Event()

    def endless() -> Iterator[int]:
        try:
            while True:
                yield 0
        finally:
            closed.set()

    before = threading.active_count()
    with Prefetch(endless()) as items:
        next(iter(items))
    assert closed.is_set()
    assert threading.active_count() == before
    assert list(items) == []
