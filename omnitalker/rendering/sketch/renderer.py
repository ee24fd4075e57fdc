"""A drawn face moved by all 61 coefficients: the debugging view, needing no identity and no weights."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from omnitalker.base.errors import ConfigError, InputError
from omnitalker.base.types import FloatArray, Frame, RenderMemory
from omnitalker.motion.names import INDEX, MOTION_DIM, POSE_SLICE
from omnitalker.rendering.sketch.parts import (  # fmt: skip
    SKIN,
    SKIN_LINE,
    SKIN_SHADE,
    draw_brows,
    draw_cheeks,
    draw_eyes,
    draw_forehead,
    draw_mouth,
    draw_nose,
)
from omnitalker.rendering.sketch.pen import Colour, Pen, blend, ellipse

_HAIR: Colour = (104, 68, 52)
_HAIR_LIGHT: Colour = (132, 90, 68)
_SHIRT: Colour = (88, 128, 150)
_WALL_TOP: Colour = (236, 240, 242)
_WALL_BOTTOM: Colour = (208, 218, 224)


class SketchRenderer:
    """A `types.Renderer`. size: (width, height) in pixels."""

    def __init__(self, size: tuple[int, int] = (512, 512)) -> None:
        if min(size) < 64:
            raise ConfigError(f"A sketch is at least 64 x 64 pixels; got {size[0]} x {size[1]}.")
        self.size = size
        width, height = size
        self._scale = 0.335 * min(width, height)
        self._centre = (width / 2, height * 0.455)
        self._still = self._draw_still()

    def frame(self, coefficients: FloatArray, memory: RenderMemory | None = None) -> Frame:
        """(61,) -> (H, W, 3) RGB uint8."""
        del memory  # a drawing is the same every time
        if coefficients.shape != (MOTION_DIM,):
            raise InputError(
                f"A frame is drawn from ({MOTION_DIM},) numbers; got {coefficients.shape}."
            )
        canvas = self._still.copy()
        numbers = coefficients.tolist()

        def read(name: str) -> float:
            return float(numbers[INDEX[name]])

        pen = Pen.posed(canvas, self._centre, self._scale, coefficients[POSE_SLICE])
        self._draw_neck(canvas, pen)
        _draw_head(pen, read)
        draw_cheeks(pen, read)
        draw_forehead(pen, read)
        draw_nose(pen, read)
        draw_mouth(pen, read)
        draw_eyes(pen, read)
        _draw_fringe(pen)
        draw_brows(pen, read)
        return canvas

    def _draw_still(self) -> Frame:
        """Wall and shoulders, which no coefficient moves."""
        width, height = self.size
        rows = np.linspace(0.0, 1.0, height)[:, None, None]
        wall = np.asarray(_WALL_TOP) + rows * (np.asarray(_WALL_BOTTOM) - np.asarray(_WALL_TOP))
        canvas = np.broadcast_to(np.rint(wall), (height, width, 3)).astype(np.uint8)
        canvas = np.ascontiguousarray(canvas)
        pen = Pen.posed(canvas, self._centre, self._scale, np.zeros(6))
        angle = np.linspace(0.0, np.pi, 40)
        shirt = np.column_stack([1.45 * np.cos(angle), -2.3 + 0.85 * np.sin(angle) ** 0.8])
        pen.fill(_deep(shirt, -0.3), _SHIRT)
        return canvas

    def _draw_neck(self, canvas: Frame, head: Pen) -> None:
        """From the still shoulders to wherever the head is."""
        still = Pen.posed(canvas, self._centre, self._scale, np.zeros(6))
        top = head.project(np.array([[-0.34, -0.75, -0.1], [0.34, -0.75, -0.1]]))
        base = still.project(
            np.array([[0.42, -1.50, -0.2], [0.0, -1.70, 0.0], [-0.42, -1.50, -0.2]])
        )
        outline = np.rint(np.concatenate([top, base]) * 16).astype(np.int32)
        cv2.fillPoly(canvas, [outline], SKIN_SHADE, cv2.LINE_AA, 4)


def _deep(points: np.ndarray, z: float) -> np.ndarray:
    """(K, 2) -> (K, 3) at one depth."""
    return np.column_stack([points, np.full(len(points), z)])


def _outline(read: Callable[[str], float]) -> np.ndarray:
    """(K, 2) of the face: a wide brow, cheeks that puff, a chin that drops with the jaw."""
    angle = np.linspace(0.0, 2 * np.pi, 72, endpoint=False)
    x, y = np.cos(angle), np.sin(angle)
    below = np.clip(-y, 0.0, 1.0)
    half = 0.76 - 0.20 * below**2.2 + 0.02 * np.clip(y, 0, 1)
    puff = 0.09 * read("cheekPuff") * np.exp(-(((y + 0.45) / 0.3) ** 2))
    chin = (0.34 * read("jawOpen") + 0.04 * read("jawForward")) * below**1.5
    sway = 0.10 * (read("jawLeft") - read("jawRight")) * below**2
    height = np.where(y > 0, 0.92, 0.98)
    return np.column_stack([(half + puff) * x + sway, -0.13 + height * y - chin])


def _draw_head(pen: Pen, read: Callable[[str], float]) -> None:
    pen.fill(_deep(ellipse(0.0, 0.12, 0.93, 0.95, 60), -0.35), _HAIR)
    for side in (-1.0, 1.0):
        pen.fill(_deep(ellipse(side * 0.78, -0.14, 0.10, 0.19, 30), -0.12), SKIN_SHADE)
    outline = _outline(read)
    pen.fill(_deep(outline, 0.0), SKIN)
    pen.line(_deep(outline[37:72], 0.0), blend(SKIN_SHADE, SKIN_LINE, 0.35), 0.014)


def _draw_fringe(pen: Pen) -> None:
    """Hair over the forehead, parted to one side."""
    angle = np.linspace(0.04 * np.pi, 0.96 * np.pi, 30)
    crown = np.column_stack([0.85 * np.cos(angle), -0.05 + 1.08 * np.sin(angle)])
    u = np.linspace(-1.0, 1.0, 25)
    line = 0.66 - 0.42 * np.abs(u - 0.25) ** 2 + 0.04 * np.exp(-(((u - 0.25) / 0.2) ** 2))
    hairline = np.column_stack([0.84 * u, line, 0.14 - 0.30 * u**2])
    pen.fill(np.concatenate([_deep(crown, -0.16), hairline]), _HAIR)
    sweep = np.linspace(0.0, 1.0, 10)
    strand = np.column_stack([0.15 - 0.7 * sweep, 0.74 + 0.08 * np.sin(2.8 * sweep) - 0.12 * sweep])
    pen.line(_deep(strand, 0.05), _HAIR_LIGHT, 0.016)
