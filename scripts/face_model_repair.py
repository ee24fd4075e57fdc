"""Make carried-over shapes fit to warp pictures with: lips that seal, lids that close, triangles that never flip.

478 points are coarser than the head they come from. Where the surface rolls in (lips, nostrils) a triangle can
turn over as seen from the front; there the displacement is evened out with that of its neighbours.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from omnitalker.motion.face import regions
from omnitalker.motion.names import INDEX

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

UPPER, LOWER = np.array(regions.INNER_LIP_UPPER), np.array(regions.INNER_LIP_LOWER)
THINNEST = 0.12
"""A triangle seen from the front may shrink to this part of its neutral area, not beyond."""
SMALLEST = 0.006
"""Twice the area that every triangle of the neutral has at least, cm2."""
ROUNDS = 3000


def front_area(points: Array, triangles: Ints) -> Array:
    """Twice the signed area of every triangle as seen from the front, (T,)."""
    a, b, c = (points[triangles[:, i], :2] for i in range(3))
    return (b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0]


def both_ways(triangles: Ints, mirror: Ints) -> Ints:
    """The triangles and their mirror images: what keeps both unfolded stays symmetrical."""
    return np.concatenate([triangles, mirror[triangles][:, ::-1]])


def spread(points: Array, triangles: Ints, least: Array, pairs: tuple[Ints, Ints] | None) -> Array:
    """Move points sideways, as little as it takes, until every triangle has `least` area from the front.

    Each triangle that is too thin pushes its corners along the gradient of its area. `pairs` stay together, and
    the lips never pass through each other.
    """
    points = points.copy()
    for _ in range(ROUNDS):
        over = np.maximum(points[LOWER, 1] - points[UPPER, 1], 0)
        points[UPPER, 1] += 0.5 * over
        points[LOWER, 1] -= 0.5 * over
        lack = least - front_area(points, triangles)
        thin = lack > 0
        if not thin.any():
            return points
        corner = points[triangles[thin], :2]
        facing = np.roll(corner, -1, axis=1) - np.roll(corner, 1, axis=1)
        push = np.stack([-facing[..., 1], facing[..., 0]], 2)
        push *= -((1.05 * lack[thin] + 1e-6) / (push**2).sum((1, 2)))[:, None, None]
        moved, count = np.zeros_like(points[:, :2]), np.zeros(len(points))
        np.add.at(moved, triangles[thin], push)
        np.add.at(count, triangles[thin], 1)
        points[:, :2] += moved / np.maximum(count, 1)[:, None]
        if pairs is not None:
            points[pairs[0]] = points[pairs[1]] = 0.5 * (points[pairs[0]] + points[pairs[1]])
    raise SystemExit(f"{np.count_nonzero(thin)} triangles stay folded")


def close_lips(neutral: Array) -> Array:
    """The neutral with its inner lip edges touching; the rest of the lips follows half and half."""
    points = neutral.copy()
    gap = points[UPPER] - points[LOWER]
    points[UPPER] -= 0.5 * gap
    points[LOWER] += 0.5 * gap
    return points


def repair(
    neutral: Array, expressions: Array, triangles: Ints, mirror: Ints
) -> tuple[Array, Array]:
    """Neutral (478, 3) and expressions (51, 478, 3) in cm; the same without folds."""
    triangles = both_ways(triangles, mirror)
    neutral = close_lips(neutral)
    neutral = spread(neutral, triangles, np.full(len(triangles), SMALLEST), None)
    least = THINNEST * front_area(neutral, triangles)
    jaw, close = INDEX["jawOpen"], INDEX["mouthClose"]
    sealed = expressions[jaw] + expressions[close]
    sealed[UPPER] = sealed[LOWER] = 0.5 * (sealed[UPPER] + sealed[LOWER])
    shapes = neutral + expressions
    shapes[close] = neutral
    fields = np.stack([spread(shape, triangles, least, None) for shape in shapes])
    fields[close] = spread(neutral + sealed, triangles, least, (UPPER, LOWER)) - fields[jaw]
    fields[close] += neutral
    return neutral, fields - neutral
