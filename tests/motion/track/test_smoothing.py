"""Smoothing takes noise, not time, height or range."""

from __future__ import annotations

import numpy as np
import pytest

from omnitalker.motion.made.blinks import detect_blinks
from omnitalker.motion.made.idle import idle
from omnitalker.motion.names import EXPRESSION_SLICE, INDEX, MOTION_DIM, POSE_SLICE
from omnitalker.motion.track.smoothing import savitzky_golay, smooth, steady


def test_noise_goes_signal_stays() -> None:
    clean = idle(12.0, seed=5).values
    noise = np.random.default_rng(0).normal(0, 0.01, clean.shape)
    noisy = (clean + noise).astype(np.float32)
    smoothed = smooth(noisy)

    def error(values: np.ndarray, columns: slice) -> float:
        return float(np.sqrt(np.mean((values - clean)[:, columns] ** 2)))

    assert error(smoothed, POSE_SLICE) < 0.65 * error(noisy, POSE_SLICE)
    assert error(smoothed, slice(INDEX["mouthFrownLeft"], POSE_SLICE.start)) < 0.85 * error(
        noisy, slice(INDEX["mouthFrownLeft"], POSE_SLICE.start)
    )
    assert smoothed[:, EXPRESSION_SLICE].min() >= 0


def test_no_lag_and_blinks_and_closures_survive() -> None:
    values = idle(12.0, seed=6).values.copy()
    values[100:102, INDEX["mouthClose"]] = 0.3
    smoothed = smooth(values)
    before, after = detect_blinks(values), detect_blinks(smoothed)
    assert [b.peak for b in before] == pytest.approx([b.peak for b in after], abs=1)
    assert min(b.strength for b in after) > 0.8
    turn = INDEX["headRotY"]
    lags = [
        np.corrcoef(values[3:-3, turn], np.roll(smoothed[:, turn], k)[3:-3])[0, 1]
        for k in (-1, 0, 1)
    ]
    assert int(np.argmax(lags)) == 1
    assert smoothed[100:102, INDEX["mouthClose"]].max() > 0.2
    assert np.argmax(smoothed[:, INDEX["mouthClose"]]) in (100, 101)


def test_zero_strength_short_tracks_and_constant_tracks() -> None:
    values = idle(4.0).values
    np.testing.assert_array_equal(smooth(values, 0.0), values)
    np.testing.assert_array_equal(smooth(values[:3]), values[:3])
    still = np.repeat(values[:1], 20, axis=0)
    np.testing.assert_allclose(smooth(still, 2.0), still, atol=1e-5)


def test_steadied_lips_still_close_and_the_head_no_longer_trembles() -> None:
    rng = np.random.default_rng(0)
    track = np.zeros((60, MOTION_DIM), np.float32)
    jaw, yaw = INDEX["jawOpen"], INDEX["headRotY"]
    track[:, jaw] = 0.5
    track[30:32, jaw] = 0.0
    track[:, yaw] = 0.02 * rng.standard_normal(60)
    out = steady(track)
    np.testing.assert_array_equal(out[:, jaw], track[:, jaw])
    assert np.diff(out[:, yaw], n=2).std() < 0.3 * np.diff(track[:, yaw], n=2).std()


@pytest.mark.parametrize(("frames", "window"), [(5, 5), (40, 5), (31, 9)])
def test_savitzky_golay_is_that_of_scipy(frames: int, window: int) -> None:
    from scipy.signal import savgol_filter

    values = np.random.default_rng(2).normal(size=(frames, 7))
    theirs = savgol_filter(values, window, 2, axis=0)
    np.testing.assert_allclose(savitzky_golay(values, window, 2), theirs, atol=1e-13)
