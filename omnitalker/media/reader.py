"""Reads any clip, portrait or recording into a `ReferenceClip`: 25 frames/s upright RGB and 24 kHz mono."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TypeVar, cast

import av
import numpy as np

from omnitalker.base import timeline
from omnitalker.base.errors import InputError
from omnitalker.base.types import FloatArray, Frame, ReferenceClip

log = logging.getLogger(__name__)

MAX_SECONDS = 60.0
MAX_SIDE = 1280

Decoded = TypeVar("Decoded", av.VideoFrame, av.AudioFrame)
Picture = TypeVar("Picture")


def read_clip(
    path: str | Path,
    *,
    start: float = 0.0,
    max_seconds: float = MAX_SECONDS,
    max_side: int = MAX_SIDE,
) -> ReferenceClip:
    """Decode at most `max_seconds` from `start` on; pictures larger than `max_side` are made smaller.

    A still picture gives one frame and no sound; a sound file gives no frames. Corrupt streams give what
    could be decoded before the damage, and an `InputError` if that is nothing.
    """
    path = Path(path)
    _check_file(path)
    try:
        with av.open(str(path)) as container:
            has_video, has_audio = bool(container.streams.video), bool(container.streams.audio)
        if not (has_video or has_audio):
            raise InputError(f"{path.name} holds neither picture nor sound")
        within = (start, max_seconds, max_side)
        frames = tuple(read_frames(path, *within)) if has_video else ()
        samples = read_audio(path, max_seconds=start + max_seconds) if has_audio else _silence(0)
        samples = samples[timeline.seconds_to_samples(start) :]
    except (av.FFmpegError, OSError) as error:
        raise InputError(_unreadable(path, error)) from error
    if has_video and not frames and not len(samples):
        raise InputError(_unreadable(path, "no picture could be decoded"))
    if len(frames) > 1 and len(samples):
        samples = _fit(samples, timeline.video_frames_to_samples(len(frames)))
    return ReferenceClip(samples=samples, frames=frames, name=path.stem)


def read_audio(path: str | Path, *, max_seconds: float = MAX_SECONDS) -> FloatArray:
    """(N,) float32 at 24 kHz mono, aligned with the container's time 0."""
    path = Path(path)
    _check_file(path)
    limit = timeline.seconds_to_samples(max_seconds)
    resampler = av.AudioResampler(format="flt", layout="mono", rate=timeline.SAMPLE_RATE)
    pieces: list[FloatArray] = []
    try:
        with av.open(str(path)) as container:
            if not container.streams.audio:
                raise InputError(f"{path.name} has no sound track")
            stream = container.streams.audio[0]
            for frame in _decoded(container.decode(stream), path):
                if not pieces and frame.time and frame.time > 0:
                    pieces.append(_silence(timeline.seconds_to_samples(min(frame.time, 5.0))))
                pieces += _mono(resampler.resample(frame))
                if sum(map(len, pieces)) >= limit:
                    break
            pieces += _mono(resampler.resample(None))
    except (av.FFmpegError, OSError) as error:
        raise InputError(_unreadable(path, error)) from error
    samples = np.concatenate(pieces) if pieces else _silence(0)
    return np.nan_to_num(samples[:limit]).astype(np.float32)


def read_frames_at(
    path: str | Path, places: Sequence[int], max_side: int = MAX_SIDE
) -> list[Frame]:
    """The pictures at these places (counted from 0, in order) of a film, upright; fewer where it is shorter."""
    path = Path(path)
    wanted = set(places)
    last = max(wanted, default=-1)
    found: list[Frame] = []
    try:
        with av.open(str(path)) as container:
            pictures = _decoded(container.decode(video=0), path) if wanted else ()
            for index, frame in enumerate(pictures):
                if index in wanted:
                    found.append(_shown(frame, max_side))
                if index >= last:
                    break
    except (av.FFmpegError, OSError) as error:
        raise InputError(_unreadable(path, error)) from error
    return found


def read_frames(
    path: str | Path,
    start: float = 0.0,
    max_seconds: float = MAX_SECONDS,
    max_side: int = MAX_SIDE,
) -> Iterator[Frame]:
    """The pictures of a film one after the other, 25 to the second, upright, without keeping them."""
    path = Path(path)
    first = timeline.seconds_to_video_frames(start)
    last = first + timeline.seconds_to_video_frames(max_seconds)
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        timed = _timed(_decoded(container.decode(stream), path))
        for frame in islice(_at_video_rate(timed), first, last):
            yield _shown(frame, max_side)


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


def _decoded(frames: Iterable[Decoded], path: Path) -> Iterator[Decoded]:
    """The frames up to the first damage."""
    count = 0
    try:
        for frame in frames:
            count += 1
            yield frame
    except av.FFmpegError as error:
        if count == 0:
            raise
        log.warning("%s is damaged after %d frames: %s", path.name, count, error)


def _mono(frames: list[av.AudioFrame]) -> list[FloatArray]:
    return [cast(FloatArray, frame.to_ndarray().reshape(-1)) for frame in frames]


def _check_file(path: Path) -> None:
    if not path.exists():
        raise InputError(f"no such file: {path}")
    if path.is_dir():
        raise InputError(f"{path} is a folder; give one clip, portrait or recording")
    if path.stat().st_size == 0:
        raise InputError(f"{path.name} is empty (0 bytes)")


def _unreadable(path: Path, reason: object) -> str:
    words = getattr(reason, "strerror", None) or reason
    return (
        f"cannot read {path.name}: {words}. Give a video (mp4, mov, webm), a picture (png, jpg) "
        "or a recording (wav, mp3)"
    )


def _fit(samples: FloatArray, length: int) -> FloatArray:
    padded = np.pad(samples, (0, max(0, length - len(samples))))
    return padded[:length]


def _silence(length: int) -> FloatArray:
    return np.zeros(max(0, math.ceil(length)), dtype=np.float32)
