"""A connection says what it wants within some seconds and in few bytes, or is closed: uvicorn itself waits for ever."""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.auto import AutoHTTPProtocol

OPENING_SECONDS = 10.0
MOST_HEADER_BYTES = 65_536


class PromptProtocol(AutoHTTPProtocol):  # type: ignore[misc, valid-type]
    """Counts from when nothing is being answered: a new connection, or the next request of an old one."""

    def connection_made(self, transport: Any) -> None:
        self._head_bytes = 0
        self._watch: asyncio.TimerHandle | None = None
        super().connection_made(transport)
        self._wait_for_head()

    def data_received(self, data: bytes) -> None:
        if self._is_free:
            self._head_bytes += len(data)
            if self._watch is None:
                self._wait_for_head()
        super().data_received(data)
        if not self._is_free:
            self._has_head()
        elif self._head_bytes > MOST_HEADER_BYTES:
            self.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self._has_head()
        super().connection_lost(exc)

    @property
    def _is_free(self) -> bool:
        """Nothing has been asked, or all that was asked is answered."""
        return self.cycle is None or self.cycle.response_complete

    def _wait_for_head(self) -> None:
        self._watch = self.loop.call_later(OPENING_SECONDS, self._too_slow)

    def _has_head(self) -> None:
        self._head_bytes = 0
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None

    def _too_slow(self) -> None:
        """A transport that speaks WebSocket by now is none of ours."""
        self._watch = None
        if self._is_free and self.transport.get_protocol() is self:
            self.transport.abort()
