"""Blinks: when they come, what they look like, and finding them in a track.

Legend: F frames at 25/s, E blinks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from omnitalker.base import timeline
from omnitalker.base.types import FloatArray
from omnitalker.motion.curves import Curve, plateaus, time_since, union
from omnitalker.motion.names import INDEX

_INTERVAL_SHAPE = 7.0
"""Of the gamma law of the intervals: skewed as in life, but regular enough to be heard in 8 s of prompt."""
_CLOSED_SECONDS = 0.045
"""More than a frame, so that every blink has a frame in which the eye is shut."""


def draw_blinks(
    rng: np.random.Generator,
    seconds: float,
    per_minute: float,
    attractors: Sequence[float] = (),
    reach: float = 0.45,
) -> Curve:
    """(E,) onset times. A blink within `reach` s of an attractor (a phrase end) often moves onto it."""
    interval = 60.0 / per_minute
    onsets: list[float] = []
    now = -rng.uniform(0.0, 1.0) * interval
    while True:
        now += max(0.35, rng.gamma(_INTERVAL_SHAPE, interval / _INTERVAL_SHAPE))
        if now > seconds - 0.3:
            return np.array(onsets)
        if now < 0.0:
            continue
        onset = now
        near = [point for point in attractors if abs(point - now) < reach]
        if near and rng.random() < 0.7:
            onset = min(near, key=lambda point: abs(point - now)) + rng.uniform(-0.04, 0.08)
        if onset >= 0.0 and (not onsets or onset - onsets[-1] > 0.35):
            onsets.append(float(onset))


def blink_curve(
    times: Curve, onsets: Curve, rng: np.random.Generator, period: float | None = None
) -> Curve:
    """(F,) lid closure 0..1. Closing takes about 70 ms, opening half as long again or twice as long."""
    count = len(onsets)
    if count == 0:
        return np.zeros(len(times))
    closing = rng.uniform(0.055, 0.085, count)
    opening = rng.uniform(0.09, 0.15, count)
    hold = np.full(count, _CLOSED_SECONDS)
    return union(plateaus(time_since(times, onsets, period), closing, hold, opening))


@dataclass(frozen=True)
class Blink:
    """`peak` is the frame in which the lids are most closed; frames `start:end` are the whole blink."""

    start: int
    peak: int
    end: int
    strength: float


def detect_blinks(values: FloatArray, rise: float = 0.3) -> list[Blink]:
    """Blinks in (F, 61): lids that close by at least `rise` and open again within half a second.

    Each peak is judged against the lowest lid position within half a second on either side, so narrow eyes,
    a downward look and slow drift of the lids are not blinks.
    """
    lids = (values[:, INDEX["eyeBlinkLeft"]] + values[:, INDEX["eyeBlinkRight"]]) / 2
    reach = timeline.VIDEO_FPS // 2
    blinks: list[Blink] = []
    for peak in range(1, len(lids) - 1):
        if not (lids[peak] > lids[peak - 1] and lids[peak] >= lids[peak + 1]):
            continue
        before = lids[max(0, peak - reach) : peak + 1]
        after = lids[peak : peak + reach + 1]
        height = float(lids[peak] - max(before.min(), after.min()))
        if height < rise:
            continue
        half = lids[peak] - height / 2
        start, end = peak, peak
        while start > 0 and lids[start - 1] > half and peak - start < reach:
            start -= 1
        while end < len(lids) - 1 and lids[end + 1] > half and end - peak < reach:
            end += 1
        if blinks and start <= blinks[-1].end:
            if height > blinks[-1].strength:
                blinks[-1] = Blink(blinks[-1].start, peak, end + 1, height)
            continue
        blinks.append(Blink(start, peak, end + 1, height))
    return blinks
