"""A clip as a sequence: where scenes change, how gaps are bridged, how noise is smoothed without lag."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import cv2
import numpy as np
import numpy.typing as npt

from omnitalker.base.types import FloatArray, Frame
from omnitalker.motion.track.smoothing import savitzky_golay

BoolArray = npt.NDArray[np.bool_]


def scene_cuts(frames: Sequence[Frame]) -> tuple[int, ...]:
    """First frames of new scenes: the picture changes at once, far more than it moves otherwise."""
    if len(frames) < 3:
        return ()
    small = [cv2.resize(frame, (24, 24), interpolation=cv2.INTER_AREA) for frame in frames]
    thumbs = np.stack(small).astype(np.float32)
    change = np.abs(np.diff(thumbs, axis=0)).mean((1, 2, 3))
    usual = np.median(change)
    return tuple(int(i) + 1 for i in np.nonzero(change > max(22.0, 6 * usual))[0])


def stretches(count: int, cuts: tuple[int, ...]) -> list[slice]:
    """The scenes of a clip of `count` frames."""
    edges = [0, *cuts, count]
    return [slice(a, b) for a, b in pairwise(edges) if b > a]


def bridge(points: FloatArray, found: BoolArray, cuts: tuple[int, ...]) -> FloatArray:
    """Fill unseen frames: linearly between seen ones, held at the ends of a scene. (F, ...) in and out."""
    filled = points.copy()
    flat = filled.reshape(len(points), -1)
    for scene in stretches(len(points), cuts):
        seen = np.nonzero(found[scene])[0] + scene.start
        if not len(seen):
            seen = np.nonzero(found)[0]
            seen = seen[[np.abs(seen - scene.start).argmin()]]
        missing = np.setdiff1d(np.arange(scene.start, scene.stop), seen)
        after = np.searchsorted(seen, missing).clip(0, len(seen) - 1)
        before = np.maximum(after - (seen[after] > missing), 0)
        span = np.maximum(seen[after] - seen[before], 1)
        share = ((missing - seen[before]) / span).clip(0, 1)[:, None]
        flat[missing] = (1 - share) * flat[seen[before]] + share * flat[seen[after]]
    return flat.reshape(points.shape)


def smooth(
    values: FloatArray, cuts: tuple[int, ...], window: int = 5, order: int = 2
) -> FloatArray:
    """Savitzky-Golay over time, scene by scene: no lag, short peaks such as blinks keep their height."""
    result = values.copy()
    for scene in stretches(len(values), cuts):
        length = scene.stop - scene.start
        size = min(window, length - 1 + length % 2)
        if size > order:
            columns = values[scene].reshape(length, -1)
            result[scene] = savitzky_golay(columns, size, order).reshape(values[scene].shape)
    return result


def longest_gap(found: BoolArray) -> int:
    """The most frames in a row without a face."""
    longest = current = 0
    for seen in found:
        current = 0 if seen else current + 1
        longest = max(longest, current)
    return longest
