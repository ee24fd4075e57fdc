"""The one way threads are used here: an iterator that runs ahead of its reader in a thread of its own."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from types import TracebackType
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class _End:
    error: BaseException | None = None


class Prefetch(AbstractContextManager["Prefetch[T]"], Generic[T]):
    """Iterates `source` in a thread, at most `depth` items ahead.

    An error in the source is raised to the reader in its place. Leaving the `with` block, or `close()`,
    stops the thread after the item it is making, whatever the reader had still to read.
    """

    def __init__(self, source: Iterable[T], depth: int = 2, name: str = "prefetch") -> None:
        self._source = source
        self._items: queue.Queue[T | _End] = queue.Queue(maxsize=depth)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def __iter__(self) -> Iterator[T]:
        while True:
            item = self._items.get()
            if isinstance(item, _End):
                self._items.put(item)  # so that iterating again ends again
                if item.error is not None:
                    raise item.error
                return
            yield item

    def close(self) -> None:
        self._stop.set()
        while self._thread.is_alive():
            self._discard()
            self._thread.join(timeout=0.02)
        self._discard()
        self._items.put(_End())

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _run(self) -> None:
        end = _End()
        iterator = iter(self._source)
        try:
            for item in iterator:
                if not self._offer(item):
                    break
        except BaseException as error:
            end = _End(error)
        finally:
            close = getattr(iterator, "close", None)
            if close is not None:
                close()
        self._offer(end)

    def _offer(self, item: T | _End) -> bool:
        """Put unless stopped; False when stopped."""
        while not self._stop.is_set():
            try:
                self._items.put(item, timeout=0.05)
                return True
            except queue.Full:
                continue
        return False

    def _discard(self) -> None:
        while True:
            try:
                self._items.get_nowait()
            except queue.Empty:
                return
