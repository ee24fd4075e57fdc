"""Filling triangles with coordinates: the exact inverse of a piecewise linear warp, on a coarse grid.

Everything is a handful of array operations over all candidate (triangle, node) pairs at once, so a mesh of
2 000 triangles costs about a millisecond.
"""

from __future__ import annotations

import numpy as np

from omnitalker.types import FloatArray, IntArray


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
    depth: (V,) larger is nearer, nearer triangles win; shape: (rows, columns); out: (rows, columns, 2) holds
    the values of nodes that no triangle covers, and is overwritten. Triangles seen from behind are left out.
    """
    rows, columns = shape
    p = target[triangles]
    a, e1, e2 = p[:, 0], p[:, 1] - p[:, 0], p[:, 2] - p[:, 0]
    area = e1[:, 0] * e2[:, 1] - e1[:, 1] * e2[:, 0]
    low = np.maximum(np.ceil(p.min(axis=1)), 0).astype(np.int32)
    high = np.minimum(np.floor(p.max(axis=1)), (columns - 1, rows - 1)).astype(np.int32)
    extent = high - low + 1
    order = np.flatnonzero((area > 1e-6) & (extent > 0).all(axis=1))
    order = order[np.argsort(depth[triangles[order]].sum(axis=1), kind="stable")]
    a, e1, e2, low, extent = a[order], e1[order], e2[order], low[order], extent[order]
    inverse = (1.0 / area[order])[:, None].astype(np.float32)

    # Weights and values are affine in the steps (x, y) away from a triangle's first node.
    slope1 = np.stack([e2[:, 1], -e2[:, 0]], 1) * inverse
    slope2 = np.stack([-e1[:, 1], e1[:, 0]], 1) * inverse
    offset = low - a
    start1, start2 = (slope1 * offset).sum(1), (slope2 * offset).sum(1)
    s = source[triangles[order]]
    d1, d2 = s[:, 1] - s[:, 0], s[:, 2] - s[:, 0]
    value_x = slope1[:, :1] * d1 + slope2[:, :1] * d2
    value_y = slope1[:, 1:] * d1 + slope2[:, 1:] * d2
    value = s[:, 0] + start1[:, None] * d1 + start2[:, None] * d2

    counts = extent[:, 0] * extent[:, 1]
    index = np.repeat(np.arange(len(order), dtype=np.int32), counts)
    starts = (np.cumsum(counts) - counts).astype(np.int32)
    step = np.arange(len(index), dtype=np.int32) - starts[index]
    down = step // extent[:, 0][index]
    across = step - down * extent[:, 0][index]
    x, y = across.astype(np.float32), down.astype(np.float32)
    b1 = start1[index] + slope1[index, 0] * x + slope1[index, 1] * y
    b2 = start2[index] + slope2[index, 0] * x + slope2[index, 1] * y
    inside = np.flatnonzero((b1 >= -1e-4) & (b2 >= -1e-4) & (b1 + b2 <= 1.0002))
    index, x, y = index[inside], x[inside, None], y[inside, None]
    node = (low[:, 1] * columns + low[:, 0])[index] + down[inside] * columns + across[inside]
    out.reshape(-1, 2)[node] = value[index] + value_x[index] * x + value_y[index] * y
    return out
