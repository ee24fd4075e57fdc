"""How near rendered pictures come to what they should show: points, mouth, blinks, pose, pixels."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from omnitalker.base.types import FloatArray, Frame
from omnitalker.motion.face import regions
from omnitalker.motion.made.blinks import detect_blinks
from omnitalker.motion.names import POSE_SLICE

BLINK_TOLERANCE = 3
"""Frames by which a blink may be seen early or late."""


@dataclass(frozen=True)
class LoopFigures:
    """Rendered motion against the same motion tracked from the rendered pictures."""

    landmark_error: float
    """Mean distance of the 478 points from where they were meant, in eye distances."""
    lip_error: float
    """The same for the lips."""
    mouth_correlation: float
    """Of the opening of the lips over time."""
    blink_recall: float | None
    """Part of the blinks that is seen again; None if there were none."""
    blinks: int
    pose_error_degrees: float
    """Mean over the three angles."""
    frames_lost: int


@dataclass(frozen=True)
class PictureFigures:
    """Rendered pictures against the camera's."""

    psnr_face: float
    ssim_face: float
    psnr_mouth: float
    sharpness_mouth: float
    """Detail of the mouth box over that of the original: 1 is as sharp."""
    frames: int


def compare_motion(
    meant: FloatArray,
    seen: FloatArray,
    meant_points: FloatArray,
    seen_points: FloatArray,
    found: npt.NDArray[np.bool_],
) -> LoopFigures:
    """Motions (F, 61), points (F, 478, 2 or 3) in pixels of the same picture."""
    right, left = regions.OUTER_EYE_CORNERS
    apart = meant_points[:, right, :2] - meant_points[:, left, :2]
    unit = np.linalg.norm(apart, axis=1).max()
    error = np.linalg.norm(meant_points[..., :2] - seen_points[..., :2], axis=2)[found] / unit
    opening, again = lip_gap(meant_points[found]), lip_gap(seen_points[found])
    moving = len(opening) > 2 and opening.std() > 1e-6 and again.std() > 1e-6
    recall, count = blink_recall(meant, seen)
    turned = meant[found, POSE_SLICE][:, :3] - seen[found, POSE_SLICE][:, :3]
    return LoopFigures(
        landmark_error=float(error.mean()),
        lip_error=float(error[:, list(regions.LIPS)].mean()),
        mouth_correlation=float(np.corrcoef(opening, again)[0, 1]) if moving else float("nan"),
        blink_recall=recall,
        blinks=count,
        pose_error_degrees=float(np.degrees(np.abs(turned)).mean()),
        frames_lost=int((~found).sum()),
    )


def lip_gap(points: FloatArray) -> FloatArray:
    """(F, 478, >=2) -> (F,) mean distance of the inner lip edges."""
    upper, lower = list(regions.INNER_LIP_UPPER[2:-2]), list(regions.INNER_LIP_LOWER[2:-2])
    gap = points[:, upper, :2] - points[:, lower, :2]
    return np.asarray(np.linalg.norm(gap, axis=2).mean(1))


def blink_recall(meant: FloatArray, seen: FloatArray) -> tuple[float | None, int]:
    """Part of the blinks in `meant` that `seen` has at about the same time, and how many there are."""
    wanted = [blink.peak for blink in detect_blinks(meant, rise=0.5)]
    there = np.array([blink.peak for blink in detect_blinks(seen)])
    if not wanted:
        return None, 0
    hits = [len(there) > 0 and np.abs(there - peak).min() <= BLINK_TOLERANCE for peak in wanted]
    return float(np.mean(hits)), len(wanted)


def compare_pictures(shown: list[Frame], camera: list[Frame], points: FloatArray) -> PictureFigures:
    """Inside the face (hull of the points) and the mouth box, frame by frame. points: (F, 478, 2)."""
    faces, mouths, likeness, sharp = [], [], [], []
    for ours, theirs, place in zip(shown, camera, points, strict=True):
        mask = np.zeros(ours.shape[:2], np.uint8)
        hull = cv2.convexHull(np.round(place[:468]).astype(np.int32))
        cv2.fillConvexPoly(mask, hull, 1)
        faces.append(_psnr(ours[mask > 0], theirs[mask > 0]))
        likeness.append(float(_ssim_map(ours, theirs)[mask > 0].mean()))
        box = _box(place[list(regions.OUTER_LIPS)], ours.shape)
        mouths.append(_psnr(ours[box], theirs[box]))
        sharp.append(_detail(ours[box]) / max(_detail(theirs[box]), 1e-6))
    return PictureFigures(
        psnr_face=float(np.mean(faces)),
        ssim_face=float(np.mean(likeness)),
        psnr_mouth=float(np.mean(mouths)),
        sharpness_mouth=float(np.median(sharp)),
        frames=len(shown),
    )


def _psnr(a: npt.NDArray[np.uint8], b: npt.NDArray[np.uint8]) -> float:
    error = ((a.astype(np.float32) - b.astype(np.float32)) ** 2).mean()
    return float(10 * np.log10(255.0**2 / max(float(error), 1e-3)))


def _ssim_map(a: Frame, b: Frame) -> npt.NDArray[np.float32]:
    """(H, W) structural similarity of the grey pictures, Gaussian window of sigma 1.5 (Wang et al. 2004)."""

    def grey(picture: Frame) -> npt.NDArray[np.float32]:
        return cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float32)

    def blur(values: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        return np.asarray(cv2.GaussianBlur(values, (11, 11), 1.5), np.float32)

    x, y = grey(a), grey(b)
    mean_x, mean_y = blur(x), blur(y)
    var_x, var_y = blur(x * x) - mean_x**2, blur(y * y) - mean_y**2
    joint = blur(x * y) - mean_x * mean_y
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    above = (2 * mean_x * mean_y + c1) * (2 * joint + c2)
    return np.asarray(above / ((mean_x**2 + mean_y**2 + c1) * (var_x + var_y + c2)), np.float32)


def _box(points: FloatArray, shape: tuple[int, ...]) -> tuple[slice, slice]:
    low, high = points.min(0), points.max(0)
    grow = 0.25 * (high[0] - low[0])
    left, top = np.maximum(low - grow, 0).astype(int)
    right, bottom = np.minimum(high + grow, [shape[1], shape[0]]).astype(int)
    return slice(int(top), max(int(bottom), int(top) + 2)), slice(
        int(left), max(int(right), int(left) + 2)
    )


def _detail(picture: npt.NDArray[np.uint8]) -> float:
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float32)
    return float(cv2.Laplacian(grey, cv2.CV_32F).var())
