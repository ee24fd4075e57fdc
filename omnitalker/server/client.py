"""The smallest Python client of `WS /v1/avatar`: text in, sound and pictures out.

async with AvatarClient("ws://127.0.0.1:8000/v1/avatar", character="ava") as avatar:
    await avatar.send(type="say", text="Hello there.")
    async for message in avatar:          # Packet or dict
        if isinstance(message, Packet) and message.is_last:
            break
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import suppress
from types import TracebackType
from typing import Any

from omnitalker.base.errors import MissingExtra
from omnitalker.server.packets import Packet


class AvatarClient:
    def __init__(self, url: str, *, key: str = "", **wish: Any) -> None:
        """`wish`: character, size, video ("jpeg" or "none"), greet."""
        try:
            from websockets.asyncio.client import connect
        except ImportError as error:
            raise MissingExtra("websockets", "server", "the avatar client") from error
        headers = {"authorization": f"Bearer {key}"} if key else None
        self._connecting = connect(url, additional_headers=headers, max_size=2**24)
        self._wish = wish

    async def __aenter__(self) -> AvatarClient:
        from websockets.exceptions import ConnectionClosed

        self._socket = await self._connecting
        with suppress(ConnectionClosed):  # refused: the first message that is read says why
            await self.send(type="session.start", **self._wish)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._socket.close()

    async def send(self, **message: Any) -> None:
        await self._socket.send(json.dumps(message))

    async def __aiter__(self) -> AsyncIterator[Packet | dict[str, Any]]:
        """Until the server closes the connection."""
        async for data in self._socket:
            if isinstance(data, bytes):
                yield Packet.from_bytes(data)
            else:
                yield json.loads(data)
