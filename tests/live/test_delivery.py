from __future__ import annotations

import asyncio
from typing import Any

import numpy as np

from omnitalker.base.types import AVChunk
from omnitalker.live import delivery
from omnitalker.live.outlet import Outlet


def test_a_reader_who_comes_while_a_chunk_is_handed_out_gets_the_next(monkeypatch: Any) -> None:
    """As one does who was woken by the last chunk of a reply, and listens for the next reply."""

    async def run() -> None:
        handed = delivery.Delivery(outlet_frames=10)
        first = handed.open_outlet()
        late: list[Outlet[AVChunk]] = []
        offer = Outlet.offer

        def offer_and_come(self: Outlet[AVChunk], item: AVChunk) -> bool:
            if not late:
                late.append(handed.open_outlet())
            return offer(self, item)

        monkeypatch.setattr(Outlet, "offer", offer_and_come)
        for index in range(2):
            handed.deliver(AVChunk(index, 0.04 * index, np.zeros(960), np.zeros((1, 61))))
        handed.close()
        assert [chunk.index async for chunk in first] == [0, 1]
        assert [chunk.index async for chunk in late[0]] == [1]

    asyncio.run(run())
