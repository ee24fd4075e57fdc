"""The figures of `eval face` on pictures and motion whose differences are known."""

from __future__ import annotations

import numpy as np
import pytest

from omnitalker.base.types import Camera
from omnitalker.evaluation.face_figures import blink_recall, compare_motion
from omnitalker.motion.face.model import FaceModel
from omnitalker.motion.names import INDEX, MOTION_DIM
from omnitalker.rendering.likeness import compare_pictures

CAMERA = Camera(60.0, 128.0, 140.0)


def talk(frames: int = 60) -> np.ndarray:
    values = np.zeros((frames, MOTION_DIM), np.float32)
    values[:, INDEX["jawOpen"]] = 0.3 + 0.3 * np.sin(np.arange(frames) / 3)
    for start in (15, 40):
        for name in ("eyeBlinkLeft", "eyeBlinkRight"):
            values[start : start + 3, INDEX[name]] = [0.7, 1.0, 0.6]
    return values


def test_the_same_motion_is_perfect_and_a_shift_is_measured() -> None:
    model, values = FaceModel.load(), talk()
    points = model.pixels(model.neutral, values, CAMERA)
    found = np.ones(len(values), bool)
    same = compare_motion(values, values, points, points, found)
    assert same.landmark_error == 0
    assert same.mouth_correlation == pytest.approx(1.0)
    assert (same.blink_recall, same.blinks) == (1.0, 2)
    turned = values.copy()
    turned[:, INDEX["headRotY"]] += np.radians(3.0)
    shifted = compare_motion(values, turned, points, points + 1.0, found)
    assert shifted.pose_error_degrees == pytest.approx(1.0, abs=1e-4)
    assert shifted.landmark_error == pytest.approx(np.sqrt(2) / 65, rel=0.1)


def test_a_missed_blink_halves_recall() -> None:
    values, seen = talk(), talk()
    seen[35:, [INDEX["eyeBlinkLeft"], INDEX["eyeBlinkRight"]]] = 0
    assert blink_recall(values, seen) == (0.5, 2)
    assert blink_recall(np.zeros_like(values), seen) == (None, 0)


def test_pictures_are_compared_inside_the_face() -> None:
    model, rng = FaceModel.load(), np.random.default_rng(0)
    points = model.pixels(model.neutral, talk()[:2], CAMERA)
    camera = [rng.integers(60, 180, (256, 256, 3), np.uint8) for _ in range(2)]
    same = compare_pictures(camera, camera, points)
    assert same.psnr_face > 70
    assert same.ssim_face == pytest.approx(1.0, abs=1e-4)
    assert same.sharpness_mouth == pytest.approx(1.0)
    outside = [picture.copy() for picture in camera]
    for picture in outside:
        picture[:20] = 0
    assert compare_pictures(outside, camera, points).psnr_face == same.psnr_face
    brighter = [picture + 10 for picture in camera]
    assert compare_pictures(brighter, camera, points).psnr_face == pytest.approx(28.13, abs=0.01)
