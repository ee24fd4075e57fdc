"""A bounded mailbox from a thread to one reader in an event loop."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from typing import Generic, TypeVar

T = TypeVar("T")


class Outlet(Generic[T]):
    """`offer` and `close` from any thread; `async for` in the loop it was made in."""

    def __init__(self, capacity: int) -> None:
        self._loop = asyncio.get_running_loop()
        self._capacity = capacity
        self._items: deque[T] = deque()
        self._lock = threading.Lock()
        self._filled = asyncio.Event()
        self._closed = False

    @property
    def is_full(self) -> bool:
        return len(self._items) >= self._capacity

    @property
    def is_closed(self) -> bool:
        return self._closed

    def offer(self, item: T) -> bool:
        """False where the reader is too far behind, or gone."""
        with self._lock:
            if self._closed or len(self._items) >= self._capacity:
                return False
            self._items.append(item)
        return self._wake()

    def clear(self) -> int:
        """Throw away what was not read yet; returns how much."""
        with self._lock:
            count = len(self._items)
            self._items.clear()
            return count

    def close(self) -> None:
        """What is waiting can still be read."""
        self._closed = True
        self._wake()

    def __aiter__(self) -> Outlet[T]:
        return self

    async def __anext__(self) -> T:
        while True:
            with self._lock:
                if self._items:
                    return self._items.popleft()
                self._filled.clear()
            if self._closed:
                raise StopAsyncIteration
            await self._filled.wait()

    def _wake(self) -> bool:
        try:
            self._loop.call_soon_threadsafe(self._filled.set)
        except RuntimeError:  # the loop has ended, and the reader with it
            self._closed = True
            return False
        return True
