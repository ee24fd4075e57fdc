from __future__ import annotations

import numpy as np

from omnitalker.motion.names import INDEX, MOTION_DIM
from omnitalker.motion.track.sealing import seal_lips

FRAMES = 40
JAW, CLOSE, LOWER = INDEX["jawOpen"], INDEX["mouthClose"], INDEX["mouthLowerDownLeft"]


def talking(nearest: float, at: int = 20) -> np.ndarray:
    """Open lips that come as near as `nearest` at frame `at`."""
    values = np.random.default_rng(0).random((FRAMES, MOTION_DIM)).astype(np.float32) * 0.1
    values[:, JAW] = 0.3
    away = np.abs(np.arange(FRAMES) - at) / 4
    values[:, CLOSE] = 0.3 - np.clip(nearest + away * 0.2, 0, 0.3)
    return values


def meeting(start: float, end: float) -> np.ndarray:
    mask = np.zeros(FRAMES * 15 // 4, bool)
    mask[int(start * 93.75) : int(end * 93.75)] = True
    return mask


def test_lips_that_nearly_meet_meet_there() -> None:
    values = talking(0.05)
    sealed = seal_lips(values, meeting(0.84, 0.92))  # frames 21 to 23, lips lead
    assert sealed[20, JAW] == values[20, JAW]
    assert sealed[20, CLOSE] == sealed[20, JAW]
    assert sealed[20, LOWER] == 0
    assert 0 < sealed[19, JAW] - sealed[19, CLOSE] < values[19, JAW] - values[19, CLOSE]


def test_nothing_else_changes() -> None:
    values = talking(0.05)
    sealed = seal_lips(values, meeting(0.84, 0.92))
    changed = np.flatnonzero((sealed != values).any(axis=1))
    assert changed.tolist() == [18, 19, 20, 21, 22]
    lips = {
        CLOSE,
        *(
            i
            for n, i in INDEX.items()
            if n.startswith(("mouthLowerDown", "mouthUpperUp", "mouthPress"))
        ),
    }
    assert set(np.flatnonzero((sealed != values).any(axis=0))) <= lips


def test_vowels_stay_open_and_so_does_a_wide_open_mouth() -> None:
    near, wide = talking(0.05), talking(0.3)
    np.testing.assert_array_equal(seal_lips(near, np.zeros(150, bool)), near)
    np.testing.assert_array_equal(seal_lips(wide, meeting(0.84, 0.92)), wide)


def test_sealing_again_changes_the_closure_no_more() -> None:
    mask = meeting(0.84, 0.92)
    once = seal_lips(talking(0.05), mask)
    np.testing.assert_array_equal(seal_lips(once, mask)[20], once[20])


def test_edges_of_a_track() -> None:
    for start, end in ((0.0, 0.05), (1.55, 1.6)):
        sealed = seal_lips(talking(0.02, at=0), meeting(start, end))
        assert np.isfinite(sealed).all()
    assert len(seal_lips(np.zeros((0, MOTION_DIM), np.float32), np.zeros(0, bool))) == 0
