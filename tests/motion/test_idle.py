"""The listening face: alive, silent, and a loop without a seam."""

from __future__ import annotations

import numpy as np
import pytest

from omnitalker.errors import InputError
from omnitalker.motion.blinks import detect_blinks
from omnitalker.motion.idle import idle
from omnitalker.motion.manners import MANNERS
from omnitalker.motion.names import EXPRESSION_SLICE, INDEX, MOTION_DIM, POSE_SLICE
from omnitalker.motion.style import MotionStyle


@pytest.mark.parametrize("manner", MANNERS)
def test_loop_has_no_seam(manner: str) -> None:
    for seed in range(4):
        values = idle(8.0, manner=manner, seed=seed).values
        twice = np.concatenate([values, values])
        bend = np.abs(np.diff(np.diff(twice, axis=0), axis=0))
        columns = [*range(POSE_SLICE.start, POSE_SLICE.start + 3), INDEX["mouthSmileLeft"]]
        seam = bend[len(values) - 3 : len(values) + 2, columns].max(axis=0)
        assert (seam <= 1.05 * bend[: len(values) - 3, columns].max(axis=0)).all()
        step = np.abs(values[0] - values[-1])
        assert (step <= np.abs(np.diff(values, axis=0)).max(axis=0) + 1e-4).all()


def test_it_lives_and_keeps_its_mouth_shut() -> None:
    values = idle(20.0, MotionStyle(blinks_per_minute=18), seed=3).values
    assert values.shape == (500, MOTION_DIM)
    assert values.dtype == np.float32
    assert 3 <= len(detect_blinks(values)) <= 9
    assert values[:, INDEX["jawOpen"]].max() < 0.02
    np.testing.assert_allclose(values[:, INDEX["jawOpen"]], values[:, INDEX["mouthClose"]])
    assert (values[:, POSE_SLICE].std(axis=0) > 1e-4).all()
    assert 0 <= values[:, EXPRESSION_SLICE].min() <= values[:, EXPRESSION_SLICE].max() <= 1
    assert np.degrees(np.abs(values[:, POSE_SLICE][:, :3])).max() < 10


def test_style_manner_and_seed_matter() -> None:
    calm, happy = idle(6.0, manner="calm").values, idle(6.0, manner="happy").values
    smile = INDEX["mouthSmileLeft"]
    assert happy[:, smile].mean() > calm[:, smile].mean() + 0.1
    still = idle(6.0, MotionStyle(head_amplitude=0.3)).values[:, POSE_SLICE][:, :3]
    lively = idle(6.0, MotionStyle(head_amplitude=1.5)).values[:, POSE_SLICE][:, :3]
    assert lively.std() > 2 * still.std()
    assert not np.array_equal(idle(6.0, seed=1).values, idle(6.0, seed=2).values)
    np.testing.assert_array_equal(idle(6.0, seed=1).values, idle(6.0, seed=1).values)
    with pytest.raises(InputError, match="at least 2"):
        idle(1.0)
