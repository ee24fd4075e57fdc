"""Draws smooth shapes given in head coordinates onto a picture, through the head's pose.

Head coordinates are those of the motion vector: eye distances, origin between the eyes, x to the viewer's
right, y up, z to the viewer.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from omnitalker.base.types import Frame

Colour = tuple[int, int, int]
Points = np.ndarray
"""(K, 3), or (K, 2) where the depth is that of the drawn face's surface."""

_SUBPIXEL_BITS = 4
_NECK = np.array([0.0, -0.75, -0.45])
"""What the head turns about."""
_CAMERA = 9.0
"""Distance of the viewer: gives a turned head a little perspective."""


def blend(a: Colour, b: Colour, amount: float) -> Colour:
    """`a` at 0, `b` at 1."""
    t = min(max(amount, 0.0), 1.0)
    red, green, blue = (round(x + (y - x) * t) for x, y in zip(a, b, strict=True))
    return red, green, blue


def surface(points: np.ndarray) -> np.ndarray:
    """(K, 2) or (K, 3) -> (K, 3): put flat points onto a face that curves away from the viewer."""
    if points.shape[1] == 3:
        return points
    x, y = points[:, 0], points[:, 1]
    depth = 0.42 - 0.55 * x**2 - 0.12 * (y + 0.2) ** 2
    return np.column_stack([points, depth])


@dataclass(frozen=True)
class Pen:
    """Draws on `canvas` (H, W, 3). centre: pixel of the origin; scale: pixels per eye distance."""

    canvas: Frame
    centre: tuple[float, float]
    scale: float
    rotation: np.ndarray
    translation: np.ndarray

    @classmethod
    def posed(
        cls, canvas: Frame, centre: tuple[float, float], scale: float, pose: np.ndarray
    ) -> Pen:
        """pose: (6,) rotation vector and translation as in the motion vector."""
        rotation = cv2.Rodrigues(pose[:3].astype(np.float64))[0]
        return cls(canvas, centre, scale, rotation, pose[3:].astype(np.float64))

    def project(self, points: Points) -> np.ndarray:
        """(K, 2) pixels."""
        moved = (surface(points) - _NECK) @ self.rotation.T + _NECK + self.translation
        near = _CAMERA / np.maximum(_CAMERA - moved[:, 2:], 1.0)
        return np.asarray(moved[:, :2] * near * (self.scale, -self.scale) + self.centre)

    def fill(self, points: Points, colour: Colour) -> None:
        if self.canvas.size == 0:
            return
        cv2.fillPoly(
            self.canvas, [_fixed(self.project(points))], colour, cv2.LINE_AA, _SUBPIXEL_BITS
        )

    def line(self, points: Points, colour: Colour, width: float, closed: bool = False) -> None:
        """width in eye distances; never thinner than a pixel."""
        pixels = max(1, round(width * self.scale))
        path = [_fixed(self.project(points))]
        cv2.polylines(self.canvas, path, closed, colour, pixels, cv2.LINE_AA, _SUBPIXEL_BITS)

    def inside(self, outline: Points) -> Inlay:
        """A small canvas of the outline's surroundings; what is drawn there shows only within it."""
        pixels = self.project(outline)
        height, width = self.canvas.shape[:2]
        low = np.clip(np.floor(pixels.min(axis=0)).astype(int) - 2, 0, (width, height))
        high = np.clip(np.ceil(pixels.max(axis=0)).astype(int) + 3, 0, (width, height))
        area = self.canvas[low[1] : high[1], low[0] : high[0]]
        origin = (self.centre[0] - low[0], self.centre[1] - low[1])
        pen = Pen(area.copy(), origin, self.scale, self.rotation, self.translation)
        return Inlay(pen, area, outline)


@dataclass(frozen=True)
class Inlay:
    """See `Pen.inside`."""

    pen: Pen
    area: Frame
    outline: Points

    def finish(self) -> None:
        """Put what was drawn onto the picture, within the outline."""
        if self.area.size == 0:
            return
        mask = np.zeros(self.area.shape[:2], np.uint8)
        path = [_fixed(self.pen.project(self.outline))]
        cv2.fillPoly(mask, path, (255,), cv2.LINE_AA, _SUBPIXEL_BITS)
        weight = mask[:, :, None].astype(np.float32) / 255.0
        mixed = self.area + (self.pen.canvas.astype(np.float32) - self.area) * weight
        self.area[:] = np.rint(mixed).astype(np.uint8)


def _fixed(pixels: np.ndarray) -> np.ndarray:
    return np.rint(pixels * (1 << _SUBPIXEL_BITS)).astype(np.int32)


def ellipse(x: float, y: float, half_width: float, half_height: float, count: int = 40) -> Points:
    """(count, 2) points around an ellipse."""
    angle = np.linspace(0.0, 2 * np.pi, count, endpoint=False)
    return np.column_stack([x + half_width * np.cos(angle), y + half_height * np.sin(angle)])
