"""Eyeballs behind the lids: a sclera without its iris, an iris that turns, and the lid's own shadow.

Both are taken from the picture once; what lids or lashes hid is filled in. Between the lids of a frame the
eyeball is drawn as a rigid part of the head, so lids can close over it and the gaze can move under them.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from omnitalker.base.types import FloatArray, Frame, Identity
from omnitalker.motion.face import regions as face_regions
from omnitalker.motion.face.model import FaceModel
from omnitalker.motion.face.surface import unposed
from omnitalker.motion.names import GAZE_SLICE
from omnitalker.rendering import curves
from omnitalker.rendering.eye.lid_patch import LidCover

LASH_STRENGTH = 0.75
_POLAR = cv2.WARP_POLAR_LINEAR | cv2.WARP_FILL_OUTLIERS
LASH_OVERHANG = 0.12
"""Part of the opening, from above, that own lids cover with their lashes."""
RIM = 0.10
"""Softness of the edge of the iris, in iris radii."""


@dataclass(frozen=True)
class EyeSide:
    """Which points and coefficients belong to one eye."""

    upper: tuple[int, ...]
    lower: tuple[int, ...]
    iris: tuple[int, ...]
    gaze: tuple[int, int]
    """Columns of yaw and pitch within the gaze."""


RIGHT = EyeSide(
    face_regions.RIGHT_LID_UPPER, face_regions.RIGHT_LID_LOWER, face_regions.RIGHT_IRIS, (2, 3)
)
LEFT = EyeSide(
    face_regions.LEFT_LID_UPPER, face_regions.LEFT_LID_LOWER, face_regions.LEFT_IRIS, (0, 1)
)


class Eye:
    """One eye of an identity, drawn into frames of any pose."""

    def __init__(self, identity: Identity, lids: EyeSide) -> None:
        self.lids = lids
        self._gaze = identity.coefficients[GAZE_SLICE][list(lids.gaze)]
        self._model, self._camera = FaceModel.load(), identity.camera
        marks = identity.landmarks
        centre = marks[lids.iris[0]]
        self._radius = float(np.linalg.norm(marks[list(lids.iris[1:])] - centre, axis=1).mean())
        loop = marks[list(lids.upper + lids.lower)]
        left, top, width, height = curves.box_around(
            loop, 2.0 * self._radius, (identity.size, identity.size)
        )
        self._origin = np.array([left, top], np.float32)
        crop = identity.picture[top : top + height, left : left + width]
        seen = curves.mask(
            curves.smooth(marks[list(lids.upper)]),
            curves.smooth(marks[list(lids.lower)]),
            (left, top, width, height),
            0.0,
        )
        self._lash = _lash_colour(identity, lids)
        local = centre - self._origin
        self._sclera = _sclera(crop, seen, local, self._radius)
        self._iris = _iris(crop, seen, local, self._radius)
        self._space = self._frame_in_head(identity, centre)

    def _frame_in_head(self, identity: Identity, centre: FloatArray) -> FloatArray:
        """(3, 3) head-space places of the crop's iris centre and two points beside it."""
        corners = centre + np.array([[0, 0], [10, 0], [0, 10]], np.float32)
        iris = identity.neutral[[self.lids.iris[0]]]
        depth = np.full(3, self._model.pose(iris, identity.coefficients)[0, 2], np.float32)
        self._corners = corners - self._origin
        return unposed(self._camera.lift(corners, depth), identity.coefficients)

    def draw(
        self,
        frame: Frame,
        points: FloatArray,
        motion: FloatArray,
        zoom: float,
        cover: LidCover,
    ) -> None:
        """Paint between the lids, in place. points: (V, 2) sheet in frame pixels; zoom: frame per picture pixel;
        cover: what the person's own lids have painted already."""
        upper, lower = curves.separate(points[list(self.lids.upper)], points[list(self.lids.lower)])
        height, width = frame.shape[:2]
        box = curves.box_around(np.concatenate([upper, lower]), 2.0, (width, height))
        if box[2] < 2 or box[3] < 2:
            return
        upper, lower = curves.smooth(upper), curves.smooth(lower)
        edge = upper + cover.own * LASH_OVERHANG * (lower - upper)
        coverage = cover.ball * curves.mask(edge, lower, box, 0.35 * zoom + 0.35)
        sclera = self._placed(
            self._sclera, self._affine(motion, zoom, np.zeros(2, np.float32), box), box
        )
        iris = self._placed(self._iris, self._affine(motion, zoom, self._turn(motion), box), box)
        ball = sclera + iris[..., 3:] * (iris[..., :3] - sclera)
        left, top, width, height = box
        region = frame[top : top + height, left : left + width, :3]
        region[:] = np.rint(region + coverage[..., None] * (ball - region))
        self._draw_lashes(region, upper, lower, box, zoom, 1 - cover.own)

    def _draw_lashes(
        self,
        region: Frame,
        upper: FloatArray,
        lower: FloatArray,
        box: tuple[int, int, int, int],
        zoom: float,
        amount: float,
    ) -> None:
        """Where the lids have met, the soft dark line of the lashes."""
        gap = float(np.linalg.norm(lower - upper, axis=1).mean())
        strength = amount * LASH_STRENGTH * min(max(1.5 - gap / (1.5 * zoom), 0.0), 1.0)
        if strength <= 0:
            return
        line = (0.5 * (upper + lower) - np.array(box[:2], np.float32))[4:-4]
        canvas = np.zeros((box[3], box[2]), np.uint8)
        width = max(1, round(0.012 * self._camera.scale * zoom))
        path = [np.rint(line * 16).astype(np.int32)]
        cv2.polylines(canvas, path, False, 255, width, cv2.LINE_AA, 4)
        shade = cv2.GaussianBlur(canvas.astype(np.float32) * (strength / 255), (0, 0), 0.8 * zoom)
        region[:] = np.rint(region + shade[..., None] * (self._lash - region))

    def _turn(self, motion: FloatArray) -> FloatArray:
        """How far the iris has moved on the face of the eyeball, in head space."""
        gaze = motion[GAZE_SLICE][list(self.lids.gaze)]
        return self._model.eyeball_radius * (np.sin(gaze) - np.sin(self._gaze))

    def _affine(
        self, motion: FloatArray, zoom: float, shift: FloatArray, box: tuple[int, int, int, int]
    ) -> FloatArray:
        """(2, 3) from the crop into the box."""
        space = self._space.copy()
        space[:, :2] += shift
        pixels = self._camera.project(self._model.pose(space, motion))
        pixels = (pixels + 0.5) * zoom - 0.5 - np.array(box[:2], np.float32)
        return cv2.getAffineTransform(self._corners, pixels.astype(np.float32))

    @staticmethod
    def _placed(crop: FloatArray, affine: FloatArray, box: tuple[int, int, int, int]) -> FloatArray:
        return cv2.warpAffine(
            crop, affine, (box[2], box[3]), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )


def _lash_colour(identity: Identity, lids: EyeSide) -> FloatArray:
    """(3,) the darkest that the upper edge of the eye shows."""
    edge = curves.smooth(identity.landmarks[list(lids.upper)]).reshape(-1, 1, 2)
    colours = cv2.remap(identity.picture, edge, None, cv2.INTER_LINEAR).reshape(-1, 3)
    dark = colours[np.argsort(colours.sum(axis=1))[: len(colours) // 4]]
    return dark.mean(axis=0).astype(np.float32)


def _distance(shape: tuple[int, ...], centre: FloatArray) -> FloatArray:
    y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    return np.hypot(x - centre[0], y - centre[1])


def _sclera(crop: Frame, seen: FloatArray, centre: FloatArray, radius: float) -> FloatArray:
    """The white of the eye, continued under the iris and the lids."""
    inner = cv2.erode((seen > 0.9).astype(np.uint8), np.ones((3, 3), np.uint8))
    white = (inner > 0) & (_distance(crop.shape, centre) > 1.15 * radius)
    if white.sum() < 6:
        return np.full(crop.shape, (225, 215, 210), np.float32)
    weights = white.astype(np.float32)
    total = np.zeros(crop.shape, np.float32)
    share = np.zeros(crop.shape[:2], np.float32)
    for spread in (1.0, 2.5, 6.0, 15.0, 40.0):
        level = cv2.GaussianBlur(weights, (0, 0), spread)
        colour = cv2.GaussianBlur(crop * weights[..., None], (0, 0), spread)
        total += colour * (1e-3 / spread**4)
        share += level * (1e-3 / spread**4)
    filled = total / np.maximum(share, 1e-20)[..., None]
    keep = cv2.GaussianBlur(weights, (0, 0), 0.7)[..., None] * weights[..., None]
    return filled + keep * (crop - filled)


def _iris(crop: Frame, seen: FloatArray, centre: FloatArray, radius: float) -> FloatArray:
    """(h, w, 4) the whole iris with coverage 0..1 in the last channel; hidden parts by their radius."""
    size = (64, 180)
    reach = 1.5 * radius
    polar = cv2.warpPolar(crop.astype(np.float32), size, tuple(map(float, centre)), reach, _POLAR)
    visible = cv2.warpPolar(
        cv2.erode(seen, np.ones((3, 3), np.uint8)),
        size,
        tuple(map(float, centre)),
        reach,
        _POLAR,
    )
    visible = (visible > 0.95).astype(np.float32)[..., None]
    count = visible.sum(axis=0, keepdims=True)
    profile = (polar * visible).sum(axis=0, keepdims=True) / np.maximum(count, 1e-6)
    profile[0, count[0, :, 0] < 1] = polar.reshape(-1, 3).min(axis=0)
    feather = cv2.GaussianBlur(np.vstack([visible] * 3), (0, 0), 3.0)[180:360, :, None]
    weight = np.minimum(visible, np.clip(2 * feather - 1, 0, 1))
    polar = profile + weight * (polar - profile)
    whole = cv2.warpPolar(
        polar,
        (crop.shape[1], crop.shape[0]),
        tuple(map(float, centre)),
        reach,
        _POLAR | cv2.WARP_INVERSE_MAP,
    )
    distance = _distance(crop.shape, centre) / radius
    coverage = np.clip((1.0 + RIM - distance) / (2 * RIM), 0, 1)
    return np.dstack([whole, coverage]).astype(np.float32)
