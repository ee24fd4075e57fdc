"""Openings of the face as smooth, anti-aliased masks."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np

from omnitalker.base.types import FloatArray

_SHIFT = 4


@lru_cache(maxsize=8)
def _spline(points: int, steps: int) -> FloatArray:
    """(steps (points - 1) + 1, points) Catmull-Rom weights along an open path."""
    rows = []
    for k in range(points - 1):
        for step in range(steps):
            t = step / steps
            weights = np.zeros(points)
            basis = (
                -0.5 * t**3 + t**2 - 0.5 * t,
                1.5 * t**3 - 2.5 * t**2 + 1,
                -1.5 * t**3 + 2 * t**2 + 0.5 * t,
                0.5 * t**3 - 0.5 * t**2,
            )
            for offset, weight in zip(range(-1, 3), basis, strict=True):
                weights[np.clip(k + offset, 0, points - 1)] += weight
            rows.append(weights)
    rows.append(np.eye(points)[-1])
    return np.array(rows, dtype=np.float32)


def smooth(path: FloatArray, steps: int = 6) -> FloatArray:
    """(P, 2) -> (steps (P - 1) + 1, 2) along a curve through all points."""
    return _spline(len(path), steps) @ path


def separate(upper: FloatArray, lower: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Edges that have met do not cross: where the upper one is below the lower one, both go to the middle."""
    axis = upper[-1] - upper[0]
    length = float(np.linalg.norm(axis))
    down = np.array([-axis[1], axis[0]], dtype=np.float32) / max(length, 1e-6)
    overlap = np.maximum(((upper - lower) @ down), 0)[:, None] * down * 0.5
    return upper - overlap, lower + overlap


def mask(
    upper: FloatArray, lower: FloatArray, box: tuple[int, int, int, int], softness: float
) -> FloatArray:
    """Coverage 0..1 of the opening between two smooth edges, within box (left, top, width, height).

    Filled polygons include their outline, so an opening less than a pixel high is faded out by hand.
    """
    left, top, width, height = box
    loop = np.concatenate([upper, lower[::-1]]) - np.array([left, top], dtype=np.float32)
    canvas = np.zeros((height, width), np.uint8)
    cv2.fillPoly(canvas, [np.rint(loop * (1 << _SHIFT)).astype(np.int32)], 255, cv2.LINE_AA, _SHIFT)
    gap = np.linalg.norm(lower - upper, axis=1)
    order = np.argsort(upper[:, 0])
    open_here = np.interp(np.arange(width) + left, upper[order, 0], gap[order])
    fade = np.clip((open_here - 0.6) / 1.5, 0, 1).astype(np.float32)
    coverage = canvas.astype(np.float32) * (fade * (1 / 255))
    return cv2.GaussianBlur(coverage, (0, 0), softness) if softness > 0 else coverage


def box_around(
    points: FloatArray, margin: float, size: tuple[int, int]
) -> tuple[int, int, int, int]:
    """Whole-pixel box (left, top, width, height) around points, within the picture; width may be 0."""
    low = np.floor(points.min(axis=0) - margin).astype(int).clip(0, size)
    high = np.ceil(points.max(axis=0) + margin).astype(int).clip(0, size)
    return int(low[0]), int(low[1]), int(high[0] - low[0]), int(high[1] - low[1])
