"""Typed lines for an event loop, without holding up the end of the program.

A thread that waits in `sys.stdin.readline` cannot be stopped: the loop's own threads are waited for at its end,
and a daemon holding the lock of `sys.stdin` is a fatal error there. This one holds no lock.
"""

from __future__ import annotations

import asyncio
import codecs
import os
import sys
import threading
from collections.abc import AsyncIterator, Callable

_MOST_BYTES = 65_536


async def typed_lines() -> AsyncIterator[str]:
    """Lines of the standard input, without their ends, until it ends."""
    loop = asyncio.get_running_loop()
    arrived: asyncio.Queue[str | None] = asyncio.Queue()

    def put(line: str | None) -> None:
        loop.call_soon_threadsafe(arrived.put_nowait, line)

    reading = (sys.stdin.fileno(), sys.stdin.encoding or "utf-8", put)
    threading.Thread(target=_read, args=reading, name="omnitalker-keyboard", daemon=True).start()
    while (line := await arrived.get()) is not None:
        yield line


def _read(fileno: int, encoding: str, put: Callable[[str | None], object]) -> None:
    decoder, rest = codecs.getincrementaldecoder(encoding)("replace"), ""
    try:
        while data := os.read(fileno, _MOST_BYTES):
            *lines, rest = (rest + decoder.decode(data)).split("\n")
            for line in lines:
                put(line)
        if rest:
            put(rest)
        put(None)
    except RuntimeError:  # the loop has ended, and with it the talk
        return
