"""Furrows, lifted cheeks and folds beside the nose: how an expression changes the light on anyone's skin.

Warping a picture moves its skin but leaves its shading as it was: brows come down without a furrow, a smile has flat
cheeks. So the picture is multiplied with what the morphable head says each shape does to the light
(`scripts/build_folds.py`), beyond what the picture shows already.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from safetensors import safe_open

from omnitalker.base.assets import data_path
from omnitalker.base.types import FloatArray, Frame, Identity
from omnitalker.motion.face import regions as face_regions
from omnitalker.motion.face.model import FaceModel
from omnitalker.motion.face.raster import backward_map
from omnitalker.motion.face.surface import picture_triangles
from omnitalker.motion.names import INDEX

SPAN = 2.4
"""Side of the square that maps cover, in eye distances, around the middle of the face in head space."""
MIDDLE = (0.0, 0.3)
STRENGTH = 1.0
"""Of the shading of a face whose folds no picture shows."""
SEEN_STRENGTH = 0.8
"""Of one whose stills show them in part."""
DEEPEST = 0.36
"""Log that shading comes near to but never passes, where several shapes share a fold."""
WARM = (0.72, 1.0, 1.08)
"""How much of it red, green and blue take: skin in shadow is warm, grey folds look like dirt."""
MOST_SHAPE = 1.2
"""Strength of a shape from which on its folds grow no deeper."""
_ROUGH = 2
"""Pixels of the picture per node of the shading."""


def _both(*names: str) -> tuple[str, ...]:
    return tuple(f"{name}{side}" for name in names for side in ("Left", "Right"))


FOLDING = (
    "browInnerUp",
    *_both("browDown", "browOuterUp", "cheekSquint", "eyeSquint", "noseSneer"),
    *_both("mouthSmile", "mouthFrown", "mouthStretch", "mouthDimple", "mouthUpperUp", "mouthPress"),
    "mouthShrugLower",
)
Knot = dict[int, float]


@dataclass(frozen=True)
class Crease:
    """Lines through weighted points of the face, and the shapes that show them."""

    shapes: tuple[str, ...]
    lines: tuple[tuple[Knot, ...], ...]
    depth: float
    """Log of how much darker it is at full strength."""
    width: float
    """In eye distances."""


def _line(*points: int) -> tuple[Knot, ...]:
    return tuple({point: 1.0} for point in points)


def _between(*pairs: tuple[int, int, float]) -> tuple[Knot, ...]:
    """Knots a share of the way from one point to another."""
    return tuple({a: 1 - share, b: share} for a, b, share in pairs)


def _mirrored(
    right: tuple[str, ...],
    left: tuple[str, ...],
    lines_right: tuple[tuple[Knot, ...], ...],
    lines_left: tuple[tuple[Knot, ...], ...],
    depth: float,
    width: float,
) -> tuple[Crease, Crease]:
    return Crease(right, lines_right, depth, width), Crease(left, lines_left, depth, width)


CREASES: tuple[Crease, ...] = (
    # Upright furrows between the brows, one from each.
    *_mirrored(
        ("browDownRight",), ("browDownLeft",),
        (_between((107, 9, 0.30), (55, 8, 0.30), (193, 168, 0.25)),),
        (_between((336, 9, 0.30), (285, 8, 0.30), (417, 168, 0.25)),),
        0.34, 0.022,
    ),
    # Across the bridge of the nose.
    *_mirrored(
        ("noseSneerRight",), ("noseSneerLeft",),
        (_line(122, 6), _line(188, 197)), (_line(351, 6), _line(412, 197)), 0.16, 0.018,
    ),
    # Across the middle of the forehead.
    Crease(
        ("browInnerUp",),
        (_between((69, 66, 0.15), (108, 107, 0.1), (151, 9, 0.2), (337, 336, 0.1), (299, 296, 0.15)),
         _between((69, 66, 0.5), (108, 107, 0.45), (151, 9, 0.55), (337, 336, 0.45), (299, 296, 0.5))),
        0.12, 0.024,
    ),
    *_mirrored(
        ("browOuterUpRight",), ("browOuterUpLeft",),
        (_line(68, 104, 69), _between((68, 63, 0.35), (104, 105, 0.35), (69, 66, 0.35))),
        (_line(298, 333, 299), _between((298, 293, 0.35), (333, 334, 0.35), (299, 296, 0.35))),
        0.13, 0.022,
    ),
    # From the wings of the nose around the corners of the mouth.
    *_mirrored(
        ("mouthSmileRight", "noseSneerRight", "mouthUpperUpRight"),
        ("mouthSmileLeft", "noseSneerLeft", "mouthUpperUpLeft"),
        (_between((129, 203, 0.25), (203, 206, 0.3), (206, 216, 0.4), (216, 212, 0.3)),),
        (_between((358, 423, 0.25), (423, 426, 0.3), (426, 436, 0.4), (436, 432, 0.3)),),
        0.20, 0.028,
    ),
    # Down from the corners of the mouth.
    *_mirrored(
        ("mouthFrownRight",), ("mouthFrownLeft",),
        (_between((61, 57, 0.4), (43, 202, 0.4), (204, 211, 0.3)),),
        (_between((291, 287, 0.4), (273, 422, 0.4), (424, 431, 0.3)),),
        0.22, 0.026,
    ),
    # Under the eyes, and out from their corners.
    *_mirrored(
        ("cheekSquintRight", "eyeSquintRight"), ("cheekSquintLeft", "eyeSquintLeft"),
        (_line(31, 228, 229, 230, 231), _between((33, 226, 0.8), (226, 124, 0.8)),
         _between((130, 247, 0.1), (35, 156, 0.3))),
        (_line(261, 448, 449, 450, 451), _between((263, 446, 0.8), (446, 353, 0.8)),
         _between((359, 467, 0.1), (265, 383, 0.3))),
        0.15, 0.018,
    ),
)  # fmt: skip


def map_pixels(points: FloatArray, side: int) -> FloatArray:
    """(N, 2) head space, y up -> pixels of a map."""
    flat = np.asarray(points, np.float32) - np.array(MIDDLE, np.float32)
    return (flat * np.array([1, -1], np.float32) / SPAN + 0.5) * side - 0.5


@lru_cache(maxsize=1)
def load_folds() -> FloatArray:
    """(K, side, side) log of the change of light, in the order of `FOLDING`."""
    with safe_open(str(data_path("folds.safetensors")), framework="numpy") as data:
        metadata = data.metadata()
        assert tuple(metadata["shapes"].split(",")) == FOLDING
        picture = cv2.imdecode(data.get_tensor("maps.png"), cv2.IMREAD_GRAYSCALE)
        sheet = np.asarray(picture, np.float32)
        maps = sheet.reshape(len(FOLDING), -1, sheet.shape[1])
        return (maps - 128) * np.float32(float(metadata["most"]) / 127)


class SkinFolds:
    """Shades the pictures of one identity, before they are warped."""

    def __init__(self, identity: Identity, strength: float) -> None:
        oval = identity.landmarks[list(face_regions.OVAL)]
        low = np.floor(np.clip(oval.min(axis=0), 0, identity.size - _ROUGH)).astype(int)
        high = np.ceil(np.clip(oval.max(axis=0), 0, identity.size)).astype(int)
        columns, rows = (high - low) // _ROUGH
        self._place = (
            slice(low[1], low[1] + rows * _ROUGH),
            slice(low[0], low[0] + columns * _ROUGH),
        )
        self._shapes = [INDEX[name] for name in FOLDING]
        self._rest = identity.coefficients[self._shapes]
        maps = load_folds()
        nodes = (identity.landmarks - low + 0.5) / _ROUGH - 0.5
        where = np.full((rows, columns, 2), -1e4, np.float32)
        source = map_pixels(FaceModel.load().neutral[:, :2], maps.shape[1])
        flat = np.zeros(len(nodes), np.float32)
        backward_map(nodes, source, picture_triangles(), flat, (rows, columns), where)
        window = _inside(nodes, (columns, rows)) * strength
        self._maps = np.stack(
            [cv2.remap(one, where, None, cv2.INTER_LINEAR) * window for one in maps]
        ).reshape(len(maps), -1)
        self._shape = (int(rows), int(columns))

    def shade(self, picture: Frame, motion: FloatArray) -> Frame:
        """A copy of the picture (S, S, 4) as the expression of `motion` (61,) is lit."""
        more = np.minimum(motion[self._shapes] - self._rest, MOST_SHAPE)
        if np.abs(more).max() < 0.02:
            return picture
        change = (DEEPEST * np.tanh(more @ self._maps / DEEPEST)).reshape(self._shape)
        gains = [np.exp(share * change) * 128 for share in WARM]
        width, height = self._shape[1] * _ROUGH, self._shape[0] * _ROUGH
        rough = np.clip(cv2.merge([*gains, np.full_like(change, 128)]), 0, 255).astype(np.uint8)
        fine = cv2.resize(rough, (width, height), interpolation=cv2.INTER_LINEAR)
        result = picture.copy()
        face = np.ascontiguousarray(result[self._place])
        lit = cv2.multiply(face, fine, scale=1 / 128)
        result[self._place] = lit
        return result


def _inside(nodes: FloatArray, size: tuple[int, int]) -> FloatArray:
    """(rows, columns) 1 on the face, 0 outside it and on eyes and mouth."""
    canvas = np.zeros((size[1], size[0]), np.uint8)
    cv2.fillPoly(canvas, [np.rint(nodes[list(face_regions.OVAL)]).astype(np.int32)], 1)
    for loop in (face_regions.LEFT_EYE, face_regions.RIGHT_EYE, face_regions.OUTER_LIPS):
        cv2.fillPoly(canvas, [np.rint(nodes[list(loop)]).astype(np.int32)], 0)
    away = cv2.distanceTransform(canvas, cv2.DIST_L2, 3)
    reach = 0.05 * float(np.ptp(nodes[list(face_regions.OVAL), 0]))
    t = np.clip(away / reach, 0, 1)
    return np.asarray(t * t * (3 - 2 * t), np.float32)
