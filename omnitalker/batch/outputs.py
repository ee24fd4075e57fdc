"""A job becomes files: cast, generated, framed and written in the format it asks for."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import cv2
import numpy as np

from omnitalker.base import timeline
from omnitalker.base.errors import InputError
from omnitalker.base.types import AVChunk, FloatArray, Frame, MotionTrack, Renderer, TimedWord
from omnitalker.batch.backdrops import MovingBackdropRenderer
from omnitalker.batch.cache import PreparedStudio
from omnitalker.batch.jobs import SUBTITLES, Job
from omnitalker.generation.request import SpeakRequest
from omnitalker.generation.stream import stream
from omnitalker.media.gif import write_gif
from omnitalker.media.sound import write_wav
from omnitalker.media.subtitles import to_srt, to_vtt
from omnitalker.media.webm import WebmWriter
from omnitalker.media.writer import VideoWriter
from omnitalker.motion.track.export import export_csv
from omnitalker.rendering.backdrop import Backdrop, straight_alpha
from omnitalker.rendering.framing import CutoutRenderer, FramedRenderer
from omnitalker.studio.casting import backdrop_pictures, plain_backdrop

WITHOUT_PICTURE = ("wav", "csv")
TRANSPARENT = ("webm", "png")
GIF_SECONDS = 12.0
BACKDROP_SECONDS = 8.0
THUMBNAIL_SIDE = 96
SAMPLED_PICTURES = 3


@dataclass
class Made:
    """What came out, in the workshop, and what the checks and the report need to know of it."""

    path: Path
    companions: list[Path] = field(default_factory=list)
    startup_seconds: float = 0.0
    samples: FloatArray = field(default_factory=lambda: np.zeros(0, np.float32))
    motion: FloatArray = field(default_factory=lambda: np.zeros((0, 61), np.float32))
    words: tuple[TimedWord, ...] = ()
    pictures: list[Frame] = field(default_factory=list)
    """A few of the pictures: near the beginning, and every few seconds."""

    @property
    def seconds(self) -> float:
        return float(timeline.samples_to_seconds(len(self.samples)))


def make_output(studio: PreparedStudio, job: Job, folder: Path, renderer_kind: str) -> Made:
    """Make the job's files in `folder`."""
    started = time.perf_counter()
    made = Made(folder / ("pictures" if job.format == "png" else f"made.{job.format}"))
    request = SpeakRequest(
        text=job.text,
        style=studio.style(job),
        language=job.language,
        speed=job.speed,
        seed=job.seed,
    )
    renderer = None if job.format in WITHOUT_PICTURE else _renderer(studio, job, renderer_kind)
    made.startup_seconds = time.perf_counter() - started
    transparent = job.format in TRANSPARENT and renderer is not None
    chunks = _recorded(stream(studio.parts, request, None if transparent else renderer), made)
    _WRITERS[job.format](chunks, made, renderer)
    if job.subtitles:
        for suffix, text in zip(SUBTITLES, (to_srt, to_vtt), strict=True):
            made.companions.append(folder / f"subtitles{suffix}")
            made.companions[-1].write_text(text(made.words, job.text), encoding="utf-8")
    return made


def thumbnail(made: Made) -> bytes | None:
    """A small JPEG of the first picture kept."""
    if not made.pictures:
        return None
    picture = made.pictures[0]
    scale = THUMBNAIL_SIDE / max(picture.shape[:2])
    small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    done, encoded = cv2.imencode(".jpg", small[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 80])
    return encoded.tobytes() if done else None


def _renderer(studio: PreparedStudio, job: Job, kind: str) -> Renderer:
    plain = studio.renderer(job, kind)
    if job.format in TRANSPARENT:
        if not hasattr(plain, "person"):
            raise InputError(f"the {kind} renderer cannot cut out a person; use mp4 instead")
        return plain
    if job.framing == "1:1" and job.background is None:
        return plain
    if not hasattr(plain, "person"):
        raise InputError(f"the {kind} renderer has no framing; use framing 1:1, no background")
    return _framed(cast(CutoutRenderer, plain), job)


def _framed(plain: CutoutRenderer, job: Job) -> Renderer:
    background = job.background or "blur"
    backdrop = plain_backdrop(background)
    if backdrop is not None:
        return FramedRenderer(plain, job.framing, backdrop)
    pictures = backdrop_pictures(background, BACKDROP_SECONDS)
    if len(pictures) == 1:
        return FramedRenderer(plain, job.framing, Backdrop("image", image=pictures[0]))
    return MovingBackdropRenderer(plain, job.framing, pictures)


def _recorded(chunks: Iterator[AVChunk], made: Made) -> Iterator[AVChunk]:
    """Pass the chunks on and keep what comes after them needs."""
    samples: list[FloatArray] = []
    motion: list[FloatArray] = []
    words: list[TimedWord] = []
    for chunk in chunks:
        samples.append(chunk.samples)
        motion.append(chunk.motion)
        words.extend(chunk.words)
        if chunk.frames and len(made.pictures) < SAMPLED_PICTURES:
            made.pictures.append(chunk.frames[len(chunk.frames) // 2])
        yield chunk
    made.samples, made.motion = np.concatenate(samples), np.concatenate(motion)
    made.words = tuple(words)


def _write_mp4(chunks: Iterator[AVChunk], made: Made, renderer: Renderer | None) -> None:
    assert renderer is not None
    with VideoWriter(made.path, renderer.size) as writer:
        for chunk in chunks:
            writer.write(chunk)


def _write_webm(chunks: Iterator[AVChunk], made: Made, renderer: Renderer | None) -> None:
    assert renderer is not None
    with WebmWriter(made.path, renderer.size) as writer:
        for chunk in chunks:
            writer.write(_cut_out(chunk, made, renderer), chunk.samples)


def _write_pictures(chunks: Iterator[AVChunk], made: Made, renderer: Renderer | None) -> None:
    assert renderer is not None
    made.path.mkdir()
    count = 0
    for chunk in chunks:
        for picture in _cut_out(chunk, made, renderer):
            # imwrite is silent on a full disk
            _, encoded = cv2.imencode(".png", cv2.cvtColor(picture, cv2.COLOR_RGBA2BGRA))
            (made.path / f"{count:06}.png").write_bytes(encoded.tobytes())
            count += 1


def _cut_out(chunk: AVChunk, made: Made, renderer: Renderer) -> Iterator[Frame]:
    """(H, W, 4) straight RGBA of every frame."""
    for index, row in enumerate(chunk.motion):
        person = renderer.person(row)  # type: ignore[attr-defined]
        if index == len(chunk.motion) // 2 and len(made.pictures) < SAMPLED_PICTURES:
            made.pictures.append(person[..., :3] + (255 - person[..., 3:]))
        yield straight_alpha(person)


def _write_gif(chunks: Iterator[AVChunk], made: Made, _renderer: Renderer | None) -> None:
    limit = timeline.seconds_to_video_frames(GIF_SECONDS)
    frames: list[Frame] = []
    for chunk in chunks:
        frames.extend(chunk.frames[: limit - len(frames)])
    write_gif(made.path, frames)


def _write_wav(chunks: Iterator[AVChunk], made: Made, _renderer: Renderer | None) -> None:
    for _ in chunks:
        pass
    write_wav(made.path, made.samples)


def _write_csv(chunks: Iterator[AVChunk], made: Made, _renderer: Renderer | None) -> None:
    for _ in chunks:
        pass
    export_csv(MotionTrack(made.motion), made.path)


_WRITERS: dict[str, Callable[[Iterator[AVChunk], Made, Renderer | None], None]] = {
    "mp4": _write_mp4,
    "webm": _write_webm,
    "gif": _write_gif,
    "wav": _write_wav,
    "png": _write_pictures,
    "csv": _write_csv,
}
