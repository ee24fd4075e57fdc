"""Soft edges where one part of the face hides another: there the warp jumps, and a jump is jagged by itself."""

from __future__ import annotations

import cv2
import numpy as np

from omnitalker.types import FloatArray, Frame

JUMP = 8.0
"""Pixels of the picture between places two pixels of the frame apart, from which on the warp has a fold there."""
SOFTNESS = 1.1
"""Of the blur along a fold, frame pixels."""
_MARGIN = 4


def soften_folds(frame: Frame, where: FloatArray, box: tuple[int, int, int, int]) -> None:
    """Blur along the folds of a warp (H, W, 2), in place; only the box (left, top, width, height) is looked at."""
    left, top, width, height = box
    nodes = np.ascontiguousarray(where[top : top + height : 2, left : left + width : 2])
    folds = np.zeros(nodes.shape[:2], np.uint8)
    for ours, theirs in ((np.s_[1:], np.s_[:-1]), (np.s_[:, 1:], np.s_[:, :-1])):
        apart = cv2.absdiff(nodes[ours], nodes[theirs])
        folds[ours] |= cv2.compare(cv2.max(*cv2.split(apart)), JUMP, cv2.CMP_GT)
    x, y, across, down = cv2.boundingRect(folds)
    if not across:
        return
    rows = slice(max(top + 2 * y - _MARGIN, 0), top + 2 * (y + down) + _MARGIN)
    columns = slice(max(left + 2 * x - _MARGIN, 0), left + 2 * (x + across) + _MARGIN)
    region = np.ascontiguousarray(frame[rows, columns])
    share = np.zeros(region.shape[:2], np.uint8)
    spread = cv2.resize(folds[y : y + down, x : x + across], None, fx=2, fy=2)
    inner = share[top + 2 * y - rows.start :, left + 2 * x - columns.start :]
    inner = inner[: spread.shape[0], : spread.shape[1]]
    inner[:] = spread[: inner.shape[0], : inner.shape[1]]
    weight = cv2.GaussianBlur(cv2.dilate(share, np.ones((3, 3), np.uint8)), (0, 0), SOFTNESS)
    soft = cv2.GaussianBlur(region, (0, 0), SOFTNESS)
    alpha = weight.astype(np.float32) / 255
    frame[rows, columns] = cv2.blendLinear(soft, region, alpha, 1 - alpha)
