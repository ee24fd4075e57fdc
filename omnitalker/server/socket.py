"""`WS /v1/avatar`: text in; sound, pictures, words and states out. The protocol is in docs/live.md."""

from __future__ import annotations

import asyncio
import json
import logging
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from typing import Any, cast

import cv2
import numpy as np
from fastapi import APIRouter, WebSocket, WebSocketDisconnect

from omnitalker.audio.pcm import pcm_bytes
from omnitalker.base.config import LONGEST_SHOWN
from omnitalker.base.errors import OmniTalkerError
from omnitalker.base.types import AVChunk, Frame
from omnitalker.server.admission import Busy, Pace
from omnitalker.server.connection import ClientConnection
from omnitalker.server.guard import CALLER
from omnitalker.server.metrics import Metrics
from omnitalker.server.packets import Packet
from omnitalker.server.state import ServerState

log = logging.getLogger(__name__)
JPEG_QUALITY = 85
MOST_MESSAGE_BYTES = 64_000
TRY_AGAIN, BAD_MESSAGE = 1013, 1007
FIRST_SECONDS = 10
"""Until a client must have said what it wants."""
MOST_EVENTS = 250
"""That wait for a reader."""


def socket_routes(hall: ServerState, metrics: Metrics) -> APIRouter:
    routes = APIRouter()

    @routes.websocket("/v1/avatar")
    async def avatar(socket: WebSocket) -> None:
        offered = socket.headers.get("sec-websocket-protocol", "")
        is_ours = "omnitalker" in [p.strip() for p in offered.split(",")]
        await socket.accept(subprotocol="omnitalker" if is_ours else None)
        caller = socket.scope[CALLER]
        try:
            with hall.admission.openings.seat(caller):
                wish = await _first_message(socket)
            if wish is not None:
                with hall.admission.sessions.seat(caller):
                    await _serve(socket, hall, metrics, wish, caller)
        except Busy as error:
            await socket.send_json({"type": "error", "message": str(error), "code": "busy"})
            await socket.close(TRY_AGAIN, str(error)[:120])
        except BadMessage as error:
            await socket.send_json({"type": "error", "message": str(error)})
            await socket.close(BAD_MESSAGE)

    return routes


async def _serve(
    socket: WebSocket, hall: ServerState, metrics: Metrics, wish: dict[str, Any], caller: str
) -> None:
    """One connection, from what it wants to its last message."""
    try:
        name = str(wish.get("character") or hall.default)
        desk = await asyncio.to_thread(ClientConnection, hall, name, wish, caller)
    except OmniTalkerError as error:
        await socket.send_json({"type": "error", "message": str(error)})
        await socket.close(BAD_MESSAGE)
        return
    metrics.watch(desk.session)
    events = _Events()
    desk.open(asyncio.get_running_loop(), events.tell)
    sender = asyncio.create_task(_send(socket, desk, events), name="omnitalker-sender")
    reader = asyncio.create_task(_read(socket, desk, hall, events), name="omnitalker-reader")
    try:
        await asyncio.wait((sender, reader), return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (sender, reader):
            task.cancel()
        await asyncio.gather(sender, reader, return_exceptions=True)
        await asyncio.shield(desk.aclose())
        metrics.settle(desk.session)
        with suppress(RuntimeError, WebSocketDisconnect):
            await socket.close()


async def _first_message(socket: WebSocket) -> dict[str, Any] | None:
    """What the client wants, or None when it left."""
    try:
        return parse_message(await asyncio.wait_for(socket.receive_text(), FIRST_SECONDS))
    except (WebSocketDisconnect, KeyError, RuntimeError):
        return None
    except asyncio.TimeoutError:
        await socket.close(BAD_MESSAGE, f"no session.start within {FIRST_SECONDS} s")
        return None


class _Events:
    """What waits to be told; of errors only as many as somebody reads."""

    def __init__(self) -> None:
        self._waiting: deque[dict[str, Any]] = deque(maxlen=4 * MOST_EVENTS)

    def tell(self, event: dict[str, Any]) -> None:
        if event["type"] != "error" or len(self._waiting) < MOST_EVENTS:
            self._waiting.append(event)

    def take(self) -> Iterator[dict[str, Any]]:
        while self._waiting:
            yield self._waiting.popleft()


async def _read(
    socket: WebSocket, desk: ClientConnection, hall: ServerState, events: _Events
) -> None:
    """Until the client leaves or is silent too long. What comes too fast waits in the network."""
    patience = 60 * hall.config.idle_minutes
    pace = Pace(hall.admission.allowance.messages_per_second)
    while True:
        await asyncio.sleep(pace.delay())
        try:
            message = await asyncio.wait_for(socket.receive(), patience)
        except asyncio.TimeoutError:
            log.info("a session without messages for %g s is closed", patience)
            return
        if message["type"] == "websocket.disconnect":
            return
        try:
            if message.get("bytes") is not None:
                desk.hear_sound(message["bytes"])
            else:
                await desk.do(parse_message(message["text"]))
        except OmniTalkerError as error:
            events.tell({"type": "error", "message": str(error)})


async def _send(socket: WebSocket, desk: ClientConnection, events: _Events) -> None:
    outlet = desk.session.open_outlet()
    desk.session.start()
    try:
        async for chunk in outlet:
            for event in events.take():
                await socket.send_text(json.dumps(event))
            for word in chunk.words:
                told = {"type": "word", "utterance": chunk.utterance, **asdict(word)}
                await socket.send_text(json.dumps(told))
            packet = await asyncio.to_thread(_packet, chunk, desk.wants_pictures)
            await socket.send_bytes(packet)
    except (WebSocketDisconnect, RuntimeError):
        return
    finally:
        outlet.close()


def _packet(chunk: AVChunk, with_picture: bool) -> bytes:
    picture = jpeg(chunk.frames[0]) if with_picture and chunk.frames else b""
    sound = pcm_bytes(chunk.samples)
    return Packet(
        chunk.index, chunk.utterance, sound, picture, chunk.is_idle, chunk.is_last
    ).to_bytes()


def jpeg(frame: Frame) -> bytes:
    options = [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY]
    _, data = cv2.imencode(".jpg", cv2.cvtColor(frame, cv2.COLOR_RGB2BGR), options)
    return cast(np.ndarray, data).tobytes()


def parse_message(text: str) -> dict[str, Any]:
    if len(text) > MOST_MESSAGE_BYTES:
        raise BadMessage(f"a message of {len(text)} characters; the limit is {MOST_MESSAGE_BYTES}")
    try:
        message = json.loads(text)
    except (
        ValueError,
        RecursionError,
    ) as error:  # ValueError: a number of thousands of digits, too
        raise BadMessage(f"not JSON: {str(error)[:LONGEST_SHOWN]}") from None
    if not isinstance(message, dict) or not isinstance(message.get("type"), str):
        raise BadMessage('a message is a JSON object with a "type", e.g. {"type": "say", ...}')
    return message


class BadMessage(OmniTalkerError):
    """A message that means nothing."""
