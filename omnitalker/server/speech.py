"""`/v1/audio/speech` as OpenAI's clients expect it, `/v1/video/speech` beside it, and what lists them."""

from __future__ import annotations

import asyncio
import base64
import json
import math
import time
import weakref
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

from fastapi import APIRouter, Request
from fastapi.responses import Response, StreamingResponse
from pydantic import BaseModel, Field, create_model

from omnitalker.base import timeline
from omnitalker.base.errors import InputError
from omnitalker.base.prefetch import Prefetch
from omnitalker.base.types import AVChunk, Text
from omnitalker.generation.pacing import live
from omnitalker.generation.request import SpeakRequest
from omnitalker.generation.stream import stream
from omnitalker.media.live_video import CONTENT_TYPE, LiveVideoEncoder
from omnitalker.media.sound import SoundEncoder
from omnitalker.scenes.formats import is_script, scene_of
from omnitalker.scenes.picture import Stage
from omnitalker.scenes.produce import check_outputs, open_scene, stage_of
from omnitalker.scenes.scene import Problem, Scene
from omnitalker.server.admission import Busy
from omnitalker.server.guard import CALLER
from omnitalker.server.metrics import Metrics
from omnitalker.server.state import ServerState, Voice
from omnitalker.studio.check import Voices
from omnitalker.studio.directed import directed_clauses, heeded
from omnitalker.studio.option import options_of
from omnitalker.studio.order import LAYOUTS, SIZES, Delivery, Outputs, normal
from omnitalker.studio.produce import request_of
from omnitalker.text.markup import said

SLOWEST, FASTEST = 0.5, 2.0
MODELS = ("omnitalker", "tts-1", "tts-1-hd", "gpt-4o-mini-tts")
PIECES_AHEAD = 8
HURRY_SECONDS = 0.2
"""So often an answer looks whether the server still has time for it."""


class VoiceId(BaseModel):
    id: str


WISHES = {
    name: option
    for name, option in options_of(Delivery).items()
    if name not in ("speed", "seconds", "steps") and not option.is_file
}
"""What of an order's delivery a request may say beside OpenAI's fields: no files, nothing that costs more."""
_Wishes = create_model("_Wishes", **{name: (w.kind | None, None) for name, w in WISHES.items()})  # type: ignore[call-overload]


class SpeechBody(_Wishes):  # type: ignore[valid-type, misc]
    """OpenAI's request and `WISHES`; what is not known is ignored, as there."""

    input: str
    model: str = MODELS[0]
    voice: str | VoiceId | None = None
    instructions: str | None = None
    response_format: Literal["mp3", "opus", "aac", "flac", "wav", "pcm"] = "mp3"
    speed: float = Field(1.0, ge=0.25, le=4.0)
    stream_format: Literal["audio", "sse"] = "audio"


class VideoBody(SpeechBody):
    size: Literal[SIZES] = 512  # type: ignore[valid-type]


class SceneBody(BaseModel):
    """A script, in one of the ways it may be written (docs/scenes.md)."""

    input: str
    format: Literal["txt", "fountain", "srt", "vtt", "json"] = "txt"
    layout: Literal[LAYOUTS] | None = None  # type: ignore[valid-type]
    size: Literal[SIZES] = 512  # type: ignore[valid-type]
    seed: int = Field(0, ge=0, lt=2**31)
    strict: bool = False
    """Refuse a script with a line that cannot be made, instead of leaving the line out."""


def speech_routes(hall: ServerState, metrics: Metrics) -> APIRouter:
    routes = APIRouter()

    @routes.post("/v1/audio/speech")
    async def audio_speech(body: SpeechBody, request: Request) -> Response:
        prepare = partial(_spoken_or_scene, hall, body)
        work = await asyncio.to_thread(_Work, hall, metrics, request.scope[CALLER], body, prepare)
        encoder = SoundEncoder(body.response_format)
        pieces = work.pieces(lambda chunk: encoder.push(chunk.samples), encoder.finish)
        if body.stream_format == "sse":
            return StreamingResponse(_sse(pieces, len(body.input)), media_type="text/event-stream")
        return StreamingResponse(pieces, media_type=encoder.content_type)

    @routes.post("/v1/video/speech")
    async def video_speech(body: VideoBody, request: Request) -> Response:
        prepare = partial(_spoken, hall, body, body.size)
        work = await asyncio.to_thread(_Work, hall, metrics, request.scope[CALLER], body, prepare)
        return _film(work)

    @routes.post("/v1/video/scenes")
    async def video_scenes(body: SceneBody, request: Request) -> Response:
        prepare = partial(_scene, hall, body)
        work = await asyncio.to_thread(_Work, hall, metrics, request.scope[CALLER], body, prepare)
        return _film(work)

    @routes.get("/v1/models")
    async def models() -> dict[str, Any]:
        entry = {"object": "model", "created": 0, "owned_by": "omnitalker"}
        return {"object": "list", "data": [{"id": name, **entry} for name in MODELS]}

    @routes.get("/v1/audio/voices")
    async def voices() -> dict[str, Any]:
        names = hall.voices()
        return {"voices": list(names), "data": [{"id": name, "name": name} for name in names]}

    return routes


def _film(work: _Work) -> Response:
    assert work.job.size is not None
    encoder = LiveVideoEncoder(work.job.size)
    pieces = work.pieces(encoder.push, encoder.finish)
    headers = {"x-omnitalker-left-out": str(len(work.job.problems))} if work.job.problems else {}
    return StreamingResponse(pieces, media_type=CONTENT_TYPE, headers=headers)


@dataclass(frozen=True)
class _Job:
    """What is to be made, checked."""

    chunks: Callable[[], Iterator[AVChunk]]
    phonemes: int
    size: tuple[int, int] | None = None
    """Of its pictures."""
    problems: tuple[Problem, ...] = ()
    """Lines that are left out."""


class _Work:
    """One synthesis: checked at once, made in a thread of its own, stopped when its reader goes."""

    def __init__(
        self,
        hall: ServerState,
        metrics: Metrics,
        caller: str,
        body: SpeechBody | SceneBody,
        prepare: Callable[[], _Job],
    ) -> None:
        if hall.is_leaving.is_set():
            raise Busy("the server is stopping")
        hall.admission.check_speech(caller)
        limit = hall.config.most_characters
        if not body.input.strip():
            raise InputError("'input' is empty; give at least one word to say")
        if len(body.input) > limit:
            raise InputError(f"'input' has {len(body.input)} characters; the limit is {limit}")
        self.job = prepare()
        if self.job.phonemes > hall.config.most_phonemes:
            raise InputError(
                f"'input' is read out as {self.job.phonemes:,} sounds; the limit is {hall.config.most_phonemes:,}"
            )
        self._kind = "audio" if self.job.size is None else "video"
        self._metrics = metrics
        self._is_hurried = hall.is_hurried
        self._seat = ExitStack()
        self._seat.enter_context(hall.admission.syntheses.seat(caller))
        weakref.finalize(self, self._seat.close)  # where the answer is never begun
        self._count = partial(hall.admission.speech.add, caller)
        self._answer_by = time.monotonic() + hall.config.answer_seconds

    async def pieces(
        self, push: Callable[[AVChunk], bytes], finish: Callable[[], bytes]
    ) -> AsyncIterator[bytes]:
        with self._seat:
            made = Prefetch(self._encoded(push, finish), PIECES_AHEAD, "omnitalker-speech-answer")
            pieces = iter(made)
            try:
                while (piece := await self._next(pieces)) is not None:
                    if piece:
                        yield piece
            finally:
                await asyncio.shield(asyncio.to_thread(made.close))

    async def _next(self, pieces: Iterator[bytes]) -> bytes | None:
        """None at the end, and when the server cannot wait for it."""
        coming = asyncio.create_task(asyncio.to_thread(next, pieces, None))
        try:
            while not self._is_hurried.is_set() and time.monotonic() < self._answer_by:
                await asyncio.wait({coming}, timeout=HURRY_SECONDS)
                if coming.done():
                    return coming.result()
            return None
        finally:
            coming.cancel()

    def _encoded(
        self, push: Callable[[AVChunk], bytes], finish: Callable[[], bytes]
    ) -> Iterator[bytes]:
        began = time.perf_counter()
        seconds = 0.0
        for chunk in self.job.chunks():
            if seconds == 0.0:
                waited = time.perf_counter() - began
                self._metrics.first_chunk.labels(self._kind).observe(waited)
            lasts = float(timeline.samples_to_seconds(len(chunk.samples)))
            seconds += lasts
            self._count(lasts)
            yield push(chunk)
        yield finish()
        self._metrics.spoken.inc(seconds)
        factor = (time.perf_counter() - began) / seconds
        self._metrics.real_time.labels(self._kind).observe(factor)


def _spoken_or_scene(hall: ServerState, body: SpeechBody) -> _Job:
    """Several voices where every line of the input names a known one."""
    if is_script(body.input):
        with suppress(InputError):
            scene = scene_of(body.input, ".txt", {"seed": body.seed or 0}, _voices(hall))
            if not scene.problems:
                return _scene_job(hall, scene, None)
    return _spoken(hall, body)


def _spoken(hall: ServerState, body: SpeechBody, size: int | None = None) -> _Job:
    name = body.voice.id if isinstance(body.voice, VoiceId) else body.voice
    voice = hall.voice(name)
    request, delivery = _speak_request(voice, body)
    parts = voice.performer.parts
    directed = directed_clauses(request, delivery, voice.performer.styled, parts)
    clauses = list(directed or parts.frontend.clauses(body.input, request.language))
    phonemes = sum(len(clause.phonemes) for clause in clauses if isinstance(clause, Text))
    renderer = None if size is None else voice.performer.make_renderer(size)
    return _Job(
        lambda: stream(parts, request, renderer, clauses),
        phonemes,
        None if renderer is None else renderer.size,
    )


def _scene(hall: ServerState, body: SceneBody) -> _Job:
    wishes = {"size": body.size, "seed": body.seed, "layout": body.layout}
    scene = scene_of(body.input, f".{body.format}", wishes, _voices(hall))
    if body.strict and scene.problems:
        raise InputError("; ".join(map(str, scene.problems)))
    check_outputs(scene, Outputs())
    return _scene_job(hall, scene, stage_of(hall.studio, scene))


def _scene_job(hall: ServerState, scene: Scene, stage: Stage | None) -> _Job:
    frontend = hall.studio.parts.frontend
    prepared = (frontend.prepare(said(x.text), x.order.delivery.language) for x in scene.lines)

    def chunks() -> Iterator[AVChunk]:
        with (
            TemporaryDirectory(prefix="omnitalker-scene-") as folder,
            open_scene(hall.studio, scene, Path(folder), stage) as recording,
        ):
            yield from recording

    size = None if stage is None else stage.size
    return _Job(chunks, sum(len(text.phonemes) for text in prepared), size, scene.problems)


def _voices(hall: ServerState) -> Voices:
    return hall.studio.parts.library.catalogue()


def _speak_request(voice: Voice, body: SpeechBody) -> tuple[SpeakRequest, Delivery]:
    performer = voice.performer
    wishes = normal({name: getattr(body, name) for name in WISHES})
    wishes["speed"] = min(max(performer.delivery.speed * body.speed, SLOWEST), FASTEST)
    wishes.setdefault("direct", body.instructions)
    own = wishes.get("emotion", "neutral")
    delivery, _ = heeded(replace(performer.delivery, **{**wishes, "emotion": own}), performer.parts)
    if delivery.emotion == "neutral":
        delivery = replace(delivery, emotion=voice.manner)
    style = performer.styled(delivery.emotion, delivery.intensity)
    return replace(request_of(body.input, style, delivery), pacing=live()), delivery


async def _sse(pieces: AsyncIterator[bytes], characters: int) -> AsyncIterator[bytes]:
    async for piece in pieces:
        audio = base64.b64encode(piece).decode()
        yield _event({"type": "speech.audio.delta", "audio": audio})
    tokens = math.ceil(characters / 4)
    usage = {"input_tokens": tokens, "output_tokens": 0, "total_tokens": tokens}
    yield _event({"type": "speech.audio.done", "usage": usage})


def _event(data: dict[str, Any]) -> bytes:
    return f"data: {json.dumps(data)}\n\n".encode()
