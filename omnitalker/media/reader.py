"""Reads any clip, portrait or recording into a `ReferenceClip`: 25 frames/s upright RGB and 24 kHz mono.

Everything comes through the gate (`intake`) and is decoded in a sandbox.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np

from omnitalker.base import timeline
from omnitalker.base.errors import InputError
from omnitalker.base.types import FloatArray, Frame, ReferenceClip
from omnitalker.media import sandbox
from omnitalker.media.decode import Again, Job, Note, Record
from omnitalker.media.intake import sniff, unreadable

log = logging.getLogger(__name__)

MAX_SECONDS = 60.0
MAX_SIDE = 1280


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
    job = _job(path, "clip", start=start, max_seconds=max_seconds, max_side=max_side)
    frames: list[Frame] = []
    pieces: list[FloatArray] = []
    has: dict[str, bool] = {}
    for record in _records(job):
        if isinstance(record, dict):
            has = record
        elif isinstance(record, np.ndarray) and record.ndim == 3:
            frames.append(record)
        elif isinstance(record, np.ndarray):
            pieces.append(record)
        elif frames:
            frames.append(frames[-1])
    samples = _joined(pieces, start + max_seconds)[timeline.seconds_to_samples(start) :]
    if has.get("video") and not frames and not len(samples):
        raise InputError(unreadable(path.name, "no picture could be decoded"))
    if len(frames) > 1 and len(samples):
        samples = _fit(samples, timeline.video_frames_to_samples(len(frames)))
    return ReferenceClip(samples=samples, frames=tuple(frames), name=path.stem)


def read_audio(path: str | Path, *, max_seconds: float = MAX_SECONDS) -> FloatArray:
    """(N,) float32 at 24 kHz mono, aligned with the container's time 0."""
    job = _job(Path(path), "sound", max_seconds=max_seconds)
    pieces = [record for record in _records(job) if isinstance(record, np.ndarray)]
    return _joined(pieces, max_seconds)


def read_frames_at(
    path: str | Path, places: Sequence[int], max_side: int = MAX_SIDE
) -> list[Frame]:
    """The pictures at these places (counted from 0, in order) of a film, upright; fewer where it is shorter."""
    job = _job(Path(path), "places", places=sorted(set(places)), max_side=max_side)
    return [record for record in _records(job) if isinstance(record, np.ndarray)]


def read_frames(
    path: str | Path,
    start: float = 0.0,
    max_seconds: float = MAX_SECONDS,
    max_side: int = MAX_SIDE,
) -> Iterator[Frame]:
    """The pictures of a film one after the other, 25 to the second, upright, without keeping them."""
    job = _job(Path(path), "pictures", start=start, max_seconds=max_seconds, max_side=max_side)
    shown: Frame | None = None
    with closing(_records(job)) as records:  # type: ignore[type-var]
        for record in records:
            if isinstance(record, np.ndarray):
                shown = record
            if shown is not None:
                yield shown


def _job(path: Path, what: Any, **wish: Any) -> Job:
    kind = sniff(path)
    return Job(str(path.resolve()), path.name, kind.demuxer, kind.is_still, what, **wish)


def _records(job: Job) -> Iterator[Record | Again]:
    """Without the notes, which go to the log."""
    for record in sandbox.run(job):
        if isinstance(record, Note):
            log.warning("%s", record.text)
        else:
            yield record


def _joined(pieces: list[FloatArray], max_seconds: float) -> FloatArray:
    samples = np.concatenate(pieces) if pieces else np.zeros(0, np.float32)
    return samples[: math.ceil(timeline.seconds_to_samples(max_seconds))]


def _fit(samples: FloatArray, length: int) -> FloatArray:
    padded = np.pad(samples, (0, max(0, length - len(samples))))
    return padded[:length]
