"""A stream in pieces that play well: a short one first, longer ones after it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from omnitalker.base import timeline
from omnitalker.base.types import AVChunk

FIRST_PIECE_FRAMES = 16
LATER_PIECE_FRAMES = 32


def pieces(chunks: Iterator[AVChunk]) -> Iterator[AVChunk]:
    """Chunks joined and cut to those lengths; the last is what is left."""
    wanted = FIRST_PIECE_FRAMES
    waiting: list[AVChunk] = []
    for chunk in chunks:
        waiting.append(chunk)
        while sum(len(c.motion) for c in waiting) >= wanted:
            piece, rest = _cut(_joined(waiting), wanted)
            waiting = [rest] if len(rest.motion) else []
            wanted = LATER_PIECE_FRAMES
            yield piece
    if waiting:
        yield _joined(waiting)


def _joined(chunks: list[AVChunk]) -> AVChunk:
    return AVChunk(
        index=chunks[0].index,
        start=chunks[0].start,
        samples=np.concatenate([chunk.samples for chunk in chunks]),
        motion=np.concatenate([chunk.motion for chunk in chunks]),
        frames=tuple(frame for chunk in chunks for frame in chunk.frames),
        words=tuple(word for chunk in chunks for word in chunk.words),
    )


def _cut(chunk: AVChunk, frames: int) -> tuple[AVChunk, AVChunk]:
    at = timeline.video_frames_to_samples(frames)
    parts = (slice(None, frames), slice(None, at)), (slice(frames, None), slice(at, None))
    first, rest = (
        AVChunk(chunk.index, chunk.start, chunk.samples[s], chunk.motion[f], chunk.frames[f])
        for f, s in parts
    )
    return AVChunk(
        first.index, first.start, first.samples, first.motion, first.frames, chunk.words
    ), rest
