"""Take the jitter out of a track without delaying it: every filter here is symmetric in time.

Legend: F frames at 25/s.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from scipy.ndimage import convolve1d, gaussian_filter1d

from omnitalker.base.types import FloatArray
from omnitalker.motion.made.gaze import set_gaze
from omnitalker.motion.names import EXPRESSION_SLICE, GAZE_SLICE, NAMES, POSE_SLICE

QUICK: Final = [
    index
    for index, name in enumerate(NAMES)
    if name.startswith(("jaw", "eyeBlink"))
    or (name.startswith("mouth") and not name.startswith(("mouthSmile", "mouthFrown")))
]
"""What articulates and blinks."""
_SHAPE_WINDOW = 5
_SHAPE_DEGREE = 2
"""A parabola through five frames: keeps the height of a blink or a closed /p/, drops what shakes between."""


def steady(values: FloatArray) -> FloatArray:
    """(F, 61) -> (F, 61): a model's raw output without its tremble, lips and lids as they are.

    A closure of two frames is speech, not noise.
    """
    out = smooth(values)
    out[:, QUICK] = values[:, QUICK].clip(0.0, 1.0)
    return out


def smooth(values: FloatArray, strength: float = 1.0) -> FloatArray:
    """(F, 61) -> (F, 61). strength 0 changes nothing, 2 is for noisy tracking.

    The head is smoothed most (it has mass), shapes less, gaze least (eyes really jump).
    """
    if strength <= 0.0 or len(values) < _SHAPE_WINDOW:
        return values.copy()
    out = values.astype(np.float64)
    shapes = out[:, EXPRESSION_SLICE]
    fitted = savitzky_golay(shapes, _SHAPE_WINDOW, _SHAPE_DEGREE)
    out[:, EXPRESSION_SLICE] = shapes + min(strength, 1.0) * (fitted - shapes)
    if strength > 1.0:
        out[:, EXPRESSION_SLICE] = _gaussian(out[:, EXPRESSION_SLICE], 0.5 * (strength - 1.0))
    out[:, POSE_SLICE] = _gaussian(out[:, POSE_SLICE], 1.2 * strength)
    set_gaze(out, _gaussian(out[:, GAZE_SLICE], 0.4 * strength))
    out[:, EXPRESSION_SLICE] = np.clip(out[:, EXPRESSION_SLICE], 0.0, 1.0)
    return out.astype(np.float32)


def savitzky_golay(columns: np.ndarray, window: int, degree: int) -> np.ndarray:
    """(F, C) -> (F, C): each value by the polynomial through `window` (odd) around it, F >= window.

    scipy.signal has it too, but loads all of scipy: a second.
    """
    half = window // 2
    place = np.arange(window, dtype=np.float64)
    powers = (half - place) ** np.arange(degree + 1)[:, None]
    weights = np.linalg.lstsq(powers, np.eye(degree + 1)[0], rcond=None)[0]
    fitted = convolve1d(columns, weights, axis=0, mode="constant")
    for rows, at in ((slice(0, window), place[:half]), (slice(-window, None), place[-half:])):
        curves = np.polyfit(place, columns[rows], degree)
        first = 0 if rows.start == 0 else len(columns) - half
        fitted[first : first + half] = np.polyval(curves, at[:, None])
    return np.asarray(fitted)


def _gaussian(columns: np.ndarray, frames: float) -> np.ndarray:
    """frames: the standard deviation. Ends are continued by point reflection, so they keep their slope."""
    reach = min(len(columns) - 1, int(4 * frames) + 1)
    head = 2 * columns[:1] - columns[reach:0:-1]
    tail = 2 * columns[-1:] - columns[-2 : -reach - 2 : -1]
    padded = np.concatenate([head, columns, tail])
    return np.asarray(gaussian_filter1d(padded, frames, axis=0)[reach : reach + len(columns)])
