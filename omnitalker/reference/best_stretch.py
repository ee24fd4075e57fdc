"""The best stretch of a long film, found at a glance, so that only that is kept in memory and tracked."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from omnitalker.base import timeline
from omnitalker.base.types import ReferenceClip
from omnitalker.media.probe import probe
from omnitalker.media.reader import read_audio, read_clip, read_frames
from omnitalker.reference.clip import BEST_SECONDS, best_window, words_of_choice
from omnitalker.reference.landmarks import can_locate, locate_faces
from omnitalker.reference.sequence import BoolArray, scene_cuts

GLANCE_SIDE = 192
"""Pixels of the longer side: what face detectors make of any picture."""
EVERY = 8
"""One of so many pictures is searched for a face; the others count as like it."""


def read_best(path: str | Path, seconds: float = BEST_SECONDS) -> tuple[ReferenceClip, list[str]]:
    """A clip, portrait or recording; of a film longer than `seconds` the best stretch, and words about that."""
    path = Path(path)
    start = read_clip(path, max_seconds=1.0)
    if len(start.frames) < timeline.VIDEO_FPS:
        return read_clip(path), []
    tracks = probe(path)
    if (tracks.video or 0.0) <= seconds:
        return read_clip(path), []
    found, cuts = _glance(path)
    most = timeline.seconds_to_video_frames(seconds)
    samples = read_audio(path) if tracks.audio else start.samples
    first, last = best_window(samples, len(found), most, found, cuts)
    clip = read_clip(
        path,
        start=float(timeline.video_frames_to_seconds(first)),
        max_seconds=float(timeline.video_frames_to_seconds(last - first)),
    )
    return clip, [words_of_choice(clip.name, first, last, len(found))]


def _glance(path: Path) -> tuple[BoolArray, tuple[int, ...]]:
    """(F,) whether a face is in sight, and where scenes begin."""
    small = list(read_frames(path, max_side=GLANCE_SIDE))
    if not can_locate():
        return np.ones(len(small), bool), scene_cuts(small)
    seen = [len(boxes) > 0 for boxes in locate_faces(small[::EVERY])]
    return np.repeat(seen, EVERY)[: len(small)], scene_cuts(small)
