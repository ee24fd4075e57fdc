"""Do the lips of the finished film go with the sound? A few of its frames, tracked again."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from omnitalker.base import timeline
from omnitalker.base.types import FloatArray, TimedPhoneme
from omnitalker.media.reader import read_frames_at
from omnitalker.motion.names import INDEX
from omnitalker.reference.landmarks import LandmarkFinder
from omnitalker.reference.lips import OPEN_VOWELS, lip_gap
from omnitalker.text.symbols import BILABIALS

LOOKED_AT = 3
"""Frames of closed and as many of open lips: about 30 ms each."""
LEADING_SECONDS = 0.12
"""Lips are there before the sound."""


class Moments(NamedTuple):
    """Video frames in which the lips should be..."""

    closed: tuple[int, ...]
    open: tuple[int, ...]


def moments(motion: FloatArray, phonemes: Sequence[TimedPhoneme]) -> Moments:
    """The tightest frame of some of m, b, p and the widest of some open vowels. motion: (F, 61)."""
    gap = motion[:, INDEX["jawOpen"]] - motion[:, INDEX["mouthClose"]]
    closed, wide = [], []
    for item in phonemes:
        first = max(0, int((item.start - LEADING_SECONDS) * timeline.VIDEO_FPS))
        stretch = gap[first : int(np.ceil(item.end * timeline.VIDEO_FPS))]
        if not len(stretch):
            continue
        if item.phoneme.symbol in BILABIALS:
            closed.append(first + int(stretch.argmin()))
        elif item.phoneme.symbol in OPEN_VOWELS:
            wide.append(first + int(stretch.argmax()))
    return Moments(_spread(closed), _spread(wide))


def seen_contrast(
    film: Path, when: Moments, finder: LandmarkFinder
) -> tuple[float | None, float | None]:
    """(contrast, share of frames with a face). Contrast 1: shut for m, b, p; 0: no difference to vowels."""
    places = sorted({*when.closed, *when.open})
    frames = dict(zip(places, read_frames_at(film, places), strict=False))
    gaps = {}
    for place, frame in frames.items():
        faces = finder.find(frame)
        if faces:
            gaps[place] = float(lip_gap(faces[0][None])[0])
    found = len(gaps) / len(frames) if frames else None
    closed = [gaps[place] for place in when.closed if place in gaps]
    wide = [gaps[place] for place in when.open if place in gaps]
    if not closed or not wide:
        return None, found
    return 1.0 - float(np.mean(closed)) / max(float(np.mean(wide)), 1e-6), found


def _spread(places: list[int]) -> tuple[int, ...]:
    """At most `LOOKED_AT` of them, from the beginning to the end."""
    if len(places) <= LOOKED_AT:
        return tuple(places)
    chosen = np.linspace(0, len(places) - 1, LOOKED_AT).round().astype(int)
    return tuple(places[index] for index in chosen)
