"""Compute `omnitalker/data/face_model.safetensors` from the ICT FaceKit morphable head (MIT).

    python scripts/build_face_model.py ../shared/data/face3d/ict_face.npz

The morphable head is rendered from several sides with several identities, MediaPipe FaceMesh finds its 478
points in each picture, and every point is ray-cast to the skin. The votes are averaged on the template, mirrored,
and put back on the surface, so each point becomes three barycentric weights. Whatever the head can do
(51 expressions, 40 identity modes) the 478 points can then do exactly.

Lips vote only in pictures with the mouth a little open: on closed lips the upper and the lower inner edge cover
each other and would be carried to the same vertices. Eyelid edges are put on the rim of the skin around the eye,
so that closing the eye closes it exactly. Irises are circles on the eyeball; expressions leave them where they are.

V template vertices, T triangles; pictures are S x S pixels; the head's axes are ours (x to the viewer's right).
"""

from __future__ import annotations

import argparse
import logging
from collections import Counter
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import mediapipe as mp
import numpy as np
import numpy.typing as npt
from face_model_repair import repair
from mediapipe.python.solutions.face_mesh_connections import FACEMESH_TESSELATION
from safetensors.numpy import save_file
from scipy.optimize import linear_sum_assignment
from scipy.spatial import cKDTree

from omnitalker.motion.face import regions
from omnitalker.motion.names import BLENDSHAPES

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

# Where the head turns, in the template's centimetres: between the ears, a little below their canals.
TURNING_POINT = np.array([0.0, -1.5, -0.5])
PICTURE = 640
SPAN_CM = 30.0
VIEWS = [(0, 0), (-16, 0), (16, 0), (0, -9), (0, 9)]
IDENTITIES = 7
MOUTH_OPEN = 0.35
EYEBALL_CM, IRIS_CM = 1.2, 0.6
"""Radii in a person with these eye corners; the template's eyeballs are larger."""


@dataclass(frozen=True)
class Head:
    """The morphable head as triangles."""

    vertices: Array
    triangles: Ints
    material: npt.NDArray[np.str_]
    expressions: dict[str, Array]
    identities: Array

    @property
    def skin(self) -> npt.NDArray[np.bool_]:
        return np.isin(self.material, ["M_Face", "M_BackHead"])


def load_head(path: Path) -> Head:
    data = np.load(path, allow_pickle=False)
    faces, names = data["faces"].astype(np.int64), data["material_names"]
    material = names[data["face_material"]]
    shown = ~np.isin(material, ["M_LacrimalFluid", "M_EyeBlend", "M_EyeOcclusion", "M_EyeLashes"])
    shown &= ~np.isin(material, ["M_IrisLeft", "M_IrisRight"])
    faces, material = faces[shown], material[shown]
    quads = faces[:, 3] >= 0
    fields = dict(zip(data["expression_names"].tolist(), data["expressions"], strict=True))
    return Head(
        vertices=data["vertices"].astype(np.float64),
        triangles=np.concatenate([faces[:, :3], faces[quads][:, [0, 2, 3]]]),
        material=np.concatenate([material, material[quads]]),
        expressions={name: field.astype(np.float64) for name, field in fields.items()},
        identities=data["identities"].astype(np.float64),
    )


def arkit_field(head: Head, name: str) -> Array:
    """One of the 51 shapes, (V, 3): two of them are halves in the template."""
    halves = [name.replace("Left", "_L").replace("Right", "_R"), f"{name}_L", f"{name}_R"]
    if name in ("jawLeft", "jawRight", "mouthLeft", "mouthRight"):
        halves = [name]
    found = [head.expressions[half] for half in halves if half in head.expressions]
    return np.sum(found, axis=0)


def rasterise(points: Array, triangles: Ints) -> tuple[Ints, Array]:
    """(V, 3) pixels with depth (larger = nearer) -> triangle per pixel (S, S), -1 for none; weights (S, S, 3)."""
    corners = points[triangles]
    low = np.floor(corners.min(1)[:, :2]).astype(np.int64).clip(0, PICTURE - 1)
    wide = np.ceil(corners.max(1)[:, :2]).astype(np.int64).clip(0, PICTURE - 1) - low + 1
    count = wide.prod(1)
    owner = np.repeat(np.arange(len(triangles)), count)
    step = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    x, y = low[owner, 0] + step % wide[owner, 0], low[owner, 1] + step // wide[owner, 0]
    a, b, c = (corners[owner, i] for i in range(3))
    area = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0])
    area = np.where(np.abs(area) < 1e-9, 1e-9, area)
    second = ((x - a[:, 0]) * (c[:, 1] - a[:, 1]) - (y - a[:, 1]) * (c[:, 0] - a[:, 0])) / area
    third = ((b[:, 0] - a[:, 0]) * (y - a[:, 1]) - (b[:, 1] - a[:, 1]) * (x - a[:, 0])) / area
    inside = (second >= 0) & (third >= 0) & (second + third <= 1)
    weights = np.stack([1 - second - third, second, third], 1)[inside]
    owner, pixel = owner[inside], (y * PICTURE + x)[inside]
    order = np.argsort((corners[owner, :, 2] * weights).sum(1), kind="stable")
    ids = np.full(PICTURE * PICTURE, -1)
    ids[pixel[order]] = owner[order]
    kept = np.zeros((PICTURE * PICTURE, 3))
    kept[pixel[order]] = weights[order]
    return ids.reshape(PICTURE, PICTURE), kept.reshape(PICTURE, PICTURE, 3)


def turn(yaw: float, pitch: float) -> Array:
    cy, sy, cx, sx = np.cos(yaw), np.sin(yaw), np.cos(pitch), np.sin(pitch)
    about_y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    return about_y @ np.array([[1, 0, 0], [0, cx, -sx], [0, sx, cx]])


def eyeballs(head: Head) -> list[tuple[Ints, Array, float]]:
    """Per eye (person's right, left): its vertices, its centre and its radius in cm."""
    result = []
    for name in ("M_ScleraRight", "M_ScleraLeft"):
        vertices = np.unique(head.triangles[head.material == name])
        ball = head.vertices[vertices]
        design = np.concatenate([2 * ball, np.ones((len(ball), 1))], 1)
        solution = np.linalg.lstsq(design, (ball**2).sum(1), rcond=None)[0]
        centre = solution[:3]
        result.append((vertices, centre, float(np.sqrt(solution[3] + centre @ centre))))
    return result


def colours(head: Head) -> Array:
    """(T, 3) RGB: skin, dark mouth, white teeth and eyes with dark irises."""
    table = {"M_BackHead": (70, 50, 40), "M_GumsTongue": (120, 50, 50), "M_Teeth": (235, 230, 215)}
    table |= {"M_ScleraRight": (240, 238, 235), "M_ScleraLeft": (240, 238, 235)}
    colour = np.array([table.get(name, (205, 150, 125)) for name in head.material], np.float64)
    middles = head.vertices[head.triangles].mean(1)
    for (_, centre, radius), name in zip(eyeballs(head), ("Right", "Left"), strict=True):
        ray = (middles - centre) / radius
        iris = (head.material == f"M_Sclera{name}") & (ray[:, 2] > 0)
        off_axis = np.hypot(ray[:, 0], ray[:, 1])
        colour[iris & (off_axis < IRIS_CM / EYEBALL_CM)] = (90, 65, 45)
        colour[iris & (off_axis < 0.4 * IRIS_CM / EYEBALL_CM)] = (12, 10, 10)
    return colour


def picture(
    head: Head, vertices: Array, colour: Array, yaw: float, pitch: float
) -> tuple[npt.NDArray[np.uint8], Ints, Array]:
    """A shaded picture, with the triangle and the weights seen through each pixel."""
    turned = (vertices - np.array([0.0, -1.0, 0.0])) @ turn(np.radians(yaw), np.radians(pitch)).T
    scale = PICTURE / SPAN_CM
    flat = turned * [scale, -scale, scale] + [PICTURE / 2, PICTURE / 2, 0]
    ids, weights = rasterise(flat, head.triangles)
    corners = turned[head.triangles]
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    smooth = np.zeros_like(turned)
    for i in range(3):
        np.add.at(smooth, head.triangles[:, i], normal)
    hit = ids >= 0
    shade = (smooth[head.triangles[ids[hit]]] * weights[hit][:, :, None]).sum(1)
    shade /= np.linalg.norm(shade, axis=1, keepdims=True) + 1e-9
    light = np.array([0.3, 0.5, 0.8]) / np.linalg.norm([0.3, 0.5, 0.8])
    image = np.full((PICTURE, PICTURE, 3), 150.0)
    image[hit] = colour[ids[hit]] * (0.35 + 0.65 * np.clip(shade @ light, 0, 1))[:, None]
    return image.clip(0, 255).astype(np.uint8), ids, weights


def ballots(head: Head, seed: int = 5) -> tuple[Array, Array]:
    """Where each landmark met the skin, on the template: mouth closed and a little open, each (N, 478, 3) cm."""
    rng = np.random.default_rng(seed)
    colour, skin = colours(head), head.skin
    closed, opened = [], []
    options = {"static_image_mode": True, "refine_landmarks": True, "max_num_faces": 1}
    with mp.solutions.face_mesh.FaceMesh(min_detection_confidence=0.3, **options) as finder:
        for who in range(IDENTITIES):
            modes = 0.8 * rng.standard_normal(len(head.identities)) * (who > 0)
            neutral = head.vertices + np.tensordot(modes, head.identities, 1)
            for votes, jaw in ((closed, 0.0), (opened, MOUTH_OPEN)):
                vertices = neutral + jaw * head.expressions["jawOpen"]
                for yaw, pitch in VIEWS:
                    image, ids, weights = picture(head, vertices, colour, yaw, pitch)
                    found = finder.process(image).multi_face_landmarks
                    if not found:
                        continue
                    marks = np.array([(p.x, p.y) for p in found[0].landmark]) * PICTURE
                    y, x = np.nonzero((ids >= 0) & skin[ids])
                    _, nearest = cKDTree(np.stack([x, y], 1)).query(marks)
                    through = y[nearest], x[nearest]
                    corner = head.vertices[head.triangles[ids[through]]]
                    votes.append((corner * weights[through][:, :, None]).sum(1))
    return np.array(closed), np.array(opened)


def closest_on(points: Array, head: Head, candidates: Ints) -> tuple[Ints, Array]:
    """Nearest point of the candidate triangles: triangle (P,) and weights (P, 3)."""
    corner = head.vertices[head.triangles[candidates]]
    grid = np.array([(i, j, 8 - i - j) for i in range(9) for j in range(9 - i)]) / 8.0
    samples = np.einsum("gk,tkc->tgc", grid, corner).reshape(-1, 3)
    owner = np.repeat(candidates, len(grid))
    _, index = cKDTree(samples).query(points)
    return owner[index], np.tile(grid, (len(candidates), 1))[index]


def mirrored(points: Array, mirror: Ints) -> Array:
    return 0.5 * (points + points[..., mirror, :] * [-1, 1, 1])


def election(head: Head) -> Array:
    """Median ballot per landmark, (478, 3) cm on the template."""
    closed, opened = ballots(head)
    votes = np.median(closed, axis=0)
    lips = np.array(regions.LIPS)
    votes[lips] = np.median(opened[:, lips], axis=0)
    return votes


def mirror_order(votes: Array) -> Ints:
    """Which landmark each becomes in a mirror, (478,): by place, then by whose neighbour it is."""
    skin, joined = votes[:468], np.zeros((468, 468))
    for a, b in FACEMESH_TESSELATION:
        joined[a, b] = joined[b, a] = 1
    distance = np.linalg.norm(skin[:, None] * [-1, 1, 1] - skin[None], axis=2)
    order = linear_sum_assignment(distance**2)[1]
    for _ in range(4):
        agreement = joined @ np.eye(468)[order] @ joined
        order = linear_sum_assignment(distance**2 - 0.6 * agreement)[1]
    irises = [473, 476, 475, 474, 477, 468, 471, 470, 469, 472]
    mirror = np.concatenate([order, irises])
    if not np.array_equal(mirror[mirror], np.arange(478)):
        raise SystemExit("the landmarks are not symmetrical: more views are needed")
    return mirror


def triangulation(votes: Array) -> Ints:
    """MediaPipe's tessellation as triangles (852, 3), counter-clockwise from the front."""
    beside: dict[int, set[int]] = {}
    for a, b in FACEMESH_TESSELATION:
        beside.setdefault(a, set()).add(b)
        beside.setdefault(b, set()).add(a)
    cycles = {
        tuple(sorted((a, b, c))) for a in beside for b in beside[a] for c in beside[a] & beside[b]
    }
    edges = Counter(edge for cycle in cycles for edge in combinations(cycle, 2))
    faces = [cycle for cycle in cycles if min(edges[edge] for edge in combinations(cycle, 2)) < 3]
    return wound(np.array(sorted(faces)), votes)


def wound(faces: Ints, points: Array) -> Ints:
    """The same triangles, all turning the same way: counter-clockwise for someone before the nose."""
    owners: dict[frozenset[int], list[int]] = {}
    for index, face in enumerate(faces):
        for edge in combinations(face.tolist(), 2):
            owners.setdefault(frozenset(edge), []).append(index)
    tip = next(index for index, face in enumerate(faces) if 4 in face)
    a, b, c = points[faces[tip]]
    faces = faces.copy()
    if np.cross(b - a, c - a)[2] < 0:
        faces[tip] = faces[tip][::-1]
    done, queue = {tip}, [tip]
    while queue:
        face = faces[queue.pop()].tolist()
        for edge in zip(face, face[1:] + face[:1], strict=True):
            for other in set(owners[frozenset(edge)]) - done:
                turned = faces[other].tolist()
                if edge in zip(turned, turned[1:] + turned[:1], strict=True):
                    faces[other] = faces[other][::-1]
                done.add(other)
                queue.append(other)
    return faces


def carry(head: Head, votes: Array, mirror: Ints) -> Array:
    """Weights (478, V), dense: each landmark as a mixture of template vertices. Irises stay empty."""
    votes = mirrored(votes, mirror)

    face = np.nonzero(head.skin)[0]
    drop = np.linalg.norm(head.expressions["jawOpen"], axis=1)[head.triangles].mean(1)
    upper, lower = face[drop[face] < 1.2], face[drop[face] > 1.2]
    mix = np.zeros((478, len(head.vertices)))

    def settle(points: Ints, candidates: Ints) -> None:
        triangle, weights = closest_on(votes[points], head, candidates)
        np.add.at(mix, (points[:, None], head.triangles[triangle]), weights)

    blink = [head.expressions[f"eyeBlink_{side}"] for side in "LR"]
    lid_drop = -np.sum(blink, axis=0)[:, 1][head.triangles].mean(1)
    lids_upper = sorted(set(regions.RIGHT_LID_UPPER[1:-1]) | set(regions.LEFT_LID_UPPER[1:-1]))
    special = set(regions.UPPER_LIP) | set(regions.LOWER_LIP) | set(lids_upper)
    settle(np.array([i for i in range(468) if i not in special]), face)
    settle(np.array(regions.UPPER_LIP), upper)
    settle(np.array(regions.LOWER_LIP), lower)
    settle(np.array(lids_upper), face[lid_drop[face] > 0.2])
    return mix


def iris_points(centre: Array, radius: float) -> Array:
    """(5, 3) cm: middle, then the ring in MediaPipe's order (viewer's right, top, viewer's left, bottom)."""
    ring = np.array([[0, 0], [1, 0], [0, 1], [-1, 0], [0, -1]]) * IRIS_CM
    depth = radius - EYEBALL_CM + np.sqrt(EYEBALL_CM**2 - IRIS_CM**2)
    return centre + np.concatenate([ring, np.full((5, 1), depth)], 1)


def build(head: Head) -> dict[str, npt.NDArray[np.generic]]:
    votes = election(head)
    mirror, triangles = mirror_order(votes), triangulation(votes)
    mix = carry(head, votes, mirror)

    neutral = mix @ head.vertices
    expressions = np.array([mix @ arkit_field(head, name) for name in BLENDSHAPES])
    modes = np.array([mix @ mode for mode in head.identities])
    balls = eyeballs(head)
    for first, (vertices, centre, radius) in zip((468, 473), balls, strict=True):
        neutral[first : first + 5] = iris_points(centre, radius)
        modes[:, first : first + 5] = head.identities[:, vertices].mean(1, keepdims=True)

    swap = [BLENDSHAPES.index(regions.other_side(name)) for name in BLENDSHAPES]
    neutral = mirrored(neutral, mirror)
    expressions = 0.5 * (expressions + expressions[swap][:, mirror] * [-1, 1, 1])
    neutral, expressions = repair(neutral, expressions, triangles, mirror)
    right, left = regions.OUTER_EYE_CORNERS
    unit = np.linalg.norm(neutral[right] - neutral[left])
    return {
        "neutral": ((neutral - TURNING_POINT) / unit).astype(np.float32),
        "expressions": (expressions / unit).astype(np.float32),
        "identities": (modes / unit).astype(np.float32),
        "triangles": triangles.astype(np.int32),
        "mirror": mirror.astype(np.int32),
        "eyeball_radius": np.array([EYEBALL_CM / unit], np.float32),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("head", type=Path, help="ict_face.npz")
    default = Path(__file__).parents[1] / "omnitalker" / "data" / "face_model.safetensors"
    parser.add_argument("-o", "--output", type=Path, default=default)
    args = parser.parse_args()
    metadata = {"source": "ICT FaceKit, MIT License, Copyright (c) 2020 USC ICT; see NOTICE"}
    save_file(build(load_head(args.head)), args.output, metadata=metadata)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    logging.info("%s: %.2f MB", args.output, args.output.stat().st_size / 1e6)


if __name__ == "__main__":
    main()
