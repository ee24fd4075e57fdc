"""Clothes: a torso by signed distance, wrapped in a garment cut along a tilted neckline."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from head import SKIN_POINTS, Head, smoothstep
from scipy.ndimage import gaussian_filter
from scipy.spatial import cKDTree

CENTRE = np.array([0.0, -27.0, -2.0])
AROUND, DOWN = 360, 110


@dataclass(frozen=True)
class Piece:
    """One cloth mesh: points (N, 3), quads (M, 4), weave coordinates (N, 3) in cm."""

    points: np.ndarray
    faces: np.ndarray
    weave: np.ndarray


def _capsule(p: np.ndarray, a: tuple, b: tuple, radius: float) -> np.ndarray:
    a, b = np.array(a), np.array(b)
    t = np.clip(((p - a) @ (b - a)) / ((b - a) @ (b - a)), 0, 1)
    return np.linalg.norm(p - a - t[..., None] * (b - a), axis=-1) - radius


def _ellipsoid(p: np.ndarray, centre: tuple, size: tuple) -> np.ndarray:
    q = (p - centre) / size
    k = np.linalg.norm(q, axis=-1)
    return (k - 1) * np.min(size) * np.where(k > 1, 1.0, 1.0)


def _smooth_min(values: list[np.ndarray], softness: float) -> np.ndarray:
    stacked = np.stack(values)
    low = stacked.min(0)
    return low - softness * np.log(np.exp(-(stacked - low) / softness).sum(0))


def torso_distance(p: np.ndarray, build: float, bust: float) -> np.ndarray:
    """Signed distance-like field of shoulders, chest and upper arms; `build` scales the width."""
    parts = [_ellipsoid(p, (0, -32, -1.5), (15.0 * build, 17.0, 9.2))]
    for side in (-1, 1):
        s = side * build
        parts.append(_capsule(p, (s * 4, -16.6, -3.0), (s * 14.6, -21.0, -3.0), 4.2))
        parts.append(_capsule(p, (s * 15.0, -21.5, -3.0), (s * 17.6, -42.0, -1.0), 4.5))
        if bust:
            parts.append(_ellipsoid(p, (side * 6.5, -32.0, 5.0), (5.5, 6.0, 3.0 + bust)))
    return _smooth_min(parts, 1.3)


class Body:
    """Radial distance of the clothed body's surface from CENTRE along any direction."""

    def __init__(self, head: Head, build: float, bust: float, ease: float) -> None:
        skin = head.rest[:SKIN_POINTS]
        low = skin[(skin[:, 1] < -9.0) & (head.masks["inside"] < 0.5)]
        offset = low - CENTRE
        self._skin_reach = np.linalg.norm(offset, axis=1)
        self._tree = cKDTree(offset / self._skin_reach[:, None])
        self._shape = (build, bust)
        self._ease = ease

    def reach(self, directions: np.ndarray) -> np.ndarray:
        """Surface distance (...,) for unit directions (..., 3), by bisection on the field."""
        near, far = np.full(directions.shape[:-1], 4.0), np.full(directions.shape[:-1], 48.0)
        for _ in range(22):
            mid = 0.5 * (near + far)
            inside = torso_distance(CENTRE + directions * mid[..., None], *self._shape) < 0
            near, far = np.where(inside, mid, near), np.where(inside, far, mid)
        distance, index = self._tree.query(directions.reshape(-1, 3), k=6)
        weight = 1 / (distance + 1e-3) ** 2
        skin = (self._skin_reach[index] * weight).sum(1) / weight.sum(1)
        trust = smoothstep(0.16, 0.05, distance[:, 0]).reshape(near.shape)
        over = np.clip(skin.reshape(near.shape) - near, 0, None)
        return near + over * trust + self._ease


def _directions(theta: np.ndarray, phi: np.ndarray) -> np.ndarray:
    """Unit vectors; theta from straight up, phi from the viewer's side (+z) towards +x."""
    theta, phi = np.broadcast_arrays(theta, phi)
    return np.stack(
        [np.sin(theta) * np.sin(phi), np.cos(theta), np.sin(theta) * np.cos(phi)], axis=-1
    )


def neckline_height(points: np.ndarray, neck: dict) -> np.ndarray:
    """Height (N,) of the cut at points: a plane from back to front, dipping to a V if asked."""
    x, z = points[..., 0], points[..., 2]
    t = smoothstep(neck["back_z"], neck["front_z"], z)
    height = neck["back"] + (neck["front"] - neck["back"]) * t
    vee = neck.get("vee", 0.0) * np.clip(1 - np.abs(x) / neck.get("vee_width", 7.0), 0, 1)
    return height - vee * smoothstep(1.0, 3.5, z)


def garment(body: Body, neck: dict, seed: int) -> tuple[Piece, np.ndarray]:
    """The wrap from the neckline down, and its neckline loop (AROUND, 3)."""
    phi = np.linspace(-np.pi, np.pi, AROUND, endpoint=False)
    scan = np.linspace(0.05, 2.2, 320)
    grid = _directions(scan[:, None], phi[None])
    places = CENTRE + grid * body.reach(grid)[..., None]
    below = places[..., 1] < neckline_height(places, neck)
    broad = np.hypot(places[..., 0], places[..., 2] + 1.0) > 4.0
    cut = below & broad
    first = np.where(cut.any(0), cut.argmax(0), len(scan) - 1)
    top = gaussian_filter(scan[first], neck.get("soften", 8.0), mode="wrap")
    share = np.linspace(0, 1, DOWN)[:, None] ** 1.15
    theta = top[None] + (2.5 - top[None]) * share
    directions = _directions(theta, np.broadcast_to(phi, theta.shape))
    reach = gaussian_filter(body.reach(directions), (1.2, 2.0), mode=("nearest", "wrap"))
    points = CENTRE + directions * reach[..., None]
    points = (
        points
        + directions * _folds(points, seed)[..., None] * smoothstep(0, 0.12, share)[..., None]
    )
    weave = np.stack([np.broadcast_to(phi, theta.shape) * 14.0, theta * 20.0, 0 * theta], -1)
    return Piece(points.reshape(-1, 3), _grid_faces(DOWN, AROUND), weave.reshape(-1, 3)), points[0]


def _folds(points: np.ndarray, seed: int) -> np.ndarray:
    """Soft folds in cm: a few directed waves, strongest by the armpits."""
    rng = np.random.default_rng(seed)
    height = np.zeros(points.shape[:-1])
    for _ in range(9):
        angle = rng.uniform(-0.9, 0.9)
        way = np.array([np.cos(angle), np.sin(angle), 0.4 * rng.normal()])
        wave = points @ way * rng.uniform(0.35, 0.9) + rng.uniform(0, 6.28)
        bend = np.sin(points[..., 1] * rng.uniform(0.08, 0.2) + rng.uniform(0, 6))
        height += rng.uniform(0.02, 0.07) * np.sin(wave + bend)
    pit = np.exp(-0.5 * ((np.abs(points[..., 0]) - 13) / 4) ** 2)
    return height * (0.35 + 0.9 * pit)


def _grid_faces(rows: int, columns: int) -> np.ndarray:
    i, j = np.meshgrid(np.arange(rows - 1), np.arange(columns), indexing="ij")
    k = (j + 1) % columns
    quads = [i * columns + j, (i + 1) * columns + j, (i + 1) * columns + k, i * columns + k]
    return np.stack(quads, axis=-1).reshape(-1, 4)


def band(loop: np.ndarray, height: float, thick: float, lean: float) -> Piece:
    """A ribbed band standing on the neckline loop (AROUND, 3), leaning towards the neck."""
    loop = gaussian_filter(loop, (7.0, 0.0), mode="wrap")
    axis = np.array([0.0, loop[:, 1].mean(), loop[:, 2].mean()])
    inward = axis - loop
    inward[:, 1] = 0
    inward /= np.linalg.norm(inward, axis=1, keepdims=True)
    up = np.array([0.0, 1.0, 0.0]) + lean * inward
    up /= np.linalg.norm(up, axis=1, keepdims=True)
    outward = -inward
    turn = np.linspace(-0.5 * np.pi, 1.35 * np.pi, 22)
    rows = []
    for angle in turn:
        rise = 0.5 * height * (1 + np.sin(angle)) - 0.25
        out = thick * np.cos(angle)
        rows.append(loop + up * rise + outward * (out + 0.05))
    points = np.stack(rows)
    along = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(loop, axis=0), axis=1))])
    weave = np.stack(
        [np.broadcast_to(along, points.shape[:2]), np.broadcast_to(turn[:, None], points.shape[:2]),
         np.zeros(points.shape[:2])], -1,
    )  # fmt: skip
    return Piece(points.reshape(-1, 3), _grid_faces(len(turn), len(loop)), weave.reshape(-1, 3))


def tucked(head: Head, points: np.ndarray, normals: np.ndarray, neck: dict) -> np.ndarray:
    """Skin points (14062, 3) drawn in under the cloth so that nothing pokes through."""
    rest = head.rest[:SKIN_POINTS]
    depth = smoothstep(0.3, 2.0, neckline_height(rest, neck) - rest[:, 1])
    depth = depth * (rest[:, 1] < -8)
    return points - normals * (1.1 * depth)[:, None]


def jacket(body: Body, style: dict, seed: int) -> list[Piece]:
    """An open jacket over the first garment, with lapels folded along its front edges."""
    piece, loop = garment(body, style["neck"], seed)
    return [piece, _lapel(loop, style)]


def _lapel(loop: np.ndarray, style: dict) -> Piece:
    """A strip folded back from the opening, broadest on the chest and narrow as a collar behind."""
    ahead = smoothstep(-3.0, 5.0, loop[:, 2])
    drop = np.clip((-13.0 - loop[:, 1]) / 9.0, 0, 1)
    width = style["collar"] + (style["lapel"] - style["collar"]) * ahead * smoothstep(
        0.0, 0.5, drop
    )
    outward = loop - CENTRE
    outward /= np.linalg.norm(outward, axis=1, keepdims=True)
    tangent = np.roll(loop, -2, axis=0) - np.roll(loop, 2, axis=0)
    tangent /= np.maximum(np.linalg.norm(tangent, axis=1, keepdims=True), 1e-6)
    side = np.cross(outward, tangent)
    away = np.sign((side * (loop - [0, loop[:, 1].mean(), -1.0])).sum(1, keepdims=True))
    side = side * away
    t = np.linspace(0, 1, 14)
    rows = []
    for s in t:
        rise = 0.75 * np.sin(np.pi * min(s * 1.6 + 0.12, 1.0)) + 0.35
        rows.append(loop + side * (s * width)[:, None] + outward * (rise - 0.1 * s))
    points = np.stack(rows)
    weave = points * [1.0, 1.0, 0.0]
    return Piece(points.reshape(-1, 3), _grid_faces(len(t), len(loop)), weave.reshape(-1, 3))
