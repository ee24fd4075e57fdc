"""Whose turn it is: what each visitor waits for or has made, so that it can be cancelled at any moment."""

from __future__ import annotations

import itertools
import threading
from collections import deque

from omnitalker.demo.takes import Stop

MOST_PER_VISITOR = 8


class Turns:
    """Safe under threads; a visitor is the hash of a session."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        self._stops: dict[str, dict[int, Stop]] = {}
        self._waiting: dict[str, deque[int]] = {}

    def take(self, visitor: str) -> int:
        """A new turn at the end of the line."""
        with self._lock:
            turns = self._stops.setdefault(visitor, {})
            number = next(self._numbers)
            turns[number] = Stop()
            self._waiting.setdefault(visitor, deque()).append(number)
            while len(turns) > MOST_PER_VISITOR:
                turns.pop(min(turns)).event.set()
            return number

    def begin(self, visitor: str) -> tuple[int, Stop]:
        """The visitor's oldest turn that has not begun: the page's queue keeps their order."""
        with self._lock:
            waiting = self._waiting.get(visitor)
            number = waiting.popleft() if waiting else 0
            if not waiting:
                self._waiting.pop(visitor, None)
        return number, self.of(visitor, number)

    def of(self, visitor: str, number: int) -> Stop:
        """What stops this turn; one that is gone was stopped."""
        with self._lock:
            stop = self._stops.get(visitor, {}).get(number)
        if stop is None:
            stop = Stop()
            stop.event.set()
        return stop

    def stop(self, visitor: str) -> None:
        """All of the visitor's turns."""
        with self._lock:
            turns = tuple(self._stops.get(visitor, {}).values())
        for stop in turns:
            stop.event.set()

    def refuse(self, visitor: str) -> None:
        """The newest turn will never begin; the visitor's others are stopped as well."""
        self.stop(visitor)
        with self._lock:
            waiting = self._waiting.get(visitor)
            number = waiting.pop() if waiting else 0
            if not waiting:
                self._waiting.pop(visitor, None)
        self.end(visitor, number)

    def end(self, visitor: str, number: int) -> None:
        with self._lock:
            turns = self._stops.get(visitor, {})
            turns.pop(number, None)
            if not turns:
                self._stops.pop(visitor, None)
