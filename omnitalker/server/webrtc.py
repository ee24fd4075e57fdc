"""WebRTC: one peer, one avatar. Sound and picture carry the times of the session's own clock.

    POST /v1/webrtc/offer {"sdp", "type", "character"?, "size"?} -> {"sdp", "type"}

The data channel named `omnitalker` speaks the JSON messages of the WebSocket.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import time
from collections import deque
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict
from typing import Any

from aiortc import (
    MediaStreamTrack,
    RTCConfiguration,
    RTCDataChannel,
    RTCIceServer,
    RTCPeerConnection,
    RTCSessionDescription,
)  # fmt: skip
from fastapi import APIRouter, Request
from pydantic import BaseModel

from omnitalker.base import timeline
from omnitalker.base.errors import InputError, OmniTalkerError
from omnitalker.base.types import AVChunk
from omnitalker.live.outlet import Outlet
from omnitalker.media.rtc import MicrophoneReader, picture_frame, sound_frames
from omnitalker.server.admission import Busy, Pace
from omnitalker.server.connection import ClientConnection
from omnitalker.server.guard import CALLER
from omnitalker.server.metrics import Metrics
from omnitalker.server.settings import IceServer
from omnitalker.server.socket import parse_message
from omnitalker.server.state import ServerState

log = logging.getLogger(__name__)
MICROPHONE_RATE = 16_000
CHANNEL = "omnitalker"
CONNECT_SECONDS = 30.0
MOST_UNREAD_BYTES = 1_000_000
"""Of events that a peer does not take; later ones are not told."""
_MOST_WAITING = {"audio": 2 * timeline.VIDEO_FPS, "video": 5}
"""Chunks. Where encoding is too slow, pictures are left out rather than shown 200 ms after their sound."""
PICTURE_DELAY_SECONDS = 0.02
"""Pictures leave so long after their sound came: browsers show both as they left, aiortc's own peers hold sound
back for four packets; half a frame is little for either."""
_UNREADABLE = (InputError, ValueError, AttributeError, LookupError, AssertionError)
"""What aiortc raises where an offer is not what it should be."""


class Offer(BaseModel):
    sdp: str
    type: str = "offer"
    character: str | None = None
    size: int | None = None
    greet: bool = True


def webrtc_routes(peers: Peers) -> APIRouter:
    routes = APIRouter()

    @routes.post("/v1/webrtc/offer")
    async def offer(offer: Offer, request: Request) -> dict[str, str]:
        return await peers.answer(offer, request.scope[CALLER])

    return routes


def rtc_configuration(servers: tuple[IceServer, ...]) -> RTCConfiguration:
    """The given STUN and TURN servers; without any, nobody outside is told that somebody talks here."""
    return RTCConfiguration(
        [
            RTCIceServer(
                list(server.urls), server.username or None, os.environ.get(server.password_env)
            )
            for server in servers
        ]
    )


class Peers:
    """All open peer connections."""

    def __init__(self, hall: ServerState, metrics: Metrics) -> None:
        self._hall = hall
        self._metrics = metrics
        self._open: set[Peer] = set()

    async def answer(self, offer: Offer, caller: str) -> dict[str, str]:
        if self._hall.is_leaving.is_set():
            raise Busy("the server is stopping")
        admission, config = self._hall.admission, self._hall.config
        seat = ExitStack()
        seat.enter_context(admission.sessions.seat(caller))
        try:
            name = offer.character or self._hall.default
            wish = {"size": offer.size, "greet": offer.greet}
            desk = await asyncio.to_thread(ClientConnection, self._hall, name, wish, caller)
            connection = RTCPeerConnection(rtc_configuration(config.ice_servers))
            pace = Pace(admission.allowance.messages_per_second)
            peer = Peer(desk, self._metrics, seat, self._open.discard, connection, pace)
            answer = await peer.connect(offer)
        except BaseException:
            seat.close()
            raise
        self._open.add(peer)
        return answer

    async def aclose(self) -> None:
        await asyncio.gather(*(peer.aclose() for peer in tuple(self._open)))


class Peer:
    """One connection, from its offer to its end."""

    def __init__(
        self,
        desk: ClientConnection,
        metrics: Metrics,
        seat: ExitStack,
        forget: Callable[[Peer], None],
        connection: RTCPeerConnection | None = None,
        pace: Pace | None = None,
    ) -> None:
        self._desk = desk
        self._metrics = metrics
        self._seat = seat
        self._forget = forget
        self._connection = connection or RTCPeerConnection(rtc_configuration(()))
        self._pace = pace or Pace(0)
        self._channel: RTCDataChannel | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._early: deque[str] = deque(maxlen=100)
        self._is_closed = False

    async def connect(self, offer: Offer) -> dict[str, str]:
        connection = self._connection
        connection.on("datachannel", self._on_channel)
        connection.on("track", self._on_track)
        connection.on("connectionstatechange", self._on_state)
        self._pair = PairedTracks(self._desk.session.open_outlet(), self._tell_words)
        try:
            if "\nm=" not in offer.sdp:
                raise InputError("the offer holds no media; offer to receive audio and video")
            description = RTCSessionDescription(offer.sdp, offer.type)
            await connection.setRemoteDescription(description)
            connection.addTrack(self._pair.audio)
            if self._desk.session.pictures is not None:
                connection.addTrack(self._pair.video)
            await connection.setLocalDescription(await connection.createAnswer())
        except _UNREADABLE as error:
            await connection.close()
            raise InputError(f"the offer cannot be read: {error}") from error
        self._metrics.watch(self._desk.session)
        self._desk.open(asyncio.get_running_loop(), self._tell)
        self._desk.session.start()
        self._tasks.append(asyncio.create_task(self._expect(), name="omnitalker-peer"))
        local = connection.localDescription
        return {"sdp": local.sdp, "type": local.type}

    async def aclose(self) -> None:
        if self._is_closed:
            return
        self._is_closed = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._pair.close()
        await self._connection.close()
        await self._desk.aclose()
        self._metrics.settle(self._desk.session)
        self._seat.close()
        self._forget(self)

    async def _expect(self) -> None:
        """A peer that made an offer and never came gives its place back."""
        await asyncio.sleep(CONNECT_SECONDS)
        if self._connection.connectionState != "connected":
            # Not awaited: closing cancels this very task.
            self._closing = asyncio.create_task(self.aclose(), name="omnitalker-peer-closing")

    async def _on_state(self) -> None:
        if self._connection.connectionState in ("failed", "closed", "disconnected"):
            await self.aclose()

    def _on_channel(self, channel: RTCDataChannel) -> None:
        if channel.label != CHANNEL:
            return
        self._channel = channel
        channel.on("message", self._on_message)
        while self._early:
            channel.send(self._early.popleft())

    async def _on_message(self, text: str | bytes) -> None:
        if self._pace.delay():
            self._tell({"type": "error", "message": "too many messages; this one is not read"})
            return
        try:
            await self._desk.do(parse_message(text if isinstance(text, str) else text.decode()))
        except (OmniTalkerError, UnicodeDecodeError) as error:
            self._tell({"type": "error", "message": str(error)})

    def _on_track(self, track: MediaStreamTrack) -> None:
        if track.kind == "audio":
            task = asyncio.create_task(self._hear(track), name="omnitalker-microphone")
            self._tasks.append(task)

    async def _hear(self, track: MediaStreamTrack) -> None:
        from aiortc.mediastreams import MediaStreamError

        reader = MicrophoneReader(MICROPHONE_RATE)
        while True:
            try:
                frame = await track.recv()
            except MediaStreamError:
                return
            for piece in reader.read(frame):
                self._desk.hear_sound(piece)

    def _tell_words(self, chunk: AVChunk) -> None:
        for word in chunk.words:
            self._tell({"type": "word", "utterance": chunk.utterance, **asdict(word)})

    def _tell(self, event: dict[str, Any]) -> None:
        text = json.dumps(event)
        if self._channel is not None and self._channel.readyState == "open":
            if self._channel.bufferedAmount < MOST_UNREAD_BYTES:
                self._channel.send(text)
        else:
            self._early.append(text)


class PairedTracks:
    """A sound and a picture track fed by one outlet, so that neither can run ahead of the other."""

    def __init__(self, outlet: Outlet[AVChunk], on_chunk: Callable[[AVChunk], None]) -> None:
        self._outlet = outlet
        self._on_chunk = on_chunk
        self._lock = asyncio.Lock()
        self._last_arrival = 0.0
        self._waiting: dict[str, deque[AVChunk]] = {"audio": deque(), "video": deque()}
        self.audio = _SoundTrack(self)
        self.video = _PictureTrack(self)

    async def next(self, kind: str) -> AVChunk:
        """The next chunk for one of the tracks."""
        waiting = self._waiting[kind]
        async with self._lock:
            while not waiting:
                chunk = await anext(self._outlet)
                self._last_arrival = time.monotonic()
                self._on_chunk(chunk)
                for other, queue in self._waiting.items():
                    queue.append(chunk)
                    if len(queue) > _MOST_WAITING[other]:
                        queue.popleft()
        return waiting.popleft()

    def picture_wait(self) -> float:
        """Seconds that the picture just taken may still wait; none where pictures are behind."""
        if self._waiting["video"]:
            return 0.0
        return max(0.0, self._last_arrival + PICTURE_DELAY_SECONDS - time.monotonic())

    def close(self) -> None:
        self._outlet.close()
        self.audio.stop()
        self.video.stop()


class _SoundTrack(MediaStreamTrack):
    kind = "audio"

    def __init__(self, pair: PairedTracks) -> None:
        super().__init__()
        self._pair = pair
        self._ready: deque[Any] = deque()

    async def recv(self) -> Any:
        if not self._ready:
            chunk = await _next_or_end(self, self._pair)
            self._ready.extend(sound_frames(chunk.samples, chunk.index))
        return self._ready.popleft()


class _PictureTrack(MediaStreamTrack):
    kind = "video"

    def __init__(self, pair: PairedTracks) -> None:
        super().__init__()
        self._pair = pair

    async def recv(self) -> Any:
        chunk = await _next_or_end(self, self._pair)
        await asyncio.sleep(self._pair.picture_wait())
        return picture_frame(chunk.frames[0], chunk.index)


async def _next_or_end(track: MediaStreamTrack, pair: PairedTracks) -> AVChunk:
    from aiortc.mediastreams import MediaStreamError

    if track.readyState != "live":
        raise MediaStreamError
    try:
        return await pair.next(track.kind)
    except StopAsyncIteration:
        track.stop()
        raise MediaStreamError from None
