from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import httpx
from aiortc import RTCPeerConnection, RTCSessionDescription

from tests.live.waiting import wait_until

if TYPE_CHECKING:
    from aiortc import MediaStreamTrack

    from omnitalker.server.state import ServerState

SECONDS = 5.0


class Viewer:
    """A peer that watches, listens and counts."""

    def __init__(self, address: str, key: str) -> None:
        self.url = f"http://{address}/v1/webrtc/offer"
        self.headers = {"authorization": f"Bearer {key}"}
        self.peer = RTCPeerConnection()
        self.events: list[dict[str, Any]] = []
        self.seconds = {"audio": 0.0, "video": 0.0}
        self.pictures: set[tuple[int, int]] = set()
        self.loud = 0
        self.tasks: list[asyncio.Task[None]] = []

    async def connect(self) -> None:
        self.channel = self.peer.createDataChannel("omnitalker")
        self.channel.on("message", lambda text: self.events.append(json.loads(text)))
        self.peer.on("track", lambda t: self.tasks.append(asyncio.create_task(self._count(t))))
        for kind in ("audio", "video"):
            self.peer.addTransceiver(kind, direction="recvonly")
        await self.peer.setLocalDescription(await self.peer.createOffer())
        local = self.peer.localDescription
        body = {"sdp": local.sdp, "type": local.type, "size": 256, "greet": False}
        async with httpx.AsyncClient(timeout=30) as client:
            answer = await client.post(self.url, json=body, headers=self.headers)
        assert answer.status_code == 200, answer.text
        await self.peer.setRemoteDescription(RTCSessionDescription(**answer.json()))

    async def close(self) -> None:
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        await self.peer.close()

    async def _count(self, track: MediaStreamTrack) -> None:
        first: float | None = None
        while True:
            frame: Any = await track.recv()
            time = float(frame.pts * frame.time_base)
            first = time if first is None else first
            self.seconds[track.kind] = time - first
            if track.kind == "video":
                self.pictures.add((frame.width, frame.height))
            else:
                self.loud += int(abs(frame.to_ndarray()).max() > 40)  # silence is nought


def test_a_peer_sees_hears_and_reads_the_same_seconds(
    address: str, hall: ServerState, key: str
) -> None:
    async def watch() -> Viewer:
        viewer = Viewer(address, key)
        await viewer.connect()
        while viewer.channel.readyState != "open":
            await asyncio.sleep(0.05)
        viewer.channel.send(json.dumps({"type": "say", "text": "Hello there, my friend."}))
        viewer.channel.send("{broken")
        while viewer.loud <= 10 or viewer.seconds["video"] < SECONDS:
            await asyncio.sleep(0.1)
        await viewer.close()
        return viewer

    viewer = asyncio.run(asyncio.wait_for(watch(), 60))
    kinds = {event["type"] for event in viewer.events}
    assert {"session.started", "speech.started", "word", "error"} <= kinds
    assert viewer.pictures == {(256, 256)}
    assert abs(viewer.seconds["video"] - viewer.seconds["audio"]) < 0.5
    wait_until(lambda: hall.admission.sessions.taken == 0, 30)


def test_an_offer_that_is_none_is_refused(address: str, hall: ServerState, key: str) -> None:
    headers = {"authorization": f"Bearer {key}"}
    body = {"sdp": "nonsense", "type": "offer"}
    answer = httpx.post(f"http://{address}/v1/webrtc/offer", json=body, headers=headers, timeout=30)
    assert answer.status_code == 400
    assert "offer" in answer.json()["error"]["message"]
    unknown = httpx.post(
        f"http://{address}/v1/webrtc/offer", json={**body, "character": "nobody"},
        headers=headers, timeout=30,
    )  # fmt: skip
    assert "nobody" in unknown.json()["error"]["message"]
    assert hall.admission.sessions.taken == 0
