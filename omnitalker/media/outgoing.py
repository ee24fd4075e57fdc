"""Bytes on their way out: a file that av can only append to, as a network connection is."""

from __future__ import annotations

import io


class OutgoingBytes:
    """What was written since it was last taken."""

    def __init__(self) -> None:
        self._buffer = io.BytesIO()

    def write(self, data: bytes) -> int:
        return self._buffer.write(data)

    def take(self) -> bytes:
        data = self._buffer.getvalue()
        self._buffer.seek(0)
        self._buffer.truncate()
        return data
