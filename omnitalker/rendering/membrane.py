"""Making a patch match what surrounds it: the difference at its rim, spread over its inside like a soap film."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from omnitalker.base.types import FloatArray

_CELLS = (12, 9)
"""Columns and rows that colours are compared in."""


class Membrane:
    """For patches of one size; the film is solved once, spreading is a small matrix product."""

    def __init__(self, width: int, height: int) -> None:
        self._size = (width, height)
        columns, rows = _CELLS
        rim = np.ones((rows, columns), bool)
        rim[1:-1, 1:-1] = False
        self._rim = rim
        self._film = _film(rim)

    def spread(self, around: npt.NDArray[Any], patch: npt.NDArray[Any]) -> FloatArray:
        """(h, w, 3) what to add to `patch` so that its rim is like `around`'s. Both (h, w, 3)."""
        wanted = cv2.resize(around, _CELLS, interpolation=cv2.INTER_AREA).astype(np.float32)
        present = cv2.resize(patch, _CELLS, interpolation=cv2.INTER_AREA).astype(np.float32)
        cells = np.empty_like(present)
        difference = (wanted - present)[self._rim]
        cells[self._rim] = difference
        cells[~self._rim] = self._film @ difference
        return cv2.resize(cells, self._size, interpolation=cv2.INTER_LINEAR)


def _film(rim: np.ndarray) -> FloatArray:
    """(inside, rim) weights of the discrete Laplace equation on the cells."""
    rows, columns = rim.shape
    laplace = np.zeros((rim.size, rim.size))
    for row in range(rows):
        for column in range(columns):
            for y, x in (
                (row - 1, column),
                (row + 1, column),
                (row, column - 1),
                (row, column + 1),
            ):
                if 0 <= y < rows and 0 <= x < columns:
                    laplace[row * columns + column, y * columns + x] = -1
                    laplace[row * columns + column, row * columns + column] += 1
    inside = ~rim.ravel()
    return np.linalg.solve(
        laplace[np.ix_(inside, inside)], -laplace[np.ix_(inside, ~inside)]
    ).astype(np.float32)
