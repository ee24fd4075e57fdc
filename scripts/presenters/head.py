"""The morphable head as numpy: identities, expressions, regions and posing. No Blender here.

Units are the model's centimetres; x to the viewer's right, y up, z to the viewer. V = 26 719 points.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import numpy as np

SKIN_POINTS = 14062  # face and back of head come first in the model
LASH_STRIPS, LASH_ROWS, LASH_COLUMNS = 12, 6, 19
PIVOT = np.array([0.0, -7.0, -1.0])  # where the skull turns on the neck
EYE_LOOK_RANGE = np.radians(30.0)  # rotation of the eye at strength 1 of an eyeLook shape


@dataclass(frozen=True)
class Head:
    """One person's head at rest, with everything needed to move it."""

    rest: np.ndarray  # (V, 3)
    mean: np.ndarray  # (V, 3) the model's average, where regions are defined
    faces: np.ndarray  # (F, 4), -1 pads triangles
    material: np.ndarray  # (F,)
    shapes: dict[str, np.ndarray]  # name -> (V, 3)
    eye_centre: np.ndarray  # (2, 3) left (x > 0), right
    eye_radius: float
    lash_strips: np.ndarray  # (12, 6, 19) points from lid to tip, along the lid
    neck_weight: np.ndarray  # (V,) 1 turns with the skull, 0 stays with the shoulders
    masks: dict[str, np.ndarray] = field(default_factory=dict)  # name -> (14062,) 0..1

    def faces_of(self, *materials: int) -> np.ndarray:
        return self.faces[np.isin(self.material, materials)]

    def expressed(self, weights: dict[str, float]) -> np.ndarray:
        """Points (V, 3) under expression strengths, before the head turns."""
        points = self.rest.copy()
        for name, weight in weights.items():
            if weight:
                points += weight * self.shapes[name]
        return points


def smoothstep(low: float, high: float, value: np.ndarray) -> np.ndarray:
    t = np.clip((value - low) / (high - low), 0.0, 1.0)
    return t * t * (3.0 - 2.0 * t)


def neck_weight(points: np.ndarray) -> np.ndarray:
    """How far points (N, 3) follow the skull: 1 above the jaw, falling to 0 at the collar."""
    return smoothstep(-14.5, -8.2, points[:, 1] + 0.28 * (points[:, 2] - 3.0))


def rotation(rotvec: np.ndarray) -> np.ndarray:
    """Rotation matrix of a rotation vector in radians (Rodrigues)."""
    angle = float(np.linalg.norm(rotvec))
    if angle < 1e-9:
        return np.eye(3)
    x, y, z = np.asarray(rotvec) / angle
    k = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.eye(3) + np.sin(angle) * k + (1 - np.cos(angle)) * (k @ k)


def turned(points: np.ndarray, weight: np.ndarray, rotvec: np.ndarray) -> np.ndarray:
    """Points turned about the neck by weight * rotvec (blended rotations, no shear)."""
    out = np.array(points, dtype=np.float64)
    full = weight >= 0.999
    out[full] = (points[full] - PIVOT) @ rotation(rotvec).T + PIVOT
    for level in np.linspace(0.0, 1.0, 24, endpoint=False):
        part = (weight > level) & (weight <= level + 1 / 24) & ~full
        if part.any():
            low = (points[part] - PIVOT) @ rotation(rotvec * level).T + PIVOT
            high = (points[part] - PIVOT) @ rotation(rotvec * (level + 1 / 24)).T + PIVOT
            t = ((weight[part] - level) * 24)[:, None]
            out[part] = low * (1 - t) + high * t
    return out


def _reshaped(points: np.ndarray, mean: np.ndarray, build: dict) -> np.ndarray:
    """Points with slimmer neck, lower shoulders and ears laid to the skull, as `build` asks."""
    out = points.copy()
    low = 1 - neck_weight(points)
    width = np.abs(points[:, 0])
    out[:, 1] -= build.get("shoulder_drop", 0.0) * np.clip(width - 5.0, 0, None) * low
    slim = smoothstep(-7.0, -10.0, points[:, 1] + 0.28 * (points[:, 2] - 3.0))
    out[:, 0] *= 1 - build.get("neck_slim", 0.0) * slim
    x, y, z = mean.T
    ear = smoothstep(7.5, 8.2, np.abs(x)) * smoothstep(5.4, 4.6, y) * (y > -4) * (z > -4)
    flat = build.get("flatten_ears", 0.0) * ear
    out[:, 0] -= np.sign(x) * flat * np.clip(np.abs(out[:, 0]) - 7.3, 0, None)
    return out


def load_head(path: Path, identity: np.ndarray, build: dict, bake: dict[str, float]) -> Head:
    """Read the model and make one person.

    identity: strengths of the 40 modes; build: see `_reshaped`; bake: expression strengths that
    belong to this person's face at rest (a hint of a smile, wider eyes).
    """
    with np.load(path) as data:
        mean = data["vertices"].astype(np.float64)
        faces = data["faces"]
        material = data["face_material"]
        names = [str(name) for name in data["expression_names"]]
        expressions = data["expressions"].astype(np.float64)
        strips = _lash_strips(faces, data["faces_uv"], data["uv"], material)
        modes = data["identities"][: len(identity)].astype(np.float64)
    rest = mean + np.tensordot(np.asarray(identity, dtype=np.float64), modes, axes=1)
    for name, weight in bake.items():
        rest += weight * expressions[names.index(name)]
    rest = _reshaped(rest, mean, build)
    centre, radius = [], []
    for sclera in (4, 6):
        used = np.unique(faces[material == sclera])
        used = used[used >= 0]
        points = rest[used]
        system = np.c_[2 * points, np.ones(len(points))]
        solution = np.linalg.lstsq(system, (points**2).sum(1), rcond=None)[0]
        centre.append(solution[:3])
        radius.append(np.sqrt(solution[3] + solution[:3] @ solution[:3]))
    head = Head(
        rest=rest,
        mean=mean,
        faces=faces,
        material=material,
        shapes=dict(zip(names, expressions, strict=True)),
        eye_centre=np.array(centre),
        eye_radius=float(np.mean(radius)),
        lash_strips=strips,
        neck_weight=neck_weight(rest),
    )
    head.masks.update(region_masks(mean[:SKIN_POINTS], faces, material))
    return head


def _lash_strips(
    faces: np.ndarray, faces_uv: np.ndarray, uv: np.ndarray, material: np.ndarray
) -> np.ndarray:
    """Order the points of the lash cards into grids by their texture coordinates."""
    quads, where = faces[material == 11], faces_uv[material == 11]
    first = int(quads[quads >= 0].min())
    size = LASH_ROWS * LASH_COLUMNS
    texture = np.zeros((LASH_STRIPS * size, 2))
    texture[quads[quads >= 0] - first] = uv[where[quads >= 0]]
    strips = []
    for k in range(LASH_STRIPS):
        part = texture[k * size : (k + 1) * size]
        order = np.lexsort((part[:, 0].round(3), -part[:, 1].round(3)))
        strips.append(order.reshape(LASH_ROWS, LASH_COLUMNS) + first + k * size)
    return np.array(strips)


def _rings(seed: np.ndarray, faces: np.ndarray, count: int, size: int) -> np.ndarray:
    """Edge distance (size,) of every point from the seed loop; `count` where farther."""
    neighbours: dict[int, set[int]] = defaultdict(set)
    for quad in faces:
        corners = [int(c) for c in quad if c >= 0]
        for corner in corners:
            neighbours[corner].update(corners)
    ring = np.full(size, count, dtype=np.float64)
    ring[seed] = 0
    front = [int(s) for s in seed]
    for step in range(1, count):
        following = []
        for point in front:
            for other in neighbours[point]:
                if ring[other] == count:
                    ring[other] = step
                    following.append(other)
        front = following
    return ring


def lid_edges(head: Head) -> dict[str, list]:
    """Where the visible opening of each eye ends, seen from the front, at rest.

    Per lid a list of (x, y, z) in cm from the inner to the outer corner.
    """
    face, back = head.faces_of(0), head.faces_of(1)
    shared = np.intersect1d(face[face >= 0], back[back >= 0])
    x, y, z = head.mean[shared].T
    rim = shared[(np.abs(x) > 1) & (np.abs(x) < 5.5) & (y > 1.5) & (y < 5.5) & (z > 5)]
    near = np.flatnonzero(_rings(rim, face, 7, SKIN_POINTS) < 6)
    mean = head.mean[near]
    above = mean[:, 1] > 3.3 + 0.1 * (np.abs(mean[:, 0]) - 2.0)
    columns = np.linspace(2.2, 4.3, 22)
    edges = {}
    for side, sign in (("left", 1), ("right", -1)):
        for lid, upper in (("upper", True), ("lower", False)):
            line = []
            for column in columns:
                pick = (above == upper) & (np.abs(mean[:, 0] * sign - column) < 0.14)
                points = head.rest[near[pick]]
                extreme = points[:, 1].argmin() if upper else points[:, 1].argmax()
                line.append([points[:, 0].mean(), points[extreme, 1], points[extreme, 2]])
            edges[f"{side}_{lid}"] = np.round(line, 4).tolist()
    return edges


def _blob(points: np.ndarray, centre: tuple, size: tuple, mirror: bool = True) -> np.ndarray:
    """A Gaussian (N,) around a centre and, if asked, its mirror image."""
    blob = np.exp(-0.5 * (((points - centre) / size) ** 2).sum(1))
    if mirror:
        other = (-centre[0], *centre[1:])
        blob = np.maximum(blob, np.exp(-0.5 * (((points - other) / size) ** 2).sum(1)))
    return blob


def hairline(points: np.ndarray) -> np.ndarray:
    """Signed height (N,) above the hairline on the average head; positive is scalp."""
    azimuth = np.degrees(np.arctan2(np.abs(points[:, 0]), points[:, 2]))
    at = [0, 15, 28, 40, 50, 58, 64, 70, 77, 82, 86, 96, 104, 112, 127, 180]
    height = [10.0, 10.1, 9.8, 9.0, 8.0, 6.6, 4.6, 2.6, 0.9, 1.6, 4.9, 4.9, 4.2, -0.5, -4.5, -5.8]
    return points[:, 1] - np.interp(azimuth, at, height)


def region_masks(points: np.ndarray, faces: np.ndarray, material: np.ndarray) -> dict:
    """Named masks (14062,) in 0..1 painted on the average head."""
    n = len(points)
    face, back = faces[material == 0], faces[material == 1]
    shared = np.intersect1d(face[face >= 0], back[back >= 0])
    x, y, z = points[shared].T
    mouth_rim = shared[(np.abs(x) < 3.9) & (y < 0) & (y > -6) & (z > 3)]
    eye_rim = shared[(np.abs(x) > 1) & (np.abs(x) < 5.5) & (y > 1.5) & (y < 5.5) & (z > 5)]
    lip = _rings(mouth_rim, face, 18, n)
    lid = _rings(eye_rim, face, 18, n)
    only_back = np.setdiff1d(back[back >= 0], face[face >= 0])
    inside = np.zeros(n)
    bx, by, bz = points[only_back].T
    bag = (np.abs(bx) < 5.5) & (by > -6.5) & (by < 5.6) & (bz > 0)
    inside[only_back[bag]] = 1.0
    x, y, z = points.T
    front = smoothstep(3.0, 7.0, z)
    jaw = smoothstep(1.2, -0.8, y + 0.10 * np.abs(x)) * smoothstep(-11.5, -9.0, y + 0.15 * z - 1.0)
    upper = np.maximum(_blob(points, (0, -1.9, 11.5), (2.6, 0.75, 2.5), False), 0)
    cheek_free = 1 - _blob(points, (4.6, -1.5, 9.0), (1.7, 2.0, 3.0))
    nose_free = smoothstep(-0.9, -1.5, y - 0.15 * np.abs(x))
    side = smoothstep(-1.0, 2.5, z) + smoothstep(6.0, 6.8, np.abs(x)) * smoothstep(2.0, 0.0, y)
    beard = np.clip(np.maximum(jaw * cheek_free, upper), 0, 1) * nose_free * np.clip(side, 0, 1)
    beard = beard * np.maximum(smoothstep(7.2, 6.8, np.abs(x)), smoothstep(-3.0, -4.0, y))
    return {
        "lip": np.clip((14.3 - lip) / 1.6, 0, 1) * (lid > 17) * (1 - inside),
        "wet_lip": np.clip((8.5 - lip) / 3.0, 0, 1),
        "inside": inside,
        "lid_rim": np.clip((5.2 - lid) / 1.5, 0, 1),
        "lid": _blob(points, (3.25, 3.9, 9.8), (1.7, 0.95, 2.0)),
        "bag": _blob(points, (2.9, 2.3, 9.6), (1.4, 0.45, 1.5)),
        "cheek": _blob(points, (4.7, -0.2, 9.0), (1.9, 1.8, 2.5)),
        "nose": _blob(points, (0, 0.3, 12.6), (1.4, 1.2, 1.6), False),
        "ear": smoothstep(7.6, 8.3, np.abs(x)) * smoothstep(5.2, 4.4, y) * (y > -4) * (z > -4),
        "chin": _blob(points, (0, -7.2, 10.5), (1.6, 1.2, 2.0), False),
        "forehead": _blob(points, (0, 7.5, 10.0), (4.5, 2.0, 3.0), False),
        "beard": np.where(lip < 13.6, 0, beard) * (1 - inside) * np.clip(front + 0.9, 0, 1),
        "scalp": smoothstep(-0.5, 0.4, hairline(points)) * (1 - inside),
        "neck": smoothstep(-8.5, -11.5, y + 0.25 * z),
        "wrinkle": -_fold_lines(points),
    }


def _fold_lines(points: np.ndarray) -> np.ndarray:
    """Depth (N,) of the folds beside nose and mouth and of the lines beside and under the eyes."""
    lines = (
        ([(1.95, 0.2), (2.5, -0.9), (3.1, -2.1), (3.45, -3.3)], 0.24, 1.0),
        ([(3.0, -4.0), (3.15, -4.9)], 0.22, 0.5),
        ([(1.9, 2.6), (2.6, 1.9), (3.4, 1.75)], 0.2, 0.5),
        ([(5.3, 3.5), (6.3, 3.9)], 0.12, 0.5),
        ([(5.3, 3.1), (6.4, 3.0)], 0.12, 0.5),
    )
    x = np.stack([np.abs(points[:, 0]), points[:, 1]], axis=1)
    depth = np.zeros(len(points))
    for corners, width, strength in lines:
        away = np.full(len(points), 99.0)
        for a, b in pairwise(corners):
            a, way = np.array(a), np.subtract(b, a)
            t = np.clip((x - a) @ way / (way @ way), 0, 1)
            away = np.minimum(away, np.linalg.norm(x - a - t[:, None] * way, axis=1))
        depth = np.maximum(depth, strength * np.exp(-0.5 * (away / width) ** 2))
    return depth * (points[:, 2] > 5)


def gaze_from(weights: dict[str, float]) -> np.ndarray:
    """Eye turns (2, 2): left and right eye x (yaw, pitch) in radians, from the eyeLook shapes."""
    sides = []
    for side, outward in (("L", 1.0), ("R", -1.0)):
        out = weights.get(f"eyeLookOut_{side}", 0.0) - weights.get(f"eyeLookIn_{side}", 0.0)
        up = weights.get(f"eyeLookUp_{side}", 0.0) - weights.get(f"eyeLookDown_{side}", 0.0)
        sides.append([outward * out * EYE_LOOK_RANGE, up * EYE_LOOK_RANGE])
    return np.array(sides)
