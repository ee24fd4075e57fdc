"""The coefficient fit on synthetic faces whose coefficients are known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter1d

from omnitalker.base.types import Camera, FloatArray
from omnitalker.motion.face import regions
from omnitalker.motion.face.model import FaceModel
from omnitalker.motion.names import INDEX, MOTION_DIM
from omnitalker.reference.fit.clip import FittedFace, fit_clip
from omnitalker.reference.fit.expression import (
    FITTED,
    Prior,
    from_strengths,
    solve,
    to_strengths,
)

VISEMES = [
    {},
    {"jawOpen": 0.7},
    {"jawOpen": 0.35, "mouthSmileLeft": 0.3, "mouthSmileRight": 0.3},
    {"jawOpen": 0.2, "mouthStretchLeft": 0.4, "mouthStretchRight": 0.4},
    {"jawOpen": 0.3, "mouthFunnel": 0.5},
    {"jawOpen": 0.1, "mouthPucker": 0.7},
    {"jawOpen": 0.15, "mouthClose": 0.15},
    {"jawOpen": 0.1, "mouthRollLower": 0.4, "mouthUpperUpLeft": 0.2, "mouthUpperUpRight": 0.2},
    {"jawOpen": 0.15, "mouthLowerDownLeft": 0.4, "mouthLowerDownRight": 0.4},
    {"jawOpen": 0.15, "mouthShrugUpper": 0.3, "mouthFunnel": 0.3},
]  # fmt: skip
SPEECH = sorted({name for viseme in VISEMES for name in viseme})
BLINK_FRAMES = (20, 45)


def talking(seed: int, frames: int = 64) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Somebody's neutral face (478, 3), their talk (F, 61), and how it is seen (F, 478, 3)."""
    rng, model = np.random.default_rng(seed), FaceModel.load()
    neutral = model.shape(0.7 * rng.standard_normal(40).astype(np.float32))
    right, left = regions.OUTER_EYE_CORNERS
    neutral /= np.linalg.norm(neutral[right] - neutral[left])
    values = np.zeros((frames, MOTION_DIM), np.float32)
    for start in range(0, frames, 4):
        for name, strength in VISEMES[rng.integers(len(VISEMES))].items():
            values[start : start + 4, INDEX[name]] = strength
    values[:, INDEX["browInnerUp"]] = (rng.standard_normal(frames) > 1.2) * 0.6
    values[:, :51] = gaussian_filter1d(values[:, :51], 1.3, axis=0)
    for blink in BLINK_FRAMES:
        values[blink : blink + 4, [INDEX["eyeBlinkLeft"], INDEX["eyeBlinkRight"]]] = np.array(
            [[0.6], [1], [1], [0.5]]
        )
    sway = gaussian_filter1d(rng.standard_normal((frames, 6)), 8, axis=0) * 5.3
    values[:, 51:57] = sway * [0.1, 0.17, 0.07, 0.08, 0.08, 0.15]
    camera = Camera(rng.uniform(90, 220), 300.0, 320.0)
    posed = model.pose(model.deform(neutral, values), values)
    depth = -posed[..., 2:] * np.float32(camera.scale)
    return neutral, values, np.concatenate([camera.project(posed), depth], axis=-1)


def fitted(landmarks: FloatArray) -> FittedFace:
    return fit_clip(landmarks, np.ones(len(landmarks), bool), (), FaceModel.load())


def apart(first: FloatArray, second: FloatArray) -> float:
    """Mean distance of two point clouds after the best turn and shift."""
    a, b = first - first.mean(0), second - second.mean(0)
    left, _, right = np.linalg.svd(a.T @ b)
    return float(np.linalg.norm(a @ left @ right - b, axis=1).mean())


@pytest.fixture(scope="module", params=[0, 1])
def case(request: pytest.FixtureRequest) -> tuple[FloatArray, FloatArray, FloatArray, FittedFace]:
    neutral, values, landmarks = talking(request.param)
    return neutral, values, landmarks, fitted(landmarks)


def test_speech_shapes_come_back(case: tuple) -> None:
    _, values, _, fit = case
    columns = [INDEX[name] for name in SPEECH]
    error = np.abs(fit.values[:, columns] - values[:, columns])
    assert error.mean() <= 0.03
    jaw = INDEX["jawOpen"]
    assert np.corrcoef(fit.values[:, jaw], values[:, jaw])[0, 1] > 0.97


def test_pose_comes_back_in_degrees(case: tuple) -> None:
    _, values, _, fit = case
    turned, shown = fit.values[:, 51:54], values[:, 51:54]
    error = np.degrees(np.abs((turned - turned.mean(0)) - (shown - shown.mean(0))))
    assert error.mean() < 1.0
    assert np.degrees(np.abs(turned.mean(0) - shown.mean(0))).max() < 4.0


def test_the_neutral_face_is_theirs_and_reprojects(case: tuple) -> None:
    neutral, _, landmarks, fit = case
    model = FaceModel.load()
    missed, ahead = apart(fit.neutral, neutral), apart(model.neutral, neutral)
    assert missed < 0.012
    assert missed < 0.6 * ahead
    pixels = model.pixels(fit.neutral, fit.values, fit.camera)
    right, left = regions.OUTER_EYE_CORNERS
    eyes = np.linalg.norm(landmarks[:, right, :2] - landmarks[:, left, :2], axis=1).mean()
    assert np.linalg.norm(pixels - landmarks[..., :2], axis=2).mean() < 0.012 * eyes


def test_blinks_are_whole_and_nothing_else_is_one(case: tuple) -> None:
    _, values, _, fit = case
    for name in ("eyeBlinkLeft", "eyeBlinkRight"):
        seen, shown = fit.values[:, INDEX[name]], values[:, INDEX[name]]
        assert all(seen[blink : blink + 4].max() > 0.9 for blink in BLINK_FRAMES)
        assert seen[shown == 0].max() < 0.3


def test_cuts_unlink_neighbours() -> None:
    """A steady prior pulls frames of one scene together, and leaves those of two scenes alone."""
    count = len(FITTED)
    gram = np.repeat(20 * np.eye(count)[None], 2, axis=0)
    moment = np.zeros((2, count))
    moment[1] = 10.0
    prior = Prior(sparse=0.0, rare=0.0, even=0.0, steady=30.0)
    start = np.zeros((2, count))
    joined = solve(gram, moment, start, prior, np.array([True]))
    apart = solve(gram, moment, start, prior, np.array([False]))
    assert (joined[0] > 0.1).all()
    np.testing.assert_allclose(apart[0], 0.0)
    np.testing.assert_allclose(apart[1], 10 / 21, atol=1e-6)


def test_unknowns_and_strengths_are_one_to_one() -> None:
    rng = np.random.default_rng(0)
    strengths = np.zeros((6, 51), np.float32)
    names = [name for name in FITTED if name != "mouthClose"]
    strengths[:, [INDEX[name] for name in names]] = rng.random((6, len(names)))
    strengths[:, INDEX["mouthClose"]] = strengths[:, INDEX["jawOpen"]] * rng.random(6)
    np.testing.assert_allclose(to_strengths(from_strengths(strengths)), strengths, atol=1e-6)
