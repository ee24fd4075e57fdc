from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence


class Endpoint:
    """A language model's HTTP endpoint on loopback that answers what it is told to."""

    def __init__(
        self,
        lines: Sequence[str] | Callable[[dict], Sequence[str]],
        status: int = 200,
        hangs: bool = False,
        pings: bool = False,
    ) -> None:
        """lines: what it streams, or a function of the request that says so."""
        self.lines, self.status, self.hangs, self.pings = lines, status, hangs, pings
        self.bodies: list[dict] = []

    async def __aenter__(self) -> str:
        self.server = await asyncio.start_server(self._answer, "127.0.0.1", 0)
        return f"http://127.0.0.1:{self.server.sockets[0].getsockname()[1]}/v1"

    async def __aexit__(self, *_: object) -> None:
        self.server.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = int(head.split("content-length: ")[1].split("\r\n")[0])
        self.bodies.append(json.loads(await reader.readexactly(length)))
        lines = self.lines(self.bodies[-1]) if callable(self.lines) else self.lines
        writer.write(f"HTTP/1.1 {self.status} X\r\nconnection: close\r\n\r\n".encode())
        for line in lines:
            writer.write(f"data: {line}\n\n".encode())
            await writer.drain()
        for _ in range(15 if self.hangs else 0):
            if self.pings:
                writer.write(b": still thinking\n\n")
            await asyncio.sleep(0.1)
        writer.close()


def delta(**fields: object) -> str:
    return json.dumps({"choices": [{"delta": fields}]})
