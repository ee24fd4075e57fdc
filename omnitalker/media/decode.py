"""Decodes a file into records: 25 upright RGB pictures a second, 24 kHz mono. Runs in the sandbox, on files of strangers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Literal, TypeVar, cast

import av
import numpy as np
import numpy.typing as npt

from omnitalker.base import timeline
from omnitalker.base.errors import InputError
from omnitalker.base.types import FloatArray, Frame
from omnitalker.media.intake import DECODERS, LIMITS, check_pixels, unreadable

Decoded = TypeVar("Decoded", av.VideoFrame, av.AudioFrame)
Picture = TypeVar("Picture")


@dataclass(frozen=True)
class Job:
    """What is wanted of which file."""

    path: str
    name: str
    demuxer: str
    is_still: bool
    what: Literal["clip", "pictures", "places", "sound", "lengths"]
    start: float = 0.0
    max_seconds: float = 60.0
    max_side: int = 1280
    places: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class Again:
    """The picture before is on show for another 40 ms."""


@dataclass(frozen=True)
class Note:
    """Something worth a line in the log."""

    text: str


Record = npt.NDArray[Any] | Again | Note | dict[str, Any]
"""A picture (H, W, 3) uint8, sound (N,) float32, or what is said about them."""


def records(job: Job) -> Iterator[Record]:
    """All of a job, in order. Raises `InputError` in words where nothing can be read."""
    try:
        if job.what == "lengths":
            yield {kind: _length(job, kind) for kind in ("video", "audio")}
        elif job.what == "sound":
            yield from _sound(job, job.max_seconds)
        elif job.what == "places":
            yield from _pictures_at(job)
        elif job.what == "pictures":
            yield from _pictures(job)
        else:
            yield from _clip(job)
    except (av.FFmpegError, OSError) as error:
        raise InputError(unreadable(job.name, error)) from error
    except MemoryError as error:
        raise InputError(unreadable(job.name, "decoding it takes too much memory")) from error


def _open(job: Job) -> av.container.InputContainer:
    """By the one demuxer, of the one file, with the decoders that are allowed."""
    options = {
        "format_whitelist": job.demuxer,
        "protocol_whitelist": "file",
        "codec_whitelist": ",".join(DECODERS),
    }
    return av.open(job.path, format=job.demuxer, options=options)


def _stream(container: av.container.InputContainer, kind: str, job: Job) -> Any:
    """The first of a kind that may be decoded, or None."""
    for stream in container.streams:
        context = stream.codec_context
        if stream.type != kind or context is None:
            continue
        if context.name not in DECODERS:
            raise InputError(unreadable(job.name, f"its codec is {context.name}"))
        if isinstance(stream, av.VideoStream):
            most = LIMITS.still_pixels if job.is_still else LIMITS.film_pixels
            check_pixels(job.name, stream.width, stream.height, most)
        return stream
    return None


def _clip(job: Job) -> Iterator[Record]:
    with _open(job) as container:
        has = {kind: _stream(container, kind, job) is not None for kind in ("video", "audio")}
    if not any(has.values()):
        raise InputError(f"{job.name} holds neither picture nor sound")
    yield has
    if has["video"]:
        yield from _pictures(job)
    if has["audio"]:
        yield from _sound(job, job.start + job.max_seconds)


def _sound(job: Job, max_seconds: float) -> Iterator[Record]:
    """(n,) pieces from the container's time 0 on."""
    left = timeline.seconds_to_samples(max_seconds)
    resampler = av.AudioResampler(format="flt", layout="mono", rate=timeline.SAMPLE_RATE)
    with _open(job) as container:
        stream = _stream(container, "audio", job)
        if stream is None:
            raise InputError(f"{job.name} has no sound track")
        notes: list[Note] = []
        for piece in _resampled(_decoded(container.decode(stream), job, notes), resampler):
            yield np.nan_to_num(piece[:left]).astype(np.float32)
            left -= len(piece)
            if left <= 0:
                break
        yield from notes


def _resampled(
    frames: Iterable[av.AudioFrame], resampler: av.AudioResampler
) -> Iterator[FloatArray]:
    is_first = True
    for frame in frames:
        if is_first and frame.time and frame.time > 0:
            yield np.zeros(timeline.seconds_to_samples(min(frame.time, 5.0)), np.float32)
        is_first = False
        yield from _mono(resampler.resample(frame))
    yield from _mono(resampler.resample(None))


def _mono(frames: list[av.AudioFrame]) -> list[FloatArray]:
    return [cast(FloatArray, frame.to_ndarray().reshape(-1)) for frame in frames]


def _pictures_at(job: Job) -> Iterator[Record]:
    wanted, last = set(job.places), max(job.places, default=-1)
    notes: list[Note] = []
    with _open(job) as container:
        stream = _stream(container, "video", job)
        if stream is None:
            return
        for index, frame in enumerate(_decoded(container.decode(stream), job, notes)):
            if index in wanted:
                yield _shown(frame, job.max_side)
            if index >= last:
                break
    yield from notes


def _pictures(job: Job) -> Iterator[Record]:
    """The pictures from `start` on, 25 to the second; those that stay on show are not sent twice."""
    first = timeline.seconds_to_video_frames(job.start)
    last = first + timeline.seconds_to_video_frames(job.max_seconds)
    before: av.VideoFrame | None = None
    kept = 0
    notes: list[Note] = []
    with _open(job) as container:
        stream = _stream(container, "video", job)
        if stream is None:
            return
        stream.thread_type = "AUTO"
        decoded = _decoded(container.decode(stream), job, notes)
        for frame in islice(_at_video_rate(_timed(decoded)), first, last):
            if frame is before:
                yield Again()
                continue
            before = frame
            picture = _shown(frame, job.max_side)
            kept += picture.nbytes
            if job.what == "clip" and kept > LIMITS.picture_bytes:
                yield Note(f"of {job.name} only the beginning is read: its pictures take too much")
                break
            yield picture
            if job.is_still:
                break
    yield from notes


def _timed(decoded: Iterable[av.VideoFrame]) -> Iterator[tuple[float, av.VideoFrame]]:
    """Each with the seconds since the first one."""
    first: float | None = None
    for index, frame in enumerate(decoded):
        time = frame.time if frame.time is not None else index / timeline.VIDEO_FPS
        first = time if first is None else first
        yield time - first, frame


def _shown(frame: av.VideoFrame, max_side: int) -> Frame:
    """Upright RGB no larger than `max_side`."""
    scale = min(1.0, max_side / max(frame.width, frame.height))
    size = (max(2, round(frame.width * scale)), max(2, round(frame.height * scale)))
    return _upright(_rgb_on_white(frame, *size), frame.rotation)


def _at_video_rate(timed: Iterator[tuple[float, Picture]]) -> Iterator[Picture]:
    """Resample in time to 25 frames/s by taking the picture on show at the middle of each interval."""
    current: Picture | None = None
    wanted = 0
    start = 0.0
    for start, frame in timed:
        while current is not None and (wanted + 0.5) / timeline.VIDEO_FPS <= start:
            yield current
            wanted += 1
        current = frame
    if current is None:
        return
    yield current
    last_shown = start + 0.5 / timeline.VIDEO_FPS
    while (wanted + 1.5) / timeline.VIDEO_FPS <= last_shown:
        wanted += 1
        yield current


def _rgb_on_white(frame: av.VideoFrame, width: int, height: int) -> Frame:
    if frame.format.name not in ("rgba", "bgra", "argb", "abgr", "ya8", "pal8", "yuva420p"):
        return cast(Frame, frame.to_ndarray(format="rgb24", width=width, height=height))
    pixels = frame.to_ndarray(format="rgba", width=width, height=height).astype(np.float32)
    alpha = pixels[..., 3:] / 255.0
    return np.rint(pixels[..., :3] * alpha + 255.0 * (1.0 - alpha)).astype(np.uint8)


def _upright(picture: Frame, rotation: int) -> Frame:
    """Undo the rotation that a phone notes instead of turning the pixels (degrees, counter-clockwise)."""
    return np.ascontiguousarray(np.rot90(picture, k=round(rotation / 90) % 4))


def _decoded(frames: Iterable[Decoded], job: Job, notes: list[Note]) -> Iterator[Decoded]:
    """The frames up to the first damage."""
    count = 0
    try:
        for frame in frames:
            count += 1
            yield frame
    except av.FFmpegError as error:
        if count == 0:
            raise
        notes.append(Note(f"{job.name} is damaged after {count} frames: {error}"))


def _length(job: Job, kind: str) -> tuple[float, int] | None:
    """(Seconds, packets) of the first stream of a kind, from its packets; nothing is decoded."""
    with _open(job) as container:
        stream = next((stream for stream in container.streams if stream.type == kind), None)
        if stream is None:
            return None
        first: int | None = None
        end, count, untimed = 0, 0, 0
        for packet in container.demux(stream):
            if packet.pts is None:
                untimed += packet.size > 0
                continue
            first = packet.pts if first is None else min(first, packet.pts)
            end = max(end, packet.pts + (packet.duration or 0))
            count += 1
        base = stream.time_base
        if count == 0 and kind == "video":
            return untimed / timeline.VIDEO_FPS, untimed
        return (float((end - (first or 0)) * base) if base is not None else 0.0), count
