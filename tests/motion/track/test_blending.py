"""Seams, closing lips, and turning expression up and down."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

from omnitalker.base.errors import InputError
from omnitalker.base.types import FloatArray
from omnitalker.motion.made.idle import idle
from omnitalker.motion.names import EXPRESSION_SLICE, GAZE_SLICE, INDEX, MOTION_DIM, POSE_SLICE
from omnitalker.motion.track.blending import (  # fmt: skip
    MOUTH,
    close_mouth,
    continue_from,
    join,
    scale_expressiveness,
    scale_head,
)


def moving(seed: int, frames: int = 60) -> FloatArray:
    """A smooth random track with every column in motion."""
    rng = np.random.default_rng(seed)
    t = np.arange(frames)[:, None] / 25
    wave = np.sin(2 * np.pi * rng.uniform(0.3, 1.0, MOTION_DIM) * t + rng.uniform(0, 6, MOTION_DIM))
    values = 0.4 + 0.3 * wave
    values[:, EXPRESSION_SLICE.stop :] = 0.1 * wave[:, EXPRESSION_SLICE.stop :]
    return values.astype(np.float32)


def test_join_matches_position_and_velocity() -> None:
    first, second = moving(0), moving(1)
    joined = join(first, second, 8)
    assert len(joined) == 120
    assert_allclose(joined[:60], first)
    assert_allclose(joined[68:], second[8:], atol=1e-6)
    velocity = np.diff(joined, axis=0)
    usual = np.abs(np.diff(velocity[:58], axis=0)).max()
    at_seam = np.abs(np.diff(velocity[57:68], axis=0)).max()
    bare = np.abs(np.diff(np.diff(np.concatenate([first, second]), axis=0), axis=0))[57:62].max()
    assert_allclose(joined[60], 2 * first[-1] - first[-2], atol=1e-5)
    assert at_seam < 0.35 * bare
    assert at_seam < 6 * usual


def test_continue_from_a_single_frame_and_short_tail() -> None:
    bent = continue_from(moving(0)[:1], moving(1)[:3], 8)
    assert bent.shape == (3, MOTION_DIM)
    assert_allclose(bent[0], moving(0)[0], atol=1e-6)


@pytest.mark.parametrize("frames", [3, 4, 5])
def test_mouth_closes_from_any_state(frames: int) -> None:
    for seed in range(5):
        before = moving(seed)
        closing = close_mouth(before, frames)
        assert closing.shape == (frames, MOTION_DIM)
        assert np.abs(closing[-1, list(MOUTH)]).max() < 1e-6
        jaw = np.concatenate([before[-1:], closing])[:, INDEX["jawOpen"]]
        assert (np.diff(jaw) <= 1e-6).all()
        assert np.abs(np.diff(closing[:, POSE_SLICE], axis=0)).max() < 0.05
    with pytest.raises(InputError, match="3 to 5"):
        close_mouth(moving(0), 2)


def test_expressiveness_scales_mood_fully_and_speech_by_half() -> None:
    values = (0.3 * moving(2)).clip(0).astype(np.float32)
    assert_allclose(scale_expressiveness(values, 1.0), values, atol=1e-6)
    flat, double = scale_expressiveness(values, 0.0), scale_expressiveness(values, 2.0)
    smile, jaw, blink = INDEX["mouthSmileLeft"], INDEX["jawOpen"], INDEX["eyeBlinkLeft"]
    assert flat[:, smile].max() == 0
    assert_allclose(flat[:, jaw], 0.5 * values[:, jaw], atol=1e-6)
    assert_allclose(double[:, smile], 2 * values[:, smile], atol=1e-5)
    assert_allclose(double[:, blink], values[:, blink])
    assert_allclose(double[:, GAZE_SLICE], values[:, GAZE_SLICE])
    wild = scale_expressiveness(moving(3), 2.0)
    assert wild[:, EXPRESSION_SLICE].max() <= 1.0
    assert 0.9 < wild[:, smile].max() < 1.0, "bent below 1, not cut off at it"
    with pytest.raises(InputError, match="0 to 2"):
        scale_expressiveness(values, 3.0)


@pytest.mark.parametrize("factor", [0.0, 0.5, 1.5, 2.0])
def test_sealed_lips_stay_sealed_at_any_expressiveness(factor: float) -> None:
    values = np.zeros((3, MOTION_DIM), np.float32)
    values[:, INDEX["jawOpen"]] = values[:, INDEX["mouthClose"]] = (0.1, 0.5, 0.9)
    scaled = scale_expressiveness(values, factor)
    assert_allclose(scaled[:, INDEX["jawOpen"]], scaled[:, INDEX["mouthClose"]], atol=1e-6)


def test_head_scale_keeps_posture_and_the_point_looked_at() -> None:
    values = idle(8.0, seed=2).values
    for factor in (0.0, 0.5, 2.0):
        scaled = scale_head(values, factor)
        pose, before = scaled[:, POSE_SLICE], values[:, POSE_SLICE]
        assert_allclose(pose.mean(axis=0), before.mean(axis=0), atol=1e-5)
        assert_allclose(pose.std(axis=0), factor * before.std(axis=0), atol=1e-5)
        world = scaled[:, GAZE_SLICE][:, 0] + pose[:, 1]
        assert_allclose(world, values[:, GAZE_SLICE][:, 0] + before[:, 1], atol=1e-4)
    assert_allclose(scale_head(values, 1.0), values, atol=1e-6)


def test_wrong_shapes_are_told() -> None:
    with pytest.raises(InputError, match="61"):
        scale_head(np.zeros((5, 52), np.float32), 1.0)
    with pytest.raises(InputError, match="previous"):
        close_mouth(np.zeros((0, MOTION_DIM), np.float32))
