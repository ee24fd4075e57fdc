"""The picture as one elastic sheet in space: the face points, and a net over everything around them.

The face moves by its blendshapes and the pose of the head. Around it, the net continues the head backwards (ears,
hair), follows the jaw over a short distance, and fades from head to body down the neck. The background is another
layer and never moves.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from scipy.spatial import Delaunay

from omnitalker.base.types import FloatArray, Identity, IntArray
from omnitalker.motion.face import regions as face_regions
from omnitalker.motion.face.model import FaceModel
from omnitalker.motion.face.surface import neutral_through, picture_triangles, unposed

NET_SPACING = 0.22
"""Between net points, in eye distances."""
SILHOUETTE = 0.1
"""Depth of the head's outline, ears and crown, in head space: about where the head turns."""
ROUNDNESS = 0.5
"""Distance from the face over which the head falls back to that depth, in eye distances."""
NECK = 1.1
"""Length over which the head's motion fades into the body's, in eye distances."""
BODY_FOLLOWS = 0.16
"""Share of the head's motion that the shoulders take part in."""
HELD = 0.2
"""Height of the strip above the lower edge over which breath and sway fade out, in picture sides."""
EXPRESSION_REACH = 0.45
"""How far the jaw and cheeks drag what lies around the face, in eye distances."""
CHEEKS = 1.0
"""Depth behind which the sides of the face are made gentler, in head space."""
FLATTENED = 0.65
"""What is left of the depth behind it."""


@dataclass(frozen=True)
class Sheet:
    """V points: the 478 of the face first, then the net."""

    rest: FloatArray
    """(V, 2) in the picture, pixels."""
    triangles: IntArray
    """(T, 3)"""
    space: FloatArray
    """(V - 478, 3) net points in head space, at the picture's expression."""
    follows: FloatArray
    """(V - 478,) share of the head's motion, 0..1."""
    body: FloatArray
    """(V - 478,) share in the breath and sway of the shoulders, 0..1; none at the picture's lower edge."""
    drag: FloatArray
    """(V - 478, 36) how the net takes over the motion of the outline of the face."""


def flattened(identity: Identity) -> FloatArray:
    """(478, 3) the neutral face with gentler sides, seen alike in the picture: turned, they do not fold over."""
    neutral, camera = identity.neutral.copy(), identity.camera
    seen = FaceModel.load().pixels(neutral, identity.coefficients, camera)
    behind = np.maximum(CHEEKS - neutral[:, 2], 0)
    neutral[:, 2] += (1 - FLATTENED) * behind
    return neutral_through(seen, identity.coefficients, neutral, camera)


def build_sheet(identity: Identity, neutral: FloatArray) -> Sheet:
    landmarks = identity.landmarks
    oval = landmarks[list(face_regions.OVAL)]
    eye_distance = identity.camera.scale
    net = _net_points(identity.size, oval, NET_SPACING * eye_distance)
    distance = _distance_outside(oval, net)
    nearness = _nearness(net, oval)
    model, view = FaceModel.load(), identity.camera
    face = model.deform(neutral, identity.coefficients)
    oval_depth = model.pose(face, identity.coefficients)[list(face_regions.OVAL), 2]
    outline = nearness @ oval_depth
    depth = SILHOUETTE + (outline - SILHOUETTE) * np.exp(-distance / (ROUNDNESS * eye_distance))
    follows = _follows(net, landmarks, eye_distance)
    fade = np.exp(-((distance / (EXPRESSION_REACH * eye_distance)) ** 2))
    return Sheet(
        rest=np.concatenate([landmarks, net]).astype(np.float32),
        triangles=_triangles(landmarks, net),
        space=unposed(view.lift(net, depth), identity.coefficients),
        follows=follows,
        body=body_share(net, follows, identity.size),
        drag=(nearness * fade[:, None]).astype(np.float32),
    )


def _net_points(size: int, oval: FloatArray, spacing: float) -> FloatArray:
    """A regular net over the picture and a margin, open where the face is, plus two rings around the face."""
    low, high = -0.15 * size, 1.15 * size
    steps = int(np.ceil((high - low) / spacing)) + 1
    axis = np.linspace(low, high, steps)
    grid: npt.NDArray[Any] = np.stack(np.meshgrid(axis, axis), -1).reshape(-1, 2)
    centre = oval.mean(axis=0)
    outward = oval - centre
    outward /= np.linalg.norm(outward, axis=1, keepdims=True)
    rings = [oval + outward * spacing * k for k in (0.45, 1.0)]
    grid = grid[_distance_outside(oval, grid) > 1.5 * spacing]
    return np.concatenate([*rings, grid]).astype(np.float32)


def _distance_outside(oval: FloatArray, points: FloatArray) -> FloatArray:
    """(P,) distance to the outline of the face; zero inside."""
    contour = oval.astype(np.float32).reshape(-1, 1, 2)
    signed = [cv2.pointPolygonTest(contour, (float(x), float(y)), True) for x, y in points]
    return np.maximum(-np.array(signed, dtype=np.float32), 0)


def _nearness(points: FloatArray, oval: FloatArray) -> FloatArray:
    """(P, 36) weights of the outline's points around each point; rows sum to one."""
    squared = ((points[:, None] - oval[None]) ** 2).sum(-1)
    weights = 1.0 / (squared + 1.0) ** 1.5
    return weights / weights.sum(axis=1, keepdims=True)


def _follows(net: FloatArray, landmarks: FloatArray, eye_distance: float) -> FloatArray:
    """Down from the jaw the head's share fades; above and beside it the head is whole."""
    right, left = landmarks[list(face_regions.OUTER_EYE_CORNERS)]
    across = (left - right) / np.linalg.norm(left - right)
    down = np.array([-across[1], across[0]])
    jaw = landmarks[list(face_regions.OVAL[8:29])]
    x_jaw, y_jaw = (jaw @ across)[::-1], (jaw @ down)[::-1]
    order = np.argsort(x_jaw)
    below = net @ down - np.interp(net @ across, x_jaw[order], y_jaw[order])
    t = np.clip(below / (NECK * eye_distance), 0, 1)
    smooth = t * t * (3 - 2 * t)
    return (1 - (1 - BODY_FOLLOWS) * smooth).astype(np.float32)


def body_share(net: FloatArray, follows: FloatArray, size: int) -> FloatArray:
    """What does not follow the head breathes; at the lower edge, where nothing more is known, it is held."""
    t = np.clip((size - net[:, 1]) / (HELD * size), 0, 1)
    held = t * t * (3 - 2 * t)
    return np.asarray((1 - follows) / (1 - BODY_FOLLOWS) * held, np.float32)


def _triangles(landmarks: FloatArray, net: FloatArray) -> IntArray:
    """The face's own triangles, its openings, and a Delaunay net from the outline outwards."""
    oval_ids = np.array(face_regions.OVAL)
    ids = np.concatenate([oval_ids, len(landmarks) + np.arange(len(net))])
    points = np.concatenate([landmarks[oval_ids], net])
    simplices = Delaunay(points).simplices
    inner = (simplices < len(oval_ids)).all(axis=1)
    centroids = points[simplices].mean(axis=1)
    contour = landmarks[oval_ids].astype(np.float32).reshape(-1, 1, 2)
    outside = np.array(
        [
            not is_inner or cv2.pointPolygonTest(contour, (float(x), float(y)), False) < 0
            for is_inner, (x, y) in zip(inner, centroids, strict=True)
        ]
    )
    around = _clockwise(ids[simplices[outside]], np.concatenate([landmarks, net]))
    return np.concatenate([around, picture_triangles()]).astype(np.int64)


def _clockwise(triangles: IntArray, points: FloatArray) -> IntArray:
    """Turn every triangle so that its area is positive in picture coordinates (y down)."""
    p = points[triangles]
    e1, e2 = p[:, 1] - p[:, 0], p[:, 2] - p[:, 0]
    flipped = e1[:, 0] * e2[:, 1] - e1[:, 1] * e2[:, 0] < 0
    triangles = triangles.copy()
    triangles[flipped] = triangles[flipped][:, ::-1]
    return triangles
