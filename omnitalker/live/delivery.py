"""Who gets what a session makes: callbacks for chunks and events, and outlets for event loops."""

from __future__ import annotations

import threading
from collections.abc import Callable

from omnitalker.base.types import AVChunk
from omnitalker.live.events import Listener, SessionEvent, Subscriber
from omnitalker.live.outlet import Outlet


class Delivery:
    """Safe under threads."""

    def __init__(self, outlet_frames: int) -> None:
        self._outlet_frames = outlet_frames
        self._lock = threading.Lock()
        self._subscribers: list[Subscriber] = []
        self._listeners: list[Listener] = []
        self._outlets: list[Outlet[AVChunk]] = []
        self._is_closed = False

    def subscribe(self, subscriber: Subscriber) -> Callable[[], None]:
        self._subscribers.append(subscriber)
        return lambda: self._subscribers.remove(subscriber)

    def listen(self, listener: Listener) -> Callable[[], None]:
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def open_outlet(self) -> Outlet[AVChunk]:
        outlet: Outlet[AVChunk] = Outlet(self._outlet_frames)
        with self._lock:
            if self._is_closed:
                outlet.close()
            self._outlets.append(outlet)
        return outlet

    @property
    def is_held_back(self) -> bool:
        """Whether a reader is too far behind. One that left is forgotten."""
        with self._lock:
            self._outlets = [outlet for outlet in self._outlets if not outlet.is_closed]
            return any(outlet.is_full for outlet in self._outlets)

    def deliver(self, chunk: AVChunk) -> None:
        """To those who were there before: a reader that comes because of this chunk waits for the next one."""
        for outlet in tuple(self._outlets):
            outlet.offer(chunk)
        for subscriber in tuple(self._subscribers):
            subscriber(chunk)

    def tell(self, event: SessionEvent) -> None:
        for listener in tuple(self._listeners):
            listener(event)

    def clear(self) -> None:
        """Throw away what was not read yet."""
        with self._lock:
            for outlet in self._outlets:
                outlet.clear()

    def close(self) -> None:
        with self._lock:
            self._is_closed = True
            for outlet in self._outlets:
                outlet.close()
