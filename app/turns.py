"""Whose turn it is: what each visitor waits for or has made, so that it can be cancelled at any moment."""

from __future__ import annotations

import itertools
import threading

from app.studio import Stop

MOST_PER_VISITOR = 8


class Turns:
    """Safe under threads; a visitor is the hash of a session."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        self._stops: dict[str, dict[int, Stop]] = {}

    def take(self, visitor: str) -> int:
        """A new turn at the end of the line."""
        with self._lock:
            turns = self._stops.setdefault(visitor, {})
            number = next(self._numbers)
            turns[number] = Stop()
            while len(turns) > MOST_PER_VISITOR:
                turns.pop(min(turns)).event.set()
            return number

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

    def end(self, visitor: str, number: int) -> None:
        with self._lock:
            turns = self._stops.get(visitor, {})
            turns.pop(number, None)
            if not turns:
                self._stops.pop(visitor, None)
