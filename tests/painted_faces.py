"""A face painted from the model itself: true geometry, flat colours, no detector needed."""

from __future__ import annotations

import cv2
import numpy as np

from omnitalker.base.types import Camera, Framing, Identity
from omnitalker.motion.face import regions
from omnitalker.motion.face.model import FaceModel
from omnitalker.motion.names import INDEX, MOTION_DIM

SKIN, LIP, IRIS, WHITE, WALL, SHIRT = (
    (205, 160, 135), (170, 70, 75), (40, 60, 90), (235, 235, 235), (90, 110, 120), (40, 60, 40),
)  # fmt: skip


def motion(**values: float) -> np.ndarray:
    result = np.zeros(MOTION_DIM, np.float32)
    for name, value in values.items():
        result[INDEX[name]] = value
    return result


def paint(points: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Picture (S, S, 3) and matte (S, S) of the face whose 478 points are seen at `points`."""
    picture = np.full((size, size, 3), WALL, np.uint8)
    matte = np.zeros((size, size), np.uint8)

    def fill(ids, colour):
        cv2.fillPoly(picture, [np.rint(points[list(ids)]).astype(np.int32)], colour, cv2.LINE_AA)

    chin = points[152]
    for canvas, colour in ((picture, SHIRT), (matte, 255)):
        cv2.ellipse(canvas, (int(chin[0]), size), (size // 3, size // 5), 0, 0, 360, colour, -1)
        middle = points[list(regions.OVAL)].mean(axis=0)
        radii = np.ptp(points[list(regions.OVAL)], axis=0) * 0.62
        cv2.ellipse(canvas, tuple(map(int, middle)), tuple(map(int, radii)), 0, 0, 360, 90, -1)
        matte[matte > 0] = 255
    fill(regions.OVAL, SKIN)
    fill(regions.OUTER_LIPS, LIP)
    fill(regions.INNER_LIPS, (60, 20, 20))
    for eye, iris in (
        (regions.RIGHT_EYE, regions.RIGHT_IRIS),
        (regions.LEFT_EYE, regions.LEFT_IRIS),
    ):
        opening = np.zeros((size, size), np.uint8)
        cv2.fillPoly(opening, [np.rint(points[list(eye)]).astype(np.int32)], 255)
        ball = np.full((size, size, 3), WHITE, np.uint8)
        radius = np.linalg.norm(points[list(iris[1:])] - points[iris[0]], axis=1).mean()
        cv2.circle(ball, tuple(int(v) for v in np.rint(points[iris[0]])), round(radius), IRIS, -1)
        picture[opening > 0] = ball[opening > 0]
    return picture, matte


def camera(size: int) -> Camera:
    return Camera(size / 4.2, size / 2, 0.5 * size)


def painted_identity(size: int = 256) -> Identity:
    model = FaceModel.load()
    rest = motion()
    points = model.pixels(model.neutral, rest, camera(size)).astype(np.float32)
    picture, matte = paint(points, size)
    return Identity(
        name="painted",
        picture=picture,
        matte=matte,
        background=np.full((size, size, 3), WALL, np.uint8),
        neutral=model.neutral.copy(),
        coefficients=rest,
        landmarks=points,
        camera=camera(size),
        framing=Framing(left=size / 2, top=0.0, side=float(size), width=2 * size, height=size),
        original=np.pad(picture, ((0, 0), (size // 2, size // 2), (0, 0)), mode="edge"),
    )
