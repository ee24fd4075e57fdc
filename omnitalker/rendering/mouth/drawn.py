"""The inside of a mouth that was never seen: teeth, gums and tongue of the morphable head, lit like the person.

Two flat pictures stand in the head where the teeth are: the upper one fixed to the skull, the lower one to the jaw.
The lips of the frame are a window on them; near its edge the lips throw their shadow.
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
from omnitalker.motion.names import INDEX
from omnitalker.rendering import curves

_CORNERS = (78, 308)
_MIDDLE = (13, 14)
CAVITY = (38.0, 14.0, 12.0)
"""RGB of the dark behind the teeth in good light."""
FLESH = (0.72, 0.50, 0.46)
"""What gums and tongue are multiplied with: less light reaches them than the renderer gave them."""
WHITISH = 0.8
"""Green to red from which on a pixel of a jaw belongs to a tooth."""
BETWEEN = 9
"""Pixels of the widest gap between teeth that is filled, and how much of it."""
LINES_GONE = 0.75
OPENING = 0.03
"""How much further than in the picture the lips part until the drawn mouth has replaced the picture's, eye distances."""
REFERENCE_WHITE = 190.0
"""How bright the white of an eye is under the light that the teeth were rendered in."""


@dataclass(frozen=True)
class Jaw:
    """A picture of the teeth of one jaw."""

    picture: FloatArray
    """(h, w, 4) premultiplied RGB 0..255, coverage 0..1."""
    corners: FloatArray
    """(3, 3) where its corners top left, top right, bottom left are in head space."""
    travel: FloatArray
    """(3,) how far jawOpen = 1 carries it."""
    opening: float
    """jawOpen at which it was rendered."""


@lru_cache(maxsize=1)
def load_jaws() -> tuple[Jaw, Jaw]:
    """Upper and lower."""
    path = data_path("mouth_model.safetensors")
    with safe_open(str(path), framework="numpy") as data:
        return _jaw(data, "upper"), _jaw(data, "lower")


def _jaw(data: safe_open, which: str) -> Jaw:
    encoded = data.get_tensor(f"{which}.png")
    picture = cv2.imdecode(encoded, cv2.IMREAD_UNCHANGED)
    picture = cv2.cvtColor(picture, cv2.COLOR_BGRA2RGBA).astype(np.float32)
    picture[..., 3] /= 255
    picture[..., :3] *= picture[..., 3:]
    return Jaw(
        picture=_natural(picture, upper=which == "upper"),
        corners=data.get_tensor(f"{which}.corners"),
        travel=data.get_tensor(f"{which}.travel"),
        opening=float(data.get_tensor(f"{which}.opening")[0]),
    )


def _natural(picture: FloatArray, upper: bool) -> FloatArray:
    """A rendered jaw (h, w, 4) as one sees it: hardly a line between the teeth, and little light behind them."""
    colours, cover = picture[..., :3], picture[..., 3]
    teeth = ((colours[..., 1] > WHITISH * colours[..., 0]) & (cover > 0.5)).astype(np.uint8)
    whole = cv2.morphologyEx(teeth, cv2.MORPH_CLOSE, np.ones((1, BETWEEN), np.uint8))
    filled = cv2.morphologyEx(colours, cv2.MORPH_CLOSE, np.ones((1, BETWEEN), np.uint8))
    lines = cv2.GaussianBlur((whole - teeth).astype(np.float32), (0, 0), 0.7)[..., None]
    lighter = colours + LINES_GONE * np.clip(2 * lines, 0, 1) * (filled - colours)
    flesh = cv2.GaussianBlur(1 - whole.astype(np.float32), (0, 0), 0.8)[..., None]
    lighter *= 1 + flesh * (np.array(FLESH, np.float32) - 1)
    natural = np.dstack([lighter, np.maximum(cover, whole)])
    if upper:  # the palate's ragged rim shows below the teeth
        below = np.arange(len(teeth))[:, None] > _lowest(whole)[None, :]
        natural[below & (whole == 0)] = 0
    return np.asarray(natural, np.float32)


def _lowest(teeth: FloatArray) -> FloatArray:
    """(w,) the last row with a tooth in each column; the picture's end where there is none."""
    rows = np.arange(len(teeth))[:, None]
    return np.asarray(np.where(teeth.any(axis=0), (rows * teeth).max(axis=0), len(teeth)))


class DrawnMouth:
    """The mouth interior of one identity."""

    def __init__(self, identity: Identity) -> None:
        self._model, self._camera = FaceModel.load(), identity.camera
        self._upper, self._lower = load_jaws()
        own, general = (_mouth_place(face) for face in (identity.neutral, self._model.neutral))
        self._zoom = own[1] / general[1]
        self._from, self._to = general[0], own[0]
        self._light = _light(identity)
        self._lips = face_regions.INNER_LIP_UPPER, face_regions.INNER_LIP_LOWER
        self._seen_gap = self._gap(identity.landmarks) / identity.camera.scale

    def draw(
        self, frame: Frame, points: FloatArray, motion: FloatArray, zoom: float, share: float = 1.0
    ) -> None:
        """Paint between the lips, in place. points: (V, 2) sheet in frame pixels; zoom: frame per picture pixel;
        share: how much of it, 0..1."""
        strength = share * self._strength(points, zoom)
        if strength <= 0:
            return
        upper, lower = curves.separate(*(points[list(lip)] for lip in self._lips))
        height, width = frame.shape[:2]
        box = curves.box_around(np.concatenate([upper, lower]), 3.0, (width, height))
        if box[2] < 2 or box[3] < 2:
            return
        upper, lower = curves.smooth(upper), curves.smooth(lower)
        coverage = curves.mask(upper, lower, box, 0.4 * zoom + 0.3)
        inside = self._inside(motion, zoom, box)
        inside *= self._shade(coverage, upper, lower)[..., None] * self._light
        left, top, width, height = box
        region = frame[top : top + height, left : left + width, :3]
        region[:] = np.rint(region + strength * coverage[..., None] * (inside - region))

    def _gap(self, points: FloatArray) -> float:
        upper, lower = (points[list(lip)] for lip in self._lips)
        return float(np.linalg.norm(lower - upper, axis=1)[2:-2].mean())

    def _strength(self, points: FloatArray, zoom: float) -> float:
        """0 while the lips are no further apart than in the picture, which shows its own mouth then; up to 1."""
        gap = self._gap(points) / (zoom * self._camera.scale)
        t = min(max((gap - self._seen_gap) / OPENING, 0.0), 1.0)
        return t * t * (3 - 2 * t)

    def _inside(
        self, motion: FloatArray, zoom: float, box: tuple[int, int, int, int]
    ) -> FloatArray:
        inside = np.empty((box[3], box[2], 3), np.float32)
        inside[:] = CAVITY
        opened = float(motion[INDEX["jawOpen"]])
        for jaw in (self._lower, self._upper):
            corners = self._to + self._zoom * (jaw.corners - self._from)
            corners = corners + self._zoom * jaw.travel * (opened - jaw.opening)
            layer = self._placed(jaw.picture, corners, motion, zoom, box)
            inside *= 1 - layer[..., 3:]
            inside += layer[..., :3]
        return inside

    def _placed(
        self,
        picture: FloatArray,
        corners: FloatArray,
        motion: FloatArray,
        zoom: float,
        box: tuple[int, int, int, int],
    ) -> FloatArray:
        pixels = self._camera.project(self._model.pose(corners.astype(np.float32), motion))
        pixels = (pixels + 0.5) * zoom - 0.5 - np.array(box[:2], np.float32)
        height, width = picture.shape[:2]
        own = np.array([[0, 0], [width, 0], [0, height]], np.float32) - 0.5
        affine = cv2.getAffineTransform(own, pixels.astype(np.float32))
        return cv2.warpAffine(picture, affine, (box[2], box[3]), flags=cv2.INTER_LINEAR)

    @staticmethod
    def _shade(coverage: FloatArray, upper: FloatArray, lower: FloatArray) -> FloatArray:
        """(h, w) light that reaches the inside: less under the upper lip and in the corners."""
        gap = float(np.linalg.norm(upper - lower, axis=1).max())
        wide = float(np.linalg.norm(upper[-1] - upper[0]))
        spread = max(1.0, min(0.35 * gap, 0.12 * wide))
        lit = cv2.GaussianBlur(coverage, (0, 0), spread)
        down = np.array([[1, 0, 0], [0, 1, 0.6 * spread]], np.float32)
        lit = cv2.warpAffine(lit, down, (lit.shape[1], lit.shape[0]))
        return 0.4 + 0.6 * np.clip(lit, 0, 1)


def _mouth_place(points: FloatArray) -> tuple[FloatArray, float]:
    """(3,) middle of the mouth and its width."""
    corners = points[list(_CORNERS)]
    middle = 0.5 * (corners.mean(axis=0) + points[list(_MIDDLE)].mean(axis=0))
    return middle, float(np.linalg.norm(corners[1] - corners[0]))


def _light(identity: Identity) -> FloatArray:
    """(3,) what to multiply well-lit teeth with: as the whites of the eyes are, which see the same light."""
    picture = identity.picture
    whites = []
    for loop in (face_regions.RIGHT_EYE, face_regions.LEFT_EYE):
        canvas = np.zeros(picture.shape[:2], np.uint8)
        cv2.fillPoly(canvas, [np.rint(identity.landmarks[list(loop)]).astype(np.int32)], 255)
        whites.append(picture[canvas > 0])
    pixels = np.concatenate(whites).astype(np.float32)
    if len(pixels) < 20:
        return np.ones(3, np.float32)
    bright = pixels[np.argsort(pixels.sum(axis=1))[int(0.75 * len(pixels)) :]].mean(axis=0)
    level = np.clip(bright.mean() / REFERENCE_WHITE, 0.55, 1.12)
    tint = np.clip(bright / bright.mean(), 0.9, 1.1)
    return (level * tint).astype(np.float32)
