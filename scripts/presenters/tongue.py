"""The tongue, which the model carries with the jaw and cannot move by itself. No Blender here."""

from __future__ import annotations

import numpy as np
from head import Head, smoothstep
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import dijkstra

GUMS_AND_TONGUE = 2
CREST = np.array([0.0, -3.05, 7.5])  # the top of the tongue on the average head, centimetres


def tongue_weight(head: Head) -> np.ndarray:
    """(V,) how much each point goes along when the tip moves: 1 at the tip, 0 at the root and off the tongue.

    Tongue and gums are one surface; what is near the crest along that surface is tongue.
    """
    faces = head.faces_of(GUMS_AND_TONGUE)
    edges = np.concatenate([faces[:, [a, b]] for a, b in ((0, 1), (1, 2), (2, 3), (3, 0))])
    edges = edges[(edges >= 0).all(axis=1)]
    length = np.linalg.norm(head.mean[edges[:, 0]] - head.mean[edges[:, 1]], axis=1)
    count = len(head.mean)
    graph = coo_matrix((length, (edges[:, 0], edges[:, 1])), shape=(count, count))
    used = np.unique(edges)
    start = used[np.argmin(np.linalg.norm(head.mean[used] - CREST, axis=1))]
    away = dijkstra(graph.tocsr(), directed=False, indices=start)
    x, _, z = head.mean.T
    weight = smoothstep(4.6, 3.4, np.where(np.isfinite(away), away, 99.0))
    return weight * smoothstep(1.95, 1.3, np.abs(x)) * smoothstep(4.5, 9.3, z)


def with_tongue(points: np.ndarray, weight: np.ndarray, lift: float, forward: float) -> np.ndarray:
    """Points (V, 3) with the tip raised and brought forward by so many centimetres."""
    moved = points.copy()
    moved[:, 1] += lift * weight**1.4
    moved[:, 2] += forward * weight
    return moved
