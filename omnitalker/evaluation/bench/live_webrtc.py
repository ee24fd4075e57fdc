"""Are sound and picture together where they arrive? A real WebRTC peer on this machine, minute by minute.

Each picture carries its number as a row of black and white squares; sound is found again by its loudness.
The offset is how much later a picture comes out of the peer than the sound that belongs to it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from omnitalker.agent.brain import EchoBrain
from omnitalker.agent.character import Character
from omnitalker.base import timeline
from omnitalker.base.types import AVChunk, FloatArray, Frame, Renderer, RenderMemory
from omnitalker.live.performer import Performer
from omnitalker.server.connection import ClientConnection
from omnitalker.server.metrics import Metrics
from omnitalker.server.state import ServerState
from omnitalker.server.webrtc import Offer, Peer
from omnitalker.studio.casting import Casting

BITS = 16
SQUARE = 16
STEP_SECONDS = 0.005
"""Resolution of the loudness curves."""
STRETCH_SECONDS = 4.0
SEARCH_SECONDS = 4.0
"""A sound is looked for so far on either side of where it should be."""
TEXT = (
    "The train leaves at seven, and the view along the coast is lovely. "
    "Take a warm coat, because it may well rain. "
)


class NumberedRenderer:
    """Another renderer's pictures, each with its number in the corner."""

    def __init__(self, inner: Renderer) -> None:
        self._inner = inner
        self.size = inner.size
        self._count = 0

    def frame(self, coefficients: FloatArray, memory: RenderMemory | None = None) -> Frame:
        picture = np.array(self._inner.frame(coefficients, memory))
        for bit in range(BITS):
            left = bit * SQUARE
            picture[:SQUARE, left : left + SQUARE] = 255 * (self._count >> bit & 1)
        self._count += 1
        return picture


def number_in(picture: Frame) -> int:
    """What `NumberedRenderer` wrote."""
    middles = picture[SQUARE // 2, SQUARE // 2 : BITS * SQUARE : SQUARE].mean(axis=-1)
    return int(sum(1 << bit for bit, value in enumerate(middles) if value > 127))


@dataclass
class _Sent:
    """What the session made: when each numbered picture belongs, and all of the sound."""

    start_of: dict[int, float] = field(default_factory=dict)
    loudness: list[FloatArray] = field(default_factory=list)

    def on_chunk(self, chunk: AVChunk) -> None:
        self.start_of[number_in(chunk.frames[0])] = chunk.start  # idle pictures come again
        self.loudness.append(_loudness(chunk.samples, timeline.SAMPLE_RATE))


@dataclass
class _Received:
    """(arrival, number) of pictures, and (arrival, loudness) of sound."""

    pictures: list[tuple[float, int]] = field(default_factory=list)
    sounds: list[tuple[float, FloatArray]] = field(default_factory=list)


@dataclass
class _Watch:
    """Both ends of the connection, and what was found out so far."""

    seconds: float
    note: Callable[[dict[str, Any]], object]
    sent: _Sent = field(default_factory=_Sent)
    received: _Received = field(default_factory=_Received)
    offsets: dict[str, int | None] = field(default_factory=dict)

    @property
    def marks(self) -> list[float]:
        """Seconds: the end of every minute, or of the whole where that is shorter."""
        return [60.0 * m for m in range(1, int(self.seconds / 60) + 1)] or [self.seconds]

    @property
    def next_mark(self) -> float | None:
        return next(iter(self.marks[len(self.offsets) :]), None)

    def look(self, mark: float) -> None:
        self.offsets[f"{mark / 60:g}"] = _offset(self.sent, self.received, mark)
        self.note(self.figures())

    def figures(self) -> dict[str, Any]:
        known = [value for value in self.offsets.values() if value is not None]
        return {
            "offset_ms_by_minute": dict(self.offsets),
            "worst_ms": max(map(abs, known), default=None),
            "pictures_received": len(self.received.pictures),
            "pictures_made": len(self.sent.start_of),
        }


def webrtc(
    performer: Performer,
    studio: Casting,
    minutes: float,
    size: int = 512,
    note: Callable[[dict[str, Any]], object] = lambda _: None,
) -> dict[str, Any]:
    """Offset in milliseconds at the end of every minute; `note` gets the figures minute by minute."""
    watch = _Watch(60 * minutes, note)
    asyncio.run(_run(performer, studio, watch, size))
    return watch.figures()


async def _run(performer: Performer, studio: Casting, watch: _Watch, size: int) -> None:
    from aiortc import RTCPeerConnection, RTCSessionDescription

    make = performer.make_renderer
    numbered = replace(performer, make_renderer=lambda side: NumberedRenderer(make(side)))
    character = Character("bench", "A voice.")
    hall = ServerState(
        studio, {"bench": character}, brain=EchoBrain(), performers={"bench": numbered}
    )
    received = watch.received
    desk = await asyncio.to_thread(ClientConnection, hall, "bench", {"size": size, "greet": False})
    desk.session.subscribe(watch.sent.on_chunk)
    peer = Peer(desk, Metrics(hall), ExitStack(), lambda _: None)
    viewer = RTCPeerConnection()
    tasks: list[asyncio.Task[None]] = []
    readers = {"audio": _read_sound, "video": _read_pictures}
    viewer.on("track", lambda t: tasks.append(asyncio.create_task(readers[t.kind](t, received))))
    for kind in ("audio", "video"):
        viewer.addTransceiver(kind, direction="recvonly")
    await viewer.setLocalDescription(await viewer.createOffer())
    local = viewer.localDescription
    answer = await peer.connect(Offer(sdp=local.sdp, type=local.type, size=size, greet=False))
    await viewer.setRemoteDescription(RTCSessionDescription(**answer))
    await _talk(desk, watch)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await viewer.close()
    await peer.aclose()


async def _talk(desk: ClientConnection, watch: _Watch) -> None:
    """Never out of words, until every mark has been looked at (or a minute more has passed)."""
    received = watch.received
    deadline = time.perf_counter() + watch.seconds + 60
    while (mark := watch.next_mark) is not None and time.perf_counter() < deadline:
        if received.sounds and time.perf_counter() > received.sounds[0][0] + mark + 0.5:
            await asyncio.to_thread(watch.look, mark)
        if not desk.session.is_speaking:
            desk.session.say(TEXT)
        await asyncio.sleep(0.2)


async def _read_pictures(track: Any, received: _Received) -> None:
    while True:
        frame = await track.recv()
        now = time.perf_counter()
        picture = await asyncio.to_thread(frame.to_ndarray, format="rgb24")
        received.pictures.append((now, number_in(picture[:SQUARE])))


async def _read_sound(track: Any, received: _Received) -> None:
    while True:
        frame = await track.recv()
        now = time.perf_counter()
        samples = frame.to_ndarray().reshape(-1, len(frame.layout.channels)).mean(axis=1) / 32768
        received.sounds.append((now, _loudness(samples.astype(np.float32), frame.sample_rate)))


def _offset(sent: _Sent, received: _Received, until: float) -> int | None:
    """Milliseconds by which pictures come after their sound in the seconds before `until`; None = not found."""
    if not received.sounds or not received.pictures:
        return None
    end = received.sounds[0][0] + until
    recent = [(t, n) for t, n in received.pictures if end - STRETCH_SECONDS <= t < end]
    picture = [t - sent.start_of[n] for t, n in recent if n in sent.start_of]
    sound = _sound_lag(sent, received, end, until)
    if not picture or sound is None:
        return None
    return round(1000 * (float(np.median(picture)) - sound))


def _sound_lag(sent: _Sent, received: _Received, end: float, until: float) -> float | None:
    """Arrival of a sound less its time on the session's clock, by the best fit of the loudness curves."""
    pieces = [(t, s) for t, s in received.sounds if end - STRETCH_SECONDS <= t < end]
    if len(pieces) < 50:
        return None
    arrival = _earliest([t for t, _ in pieces], [len(s) for _, s in pieces])
    heard = np.concatenate([s for _, s in pieces])
    begin = max(0, round((until - STRETCH_SECONDS - SEARCH_SECONDS) * timeline.VIDEO_FPS))
    stop = round((until + SEARCH_SECONDS) * timeline.VIDEO_FPS)
    made = np.concatenate(sent.loudness[begin:stop])
    if len(made) < len(heard) or heard.std() < 0.5:
        return None
    windows = np.lib.stride_tricks.sliding_window_view(made, len(heard))
    centred = heard - heard.mean()
    spread = windows.std(axis=1) + 0.5
    fit = (windows @ centred - windows.mean(axis=1) * centred.sum()) / spread
    start = float(timeline.video_frames_to_seconds(begin))
    return arrival - start - float(fit.argmax()) * STEP_SECONDS


def _earliest(arrivals: list[float], steps: list[int]) -> float:
    """When the first piece would have come at an even pace: arrivals jitter, the median does not."""
    before = np.concatenate([[0], np.cumsum(steps)[:-1]]) * STEP_SECONDS
    return float(np.median(np.array(arrivals) - before))


def _loudness(samples: FloatArray, rate: int) -> FloatArray:
    """Decibels every 5 ms, silence at a floor."""
    step = round(rate * STEP_SECONDS)
    blocks = samples[: len(samples) // step * step].reshape(-1, step)
    level: FloatArray = 10 * np.log10(np.mean(np.square(blocks), axis=1) + 1e-6)
    return level
