"""How near pictures come to the camera's: the same cut, then differences in the face and about the mouth."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from omnitalker.base.types import FloatArray, Frame, Framing
from omnitalker.motion.face import regions


@dataclass(frozen=True)
class PictureFigures:
    """Rendered pictures against the camera's."""

    psnr_face: float
    ssim_face: float
    psnr_mouth: float
    sharpness_mouth: float
    """Detail of the mouth box over that of the original: 1 is as sharp."""
    frames: int


def crop(frame: Frame, framing: Framing, size: int) -> Frame:
    """The camera's picture cut as the identity's was."""
    scale = size / framing.side
    affine = np.array(
        [
            [scale, 0, (0.5 - framing.left) * scale - 0.5],
            [0, scale, (0.5 - framing.top) * scale - 0.5],
        ]
    )
    method = cv2.INTER_AREA if scale < 0.75 else cv2.INTER_CUBIC
    cut = cv2.warpAffine(frame, affine, (size, size), flags=method, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(cut, np.uint8)


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
