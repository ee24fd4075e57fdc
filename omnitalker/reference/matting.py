"""Cutting a person out of a picture, and what is left behind."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from omnitalker.base.native_noise import native_noise_left_out
from omnitalker.base.types import FloatArray, Frame
from omnitalker.reference.landmarks import WITH_MODELS, bundled_models

log = logging.getLogger(__name__)
Matte = npt.NDArray[np.uint8]

_SURE = 0.9
UNSEEN = 0.7 * 255
"""Mean coverage of a face below which the segmenter has not recognised it."""


def person_mattes(frames: Sequence[Frame]) -> list[Matte]:
    """How much each pixel is the person, (H, W) 0..255, with edges that follow the picture."""
    solutions = bundled_models()
    if solutions is None:
        log.warning(
            "This mediapipe carries no model that tells people from what is behind them: the whole picture moves "
            "with the head. For mediapipe 0.10.21, which does: %s",
            WITH_MODELS,
        )
        return [np.full(frame.shape[:2], 255, np.uint8) for frame in frames]
    mattes = []
    with (
        native_noise_left_out(),
        solutions.selfie_segmentation.SelfieSegmentation(model_selection=0) as segmenter,
    ):
        for frame in frames:
            rough = segmenter.process(np.ascontiguousarray(frame)).segmentation_mask
            mattes.append(_refined(frame, rough.astype(np.float32)))
    return mattes


def trusted_matte(matte: Matte, oval: FloatArray) -> Matte:
    """The matte with the whole face in it, or the whole picture where the segmenter has not seen the face (some
    drawings)."""
    face = np.zeros(matte.shape, np.uint8)
    cv2.fillPoly(face, [np.rint(oval).astype(np.int32)], 255)
    seen = matte[face > 0]
    return (
        np.maximum(matte, face) if len(seen) and seen.mean() > UNSEEN else np.full_like(matte, 255)
    )


def _refined(frame: Frame, rough: FloatArray) -> Matte:
    radius = max(2, len(frame) // 128)
    guided = cv2.ximgproc.guidedFilter(frame, rough, radius, 40.0)
    alpha = np.clip((guided - 0.25) / 0.6, 0, 1)
    island = _largest_part(alpha > 0.5)
    return np.rint(255 * alpha * island).astype(np.uint8)


def _largest_part(mask: npt.NDArray[np.bool_]) -> FloatArray:
    """1 on and around the largest connected part, 0 on other people and specks."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    if count < 2:
        return np.zeros(mask.shape, np.float32)
    largest = 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))
    near = cv2.dilate((labels == largest).astype(np.uint8), np.ones((15, 15), np.uint8))
    return near.astype(np.float32)


def clean_plate(frames: Sequence[Frame], mattes: Sequence[Matte]) -> Frame:
    """The background behind the person: seen in other frames where possible, continued smoothly elsewhere.

    All frames must be from one camera that does not move.
    """
    known = np.zeros(frames[0].shape[:2], np.float32)
    total = np.zeros(frames[0].shape, np.float32)
    for frame, matte in zip(frames, mattes, strict=True):
        free = (cv2.dilate(matte, _disc(len(frame) // 40)) < 12).astype(np.float32)
        total += frame * free[..., None]
        known += free
    seen = known > 0
    plate = total / np.maximum(known, 1)[..., None]
    if not seen.any():
        return np.full_like(frames[0], 128)
    return np.rint(np.clip(fill(plate, seen), 0, 255)).astype(np.uint8)


def _disc(radius: int) -> npt.NDArray[np.uint8]:
    size = 2 * max(1, radius) + 1
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))


def fill(plate: FloatArray, seen: npt.NDArray[np.bool_]) -> FloatArray:
    """Pull-push: each unknown pixel takes the average of the nearest scale at which something is known."""
    weight = seen.astype(np.float32)
    levels = [(plate * weight[..., None], weight)]
    while min(levels[-1][1].shape) > 2:
        colour, share = levels[-1]
        half = (max(1, (share.shape[1] + 1) // 2), max(1, (share.shape[0] + 1) // 2))
        colour = cv2.resize(
            cv2.GaussianBlur(colour, (0, 0), 1.0), half, interpolation=cv2.INTER_AREA
        )
        share = cv2.resize(cv2.GaussianBlur(share, (0, 0), 1.0), half, interpolation=cv2.INTER_AREA)
        levels.append((colour, share))
    colour, share = levels[-1]
    filled = colour / np.maximum(share, 1e-6)[..., None]
    for colour, share in reversed(levels[:-1]):
        size = (share.shape[1], share.shape[0])
        filled = cv2.resize(filled, size, interpolation=cv2.INTER_CUBIC)
        trust = np.clip(share * 2, 0, 1)[..., None]
        own = colour / np.maximum(share, 1e-6)[..., None]
        filled = filled + trust * (own - filled)
    hole = cv2.GaussianBlur((~seen).astype(np.float32), (0, 0), 2.0)[..., None]
    hole = np.where(seen[..., None], hole, 1.0)
    return plate * (1 - hole) + filled * hole


def foreground(frame: Frame, matte: Matte, plate: Frame) -> Frame:
    """The person's own colours, without the background that shines through at the edge."""
    alpha = (matte.astype(np.float32) / 255)[..., None]
    pure = (frame - (1 - alpha) * plate) / np.maximum(alpha, 0.15)
    solid = alpha > _SURE
    nearby = fill(np.where(solid, frame, 0).astype(np.float32), solid[..., 0])
    trust = np.clip((alpha - 0.2) / 0.5, 0, 1)
    mixed = nearby + trust * (np.clip(pure, 0, 255) - nearby)
    return np.rint(np.clip(mixed, 0, 255)).astype(np.uint8)
