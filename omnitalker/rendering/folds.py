"""Soft edges where one part of the face hides another: there the warp jumps, and a jump is jagged by itself."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from omnitalker.base.types import FloatArray, Frame

JUMP = 8.0
"""Pixels of the picture between places two pixels of the frame apart, from which on the warp has a fold there."""
SOFTNESS = 1.1
"""Of the blur along a fold, frame pixels."""
MOST_FOLDS = 2
_MARGIN = 4
Box = tuple[int, int, int, int]
Mask = npt.NDArray[np.uint8]


def fold_nodes(where: FloatArray, box: Box) -> Mask:
    """(h / 2, w / 2) 1 where the warp (H, W, 2) jumps, every second pixel of a box (left, top, width, height)."""
    left, top, width, height = box
    nodes = np.ascontiguousarray(where[top : top + height : 2, left : left + width : 2])
    folds = np.zeros(nodes.shape[:2], np.uint8)
    for ours, theirs in ((np.s_[1:], np.s_[:-1]), (np.s_[:, 1:], np.s_[:, :-1])):
        apart = cv2.absdiff(nodes[ours], nodes[theirs])
        folds[ours] |= cv2.compare(cv2.max(*cv2.split(apart)), JUMP, cv2.CMP_GT)
    return folds


def fold_boxes(where: FloatArray, box: Box) -> list[Box]:
    """Boxes in frame pixels around the longest folds: the far cheek, seldom more."""
    near = cv2.dilate(fold_nodes(where, box), np.ones((5, 5), np.uint8))
    _, _, stats, _ = cv2.connectedComponentsWithStats(near)
    longest = sorted(stats[1:].tolist(), key=lambda part: -part[4])[:MOST_FOLDS]
    return [(box[0] + 2 * x, box[1] + 2 * y, 2 * w, 2 * h) for x, y, w, h, _ in longest]


def soften_folds(frame: Frame, where: FloatArray, box: Box) -> None:
    """Blur along the folds of a warp (H, W, 2), in place; only the box (left, top, width, height) is looked at."""
    left, top, _, _ = box
    folds = fold_nodes(where, box)
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
