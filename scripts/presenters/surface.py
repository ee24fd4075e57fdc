"""The resting skin as something to grow hair from and to keep it off."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from head import SKIN_POINTS, Head
from scipy.spatial import cKDTree


@dataclass(frozen=True)
class Roots:
    """Where strands stand on the skin: triangle corners and barycentric weights follow the face."""

    corners: np.ndarray  # (S, 3) point indices
    weights: np.ndarray  # (S, 3)
    normal: np.ndarray  # (S, 3) at rest
    density: np.ndarray  # (S,) value of the mask at the root

    def place(self, points: np.ndarray) -> np.ndarray:
        """Root positions (S, 3) on moved head points."""
        return (points[self.corners] * self.weights[..., None]).sum(1)


class Surface:
    """The resting skin as something to grow from and to keep off."""

    def __init__(self, head: Head) -> None:
        quads = head.faces_of(0, 1)
        triangles = np.concatenate([quads[:, [0, 1, 2]], quads[quads[:, 3] >= 0][:, [0, 2, 3]]])
        outside = head.masks["inside"][triangles].max(1) < 0.5
        self.triangles = triangles[outside]
        self.points = head.rest[:SKIN_POINTS]
        self.mean = head.mean[:SKIN_POINTS]
        self.normals = point_normals(self.points, self.triangles)
        centre = self.points[self.triangles].mean(1)
        face_normal = self.normals[self.triangles].mean(1)
        used = np.unique(self.triangles)
        places = np.concatenate([self.points[used], centre])
        normals = np.concatenate([self.normals[used], face_normal])
        self._normals = normals / np.linalg.norm(normals, axis=1, keepdims=True)
        self._places = places
        self._tree = cKDTree(places)

    def sample(self, mask: np.ndarray, count: int, rng: np.random.Generator) -> Roots:
        """About `count` roots spread by area times `mask` (14062,)."""
        tri = self.triangles
        corner = self.points[tri]
        area = np.linalg.norm(
            np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0]), axis=1
        )
        chance = area * mask[tri].mean(1)
        pick = rng.choice(len(tri), size=count, p=chance / chance.sum())
        a, b = rng.random((2, count))
        flip = a + b > 1
        a[flip], b[flip] = 1 - a[flip], 1 - b[flip]
        weights = np.stack([1 - a - b, a, b], axis=1)
        corners = tri[pick]
        normal = (self.normals[corners] * weights[..., None]).sum(1)
        normal /= np.linalg.norm(normal, axis=1, keepdims=True)
        return Roots(corners, weights, normal, (mask[corners] * weights).sum(1))

    def clearance(self, places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Signed distance (N,) from the skin and its outward normal (N, 3)."""
        near = self._tree.query(places)[1]
        normal = self._normals[near]
        return ((places - self._places[near]) * normal).sum(1), normal


def point_normals(points: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    corner = points[triangles]
    face = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
    normal = np.zeros_like(points)
    for k in range(3):
        np.add.at(normal, triangles[:, k], face)
    return normal / np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-9)
