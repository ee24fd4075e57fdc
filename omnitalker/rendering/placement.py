"""Where the square that holds the head comes to lie in a picture of another shape, in whole pixels."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from omnitalker.base.types import FloatArray, Frame, Identity
from omnitalker.rendering.window import Window

FADE = 0.06
"""Width over which the square goes over into what is around it, in its own sides."""
ALIKE = 2
"""So many pixels more or less of the square are not worth resizing every frame for."""
Strip = tuple[slice, slice]


class Placement:
    """The square of an identity within a window of its source.

    square: its (left, top, side) in the source; size: (width, height) of the picture; drawn: pixels at which a
    renderer draws the square, 0 where that is still open.
    """

    def __init__(
        self,
        window: Window,
        square: tuple[float, float, float],
        size: tuple[int, int],
        drawn: int = 0,
    ) -> None:
        left, top, side = square
        zoom = size[1] / window.height
        self.side = round(zoom * side)
        """Of the square in the picture, pixels."""
        if abs(self.side - drawn) <= ALIKE:
            self.side = drawn
        zoom = self.side / side
        width, height = size[0] / zoom, size[1] / zoom
        bottom = window.top + window.height
        middle = window.left + 0.5 * window.width
        self.left = round((left - (middle - 0.5 * width)) * zoom)
        self.top = round((top - (bottom - height)) * zoom)
        self.window = replace(
            window,
            left=left - self.left / zoom,
            top=top - self.top / zoom,
            width=width,
            height=height,
        )
        """The window moved by less than a pixel so that the square lies on whole ones."""
        self._size = size
        first = max(0, -self.left), max(0, -self.top)
        last = min(self.side, size[0] - self.left), min(self.side, size[1] - self.top)
        self._seen = slice(first[1], last[1]), slice(first[0], last[0])
        self.rows = slice(self.top + first[1], self.top + last[1])
        self.columns = slice(self.left + first[0], self.left + last[0])

    def visible(self, square: Frame) -> Frame:
        """The part of a drawn square (S, S, C) that the picture shows, at its size there."""
        if len(square) != self.side:
            method = cv2.INTER_AREA if len(square) > self.side else cv2.INTER_CUBIC
            square = cv2.resize(square, (self.side, self.side), interpolation=method)
        return square[self._seen]

    def fade(self, soft: tuple[bool, bool, bool, bool]) -> FloatArray:
        """(h, w) of the visible part: 1, and falling to 0 at those of left, top, right, bottom that are soft and
        inside the picture."""
        place = (np.arange(self.side, dtype=np.float32) + 0.5) / (FADE * self.side)
        t = np.clip(place, 0, 1)
        start = t * t * (3 - 2 * t)
        end, whole = start[::-1], np.ones_like(start)
        width, height = self._size
        inside = (
            self.left > 0,
            self.top > 0,
            self.left + self.side < width,
            self.top + self.side < height,
        )
        left, top, right, bottom = (a and b for a, b in zip(soft, inside, strict=True))
        across = (start if left else whole) * (end if right else whole)
        down = (start if top else whole) * (end if bottom else whole)
        rows, columns = self._seen
        return np.asarray(down[rows, None] * across[None, columns], np.float32)


class Rims:
    """Blending only where a weight map is below one: strips along its four sides."""

    def __init__(self, weight: FloatArray) -> None:
        height, width = weight.shape
        soft_rows = np.flatnonzero(weight.max(axis=1) < 1)
        soft_columns = np.flatnonzero(weight.max(axis=0) < 1)
        top = int((soft_rows < height // 2).sum())
        bottom = height - int((soft_rows >= height // 2).sum())
        left = int((soft_columns < width // 2).sum())
        right = width - int((soft_columns >= width // 2).sum())
        strips: list[Strip] = [
            (slice(0, top), slice(0, width)),
            (slice(bottom, height), slice(0, width)),
            (slice(top, bottom), slice(0, left)),
            (slice(top, bottom), slice(right, width)),
        ]
        self._strips = [
            (strip, np.ascontiguousarray(weight[strip])) for strip in strips if weight[strip].size
        ]

    def lay(self, over: Frame, under: Frame) -> None:
        """Put `over` on `under`, in place; both (h, w, 3)."""
        rims = [
            cv2.blendLinear(
                np.ascontiguousarray(over[strip]),
                np.ascontiguousarray(under[strip]),
                weight,
                1 - weight,
            )
            for strip, weight in self._strips
        ]
        under[:] = over
        for (strip, _), rim in zip(self._strips, rims, strict=True):
            under[strip] = rim


def source_square(identity: Identity, cut_out: bool) -> tuple[float, float, float]:
    """(left, top, side) of the square in its source: the original frame, or for cut-outs the square itself."""
    if cut_out:
        return 0.0, 0.0, float(identity.size)
    framing = identity.framing
    return framing.left, framing.top, framing.side
