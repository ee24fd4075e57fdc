"""The listening face: alive, silent, and a loop without a seam."""

from __future__ import annotations

import numpy as np
import pytest

from omnitalker.base.errors import InputError
from omnitalker.base.types import MANNERS
from omnitalker.motion.made.blinks import detect_blinks
from omnitalker.motion.made.idle import idle
from omnitalker.motion.made.style import MotionStyle
from omnitalker.motion.names import EXPRESSION_SLICE, INDEX, MOTION_DIM, POSE_SLICE


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


@pytest.fixture(scope="module")
def ten_minutes() -> np.ndarray:
    return idle(600.0, seed=5).values


def test_ten_minutes_never_come_round_again(ten_minutes: np.ndarray) -> None:
    assert len(np.unique(np.round(ten_minutes * 1e4), axis=0)) == len(ten_minutes)
    for name in ("headRotX", "headRotY", "headRotZ", "gazeLeftYaw", "gazeLeftPitch"):
        assert _likeness(ten_minutes[:, INDEX[name]])[10 * 25 : 300 * 25].max() < 0.45, name


def test_blinks_and_nods_come_when_they_come(ten_minutes: np.ndarray) -> None:
    peaks = np.array([blink.peak for blink in detect_blinks(ten_minutes)]) / 25
    waits = np.diff(peaks)
    assert 100 < len(peaks) < 300
    assert waits.std() > 0.25 * waits.mean()
    assert abs(np.corrcoef(waits[:-1], waits[1:])[0, 1]) < 0.3
    pitch = np.degrees(ten_minutes[:, INDEX["headRotX"]])
    drop = pitch[6:] - pitch[:-6]  # a nod bends the head within a quarter of a second
    starts = np.flatnonzero((drop[1:] > 0.7) & (drop[:-1] <= 0.7)) / 25
    assert len(starts) > 20
    assert np.diff(starts).std() > 1.0


def _likeness(curve: np.ndarray) -> np.ndarray:
    """Correlation of a curve with itself, some frames later, at each lag."""
    level = curve - curve.mean()
    power = np.abs(np.fft.rfft(level, 2 * len(level))) ** 2
    shared = np.fft.irfft(power)[: len(level)]
    return shared / shared[0] * (len(level) / np.arange(len(level), 0, -1))
