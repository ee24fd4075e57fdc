"""An order becomes its files: cast, spoken, drawn, and written in the format it asks for."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from omnitalker.base.types import AVChunk, Renderer, RenderMemory, StylePrompt
from omnitalker.generation.parts import Parts
from omnitalker.generation.request import SpeakRequest
from omnitalker.generation.stream import render_chunk, stream
from omnitalker.studio.casting import Cast, Casting
from omnitalker.studio.directed import directed_clauses, heeded_order
from omnitalker.studio.order import Delivery, Order
from omnitalker.studio.recording import OnProgress, Recording
from omnitalker.studio.writers import WRITERS, suffix_of


@dataclass(frozen=True)
class Made:
    """What came out, of an order or a whole scene."""

    files: tuple[Path, ...]
    """The first is the one that was ordered."""
    recording: Recording
    notes: tuple[str, ...]
    startup_seconds: float
    """Until speech began to be made."""
    wall_seconds: float
    first_chunk_seconds: float

    @property
    def seconds(self) -> float:
        return self.recording.seconds

    @property
    def real_time_factor(self) -> float:
        return self.wall_seconds / self.seconds


def produce(
    studio: Casting, order: Order, output: str | Path, on_progress: OnProgress | None = None
) -> Made:
    """Make the files; they appear under their names only when they are whole.

    The name's suffix becomes that of the order's format; what is made beside has the same name.
    """
    started = time.perf_counter()
    kind = order.outputs.format
    writer, path = WRITERS[kind], Path(output).with_suffix(suffix_of(kind))
    order, notes = heeded_order(order, studio.parts)
    cast = studio.resolve(order)
    renderer = None
    if writer.draws:
        renderer = studio.renderer(order.look, cast.face, cut_out=writer.sees == "cut-out")
    chunks = chunks_of(studio, order, cast, renderer)
    began = time.perf_counter()
    size = None if renderer is None else renderer.size
    recording = Recording(order.words, size, chunks, on_progress)
    writer.write(path, recording, order.outputs.subtitles)
    companions = []
    for other in order.outputs.beside:
        companions.append(path.with_suffix(suffix_of(other)))
        WRITERS[other].write(companions[-1], recording, False)
    own = [path.with_suffix(suffix) for suffix in writer.companions]
    return Made(
        files=(path, *own, *companions),
        recording=recording,
        notes=(*notes, *cast.notes, *getattr(renderer, "notes", ())),
        startup_seconds=began - started,
        wall_seconds=time.perf_counter() - started,
        first_chunk_seconds=(recording.first_chunk_at or began) - started,
    )


def chunks_of(
    studio: Casting, order: Order, cast: Cast, renderer: Renderer | None = None
) -> Iterator[AVChunk]:
    """What a heeded order makes, piece by piece."""
    parts, delivery = fitted(studio.parts, order.delivery), order.delivery
    if order.sound is not None:
        return moved_to(parts, order, cast.style, renderer)
    if renderer is None and order.outputs.is_sound_alone:
        parts = parts.for_sound_alone()
    request = request_of(order.words, cast.style, delivery)
    find_style = studio.finder(order.voice, cast.face)
    return stream(parts, request, renderer, directed_clauses(request, delivery, find_style, parts))


def moved_to(
    parts: Parts, order: Order, style: StylePrompt, renderer: Renderer | None
) -> Iterator[AVChunk]:
    """The face for a given sound; a text is what is said in it."""
    assert order.sound is not None
    from omnitalker.generation.from_sound import MOST_SECONDS, SoundRequest, stream_sound
    from omnitalker.media.reader import read_audio

    samples = read_audio(order.sound, max_seconds=MOST_SECONDS + 1)
    text = None
    if order.words:
        text = parts.frontend.prepare(order.words, order.delivery.language)
    request = SoundRequest(
        samples=samples,
        style=style,
        text=text,
        expressiveness=order.delivery.expressiveness,
        head_motion=order.delivery.head_motion,
        seed=order.delivery.seed,
    )
    memory = RenderMemory()
    for chunk in stream_sound(parts, request):
        yield render_chunk(chunk, renderer, memory) if renderer else chunk


def fitted(parts: Parts, delivery: Delivery) -> Parts:
    """With the user's pronunciations and network steps."""
    if delivery.lexicon is not None:
        parts = parts.with_lexicon(delivery.lexicon)
    if delivery.steps is not None:
        parts = replace(parts, sampling=replace(parts.sampling, steps=delivery.steps))
    return parts


def request_of(text: str, style: StylePrompt, delivery: Delivery) -> SpeakRequest:
    """What generation is asked for."""
    return SpeakRequest(
        text=text,
        style=style,
        language=delivery.language,  # type: ignore[arg-type]
        speed=delivery.speed,
        pauses=delivery.pauses,
        seconds=delivery.seconds,
        expressiveness=delivery.expressiveness,
        head_motion=delivery.head_motion,
        pitch=delivery.pitch,
        pitch_range=delivery.pitch_range,
        energy=delivery.energy,
        loudness=delivery.loudness or None,
        seed=delivery.seed,
    )
