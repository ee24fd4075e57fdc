"""`WS /v1/avatar`: text in; sound, pictures, words and states out. The protocol is in docs/live.md."""

from __future__ import annotations

import asyncio
import json
import logging
from contextlib import suppress
from dataclasses import asdict
from typing import Any, cast

import cv2
import numpy as np
from fastapi import APIRouter, WebSocket, WebSocketDisconnect

from omnitalker.audio.pcm import pcm_bytes
from omnitalker.base.errors import OmniTalkerError
from omnitalker.base.types import AVChunk, Frame
from omnitalker.server.connection import Desk
from omnitalker.server.metrics import Metrics
from omnitalker.server.packets import Packet
from omnitalker.server.state import Busy, Hall

log = logging.getLogger(__name__)
JPEG_QUALITY = 85
MOST_MESSAGE_BYTES = 64_000
TRY_AGAIN, BAD_MESSAGE = 1013, 1007


def socket_routes(hall: Hall, metrics: Metrics) -> APIRouter:
    routes = APIRouter()

    @routes.websocket("/v1/avatar")
    async def avatar(socket: WebSocket) -> None:
        offered = socket.headers.get("sec-websocket-protocol", "")
        is_ours = "omnitalker" in [p.strip() for p in offered.split(",")]
        await socket.accept(subprotocol="omnitalker" if is_ours else None)
        try:
            with hall.sessions.seat():
                await _serve(socket, hall, metrics)
        except Busy as error:
            await socket.send_json({"type": "error", "message": str(error), "code": "busy"})
            await socket.close(TRY_AGAIN, str(error)[:120])

    return routes


async def _serve(socket: WebSocket, hall: Hall, metrics: Metrics) -> None:
    """One connection, from its first message to its last."""
    try:
        wish = await _first_message(socket)
        if wish is None:
            return
        desk = await asyncio.to_thread(Desk, hall, str(wish.get("character") or hall.default), wish)
    except OmniTalkerError as error:
        await socket.send_json({"type": "error", "message": str(error)})
        await socket.close(BAD_MESSAGE)
        return
    metrics.watch(desk.session)
    events: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    desk.open(asyncio.get_running_loop(), events.put_nowait)
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
        return parse_message(await asyncio.wait_for(socket.receive_text(), 20))
    except (WebSocketDisconnect, KeyError, RuntimeError):
        return None
    except asyncio.TimeoutError:
        await socket.close(BAD_MESSAGE, "no session.start within 20 s")
        return None


async def _read(
    socket: WebSocket, desk: Desk, hall: Hall, events: asyncio.Queue[dict[str, Any]]
) -> None:
    """Until the client leaves or is silent too long."""
    patience = 60 * hall.config.idle_minutes
    while True:
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
            events.put_nowait({"type": "error", "message": str(error)})


async def _send(socket: WebSocket, desk: Desk, events: asyncio.Queue[dict[str, Any]]) -> None:
    outlet = desk.session.open_outlet()
    desk.session.start()
    try:
        async for chunk in outlet:
            while not events.empty():
                await socket.send_text(json.dumps(events.get_nowait()))
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
    except (json.JSONDecodeError, RecursionError) as error:
        raise BadMessage(f"not JSON: {error}") from None
    if not isinstance(message, dict) or not isinstance(message.get("type"), str):
        raise BadMessage('a message is a JSON object with a "type", e.g. {"type": "say", ...}')
    return message


class BadMessage(OmniTalkerError):
    """A message that means nothing."""
