"""Filling triangles with coordinates: the exact inverse of a piecewise linear warp, on a coarse grid.

Everything is a handful of array operations: first over all (triangle, row) pairs, which gives the columns that each
triangle covers in each row, then over the nodes that are covered. A mesh of 2 000 triangles costs about a
millisecond.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from omnitalker.base.types import FloatArray, IntArray

_SLACK = 1e-4
"""How far outside a triangle, in its own weights, a node still counts as covered: no gaps along edges."""


def backward_map(
    target: FloatArray,
    source: FloatArray,
    triangles: IntArray,
    depth: FloatArray,
    shape: tuple[int, int],
    out: FloatArray,
) -> FloatArray:
    """Where every node of a grid comes from.

    target: (V, 2) positions in the grid (node units); source: (V, 2) what to interpolate; triangles: (T, 3);
    depth: (V,) larger is nearer, nearer triangles win; shape: (rows, columns); out: (rows, columns, 2) float32,
    contiguous, holds the values of nodes that no triangle covers, and is overwritten. Triangles seen from behind are
    left out.
    """
    rows, columns = shape
    corners = np.ascontiguousarray(target, np.float32)[triangles]
    a, e1, e2 = corners[:, 0], corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    area = e1[:, 0] * e2[:, 1] - e1[:, 1] * e2[:, 0]
    x, y = corners[..., 0], corners[..., 1]
    left = np.maximum(np.ceil(np.minimum(np.minimum(x[:, 0], x[:, 1]), x[:, 2])), 0)
    right = np.minimum(np.maximum(np.maximum(x[:, 0], x[:, 1]), x[:, 2]), columns - 1)
    top = np.maximum(np.ceil(np.minimum(np.minimum(y[:, 0], y[:, 1]), y[:, 2])), 0)
    bottom = np.minimum(np.maximum(np.maximum(y[:, 0], y[:, 1]), y[:, 2]), rows - 1)
    seen = np.flatnonzero((area > 1e-6) & (left <= right) & (top <= bottom))
    seen = seen[np.argsort(depth[triangles[seen]].sum(axis=1), kind="stable")]
    a, e1, e2, left, top = a[seen], e1[seen], e2[seen], left[seen], top[seen]
    height = (bottom[seen] - top).astype(np.int32) + 1

    # The weights of the second and third corner, and so all values, are affine in the steps right and down
    # from (left, top).
    inverse = 1 / area[seen]
    right1, down1 = e2[:, 1] * inverse, -e2[:, 0] * inverse
    right2, down2 = -e1[:, 1] * inverse, e1[:, 0] * inverse
    across, down = left - a[:, 0], top - a[:, 1]
    start1, start2 = right1 * across + down1 * down, right2 * across + down2 * down
    # Both coordinates of a value travel as one complex number, so that they are gathered together.
    values = np.ascontiguousarray(source, np.float32).view(np.complex64)[:, 0][triangles[seen]]
    d1, d2 = values[:, 1] - values[:, 0], values[:, 2] - values[:, 0]

    # Each row of a triangle: the columns in which all three weights are positive.
    pair, row = _counted(height)
    step = row.astype(np.float32)
    w1 = start1[pair] + down1[pair] * step
    w2 = start2[pair] + down2[pair] * step
    slopes = np.stack([right1, right2, -right1 - right2])[:, pair]
    begins = np.asarray(np.stack([w1, w2, 1 - w1 - w2]), np.float32)
    first, count = _covered(begins, np.asarray(slopes, np.float32), columns - 1 - left[pair])

    run, column = _counted(count)
    corner = ((top[pair] + step) * columns + left[pair] + first).astype(np.int32)
    slope = (right1 * d1 + right2 * d2)[pair]
    base = values[:, 0][pair] + w1 * d1[pair] + w2 * d2[pair] + first * slope
    nodes = out.reshape(-1, 2).view(np.complex64)[:, 0]
    nodes[corner.take(run) + column] = base.take(run) + slope.take(run) * column.astype(np.float32)
    return out


_Counts = npt.NDArray[np.int32]


def _covered(
    weights: FloatArray, slopes: FloatArray, last: FloatArray
) -> tuple[FloatArray, _Counts]:
    """The first step at which all three weights are positive, and at how many steps they are, up to `last`.

    weights: (3, N) at step 0; slopes: (3, N) their change per step; last: (N,).
    """
    slopes = np.where(slopes == 0, np.float32(1e-20), slopes)
    bound = (weights + np.float32(_SLACK)) / -slopes
    rising = slopes > 0
    first = np.ceil(np.where(rising, bound, 0).max(axis=0))
    end = np.floor(np.where(rising, np.float32(np.inf), bound).min(axis=0))
    count = np.maximum(np.minimum(end, last) - first + 1, 0).astype(np.int32)
    return first, count


def _counted(counts: _Counts) -> tuple[_Counts, _Counts]:
    """Each index as often as its count says, and beside it 0, 1, 2 ... within the index."""
    index = np.repeat(np.arange(len(counts), dtype=np.int32), counts)
    starts = np.cumsum(counts, dtype=np.int32) - counts
    within = np.arange(len(index), dtype=np.int32) - np.repeat(starts, counts)
    return index, within.astype(np.int32, copy=False)
