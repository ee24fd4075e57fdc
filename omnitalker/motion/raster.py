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
    low = np.maximum(np.ceil(p.min(axis=1)), 0).astype(np.int64)
    high = np.minimum(np.floor(p.max(axis=1)), (columns - 1, rows - 1)).astype(np.int64)
    extent = high - low + 1
    keep = (area > 1e-6) & (extent > 0).all(axis=1)
    order = np.flatnonzero(keep)
    order = order[np.argsort(depth[triangles[order]].mean(axis=1), kind="stable")]
    a, e1, e2, low, extent = a[order], e1[order], e2[order], low[order], extent[order]
    inverse = (1.0 / area[order])[:, None].astype(np.float32)

    # Barycentric weights and the interpolated values are affine in (x, y): value = k0 + kx x + ky y.
    weight1 = np.stack([e2[:, 1], -e2[:, 0]], 1) * inverse
    weight2 = np.stack([-e1[:, 1], e1[:, 0]], 1) * inverse
    constant1 = -(weight1 * a).sum(1)
    constant2 = -(weight2 * a).sum(1)
    s = source[triangles[order]]
    d1, d2 = s[:, 1] - s[:, 0], s[:, 2] - s[:, 0]

    counts = extent[:, 0] * extent[:, 1]
    index = np.repeat(np.arange(len(order)), counts)
    starts = np.cumsum(counts) - counts
    local = np.arange(len(index)) - starts[index]
    width = extent[index, 0]
    dy = local // width
    x = low[index, 0] + local - dy * width
    y = low[index, 1] + dy
    xf, yf = x.astype(np.float32), y.astype(np.float32)
    b1 = constant1[index] + weight1[index, 0] * xf + weight1[index, 1] * yf
    b2 = constant2[index] + weight2[index, 0] * xf + weight2[index, 1] * yf
    inside = np.flatnonzero((b1 >= -1e-4) & (b2 >= -1e-4) & (b1 + b2 <= 1.0002))
    index, b1, b2 = index[inside], b1[inside, None], b2[inside, None]
    out.reshape(-1, 2)[y[inside] * columns + x[inside]] = (
        s[index, 0] + b1 * d1[index] + b2 * d2[index]
    )
    return out
