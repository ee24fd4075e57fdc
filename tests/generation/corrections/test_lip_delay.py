from __future__ import annotations

import numpy as np

from omnitalker.generation.corrections.lip_delay import LATE_FRAMES, LipDelay
from omnitalker.motion.names import INDEX, MOTION_DIM

JAW, HEAD, SMILE = INDEX["jawOpen"], INDEX["headRotY"], INDEX["mouthSmileLeft"]


def test_lips_come_later_and_nothing_else_does_however_it_is_cut() -> None:
    motion = np.random.default_rng(0).uniform(0, 1, (40, MOTION_DIM)).astype(np.float32)
    delay = LipDelay()
    late = np.concatenate([delay(part) for part in np.split(motion, [1, 2, 9, 24])])
    np.testing.assert_array_equal(late[LATE_FRAMES:, JAW], motion[:-LATE_FRAMES, JAW])
    assert (late[:LATE_FRAMES, JAW] == 0).all()
    np.testing.assert_array_equal(late[:, [HEAD, SMILE]], motion[:, [HEAD, SMILE]])


def test_lips_open_less_wide_and_still_close() -> None:
    motion = np.zeros((10, MOTION_DIM), np.float32)
    motion[:, JAW] = motion[:, INDEX["mouthClose"]] = 0.4
    narrow = LipDelay(0.75)(motion)
    np.testing.assert_allclose(narrow[LATE_FRAMES:, JAW], 0.3)
    np.testing.assert_allclose(narrow[:, JAW], narrow[:, INDEX["mouthClose"]])
