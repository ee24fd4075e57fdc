from __future__ import annotations

import numpy as np
import pytest

from omnitalker.live.face_track import FaceTrack
from omnitalker.motion.names import INDEX, MOTION_DIM

JAW = INDEX["jawOpen"]
IDLE = np.tile(np.linspace(0, 0.02, 50, dtype=np.float32)[:, None], (1, MOTION_DIM))


def row(value: float) -> np.ndarray:
    return np.full(MOTION_DIM, value, np.float32)


def steps(shown: list[np.ndarray]) -> np.ndarray:
    """How far anything moves from one picture to the next."""
    return np.abs(np.diff(np.stack(shown), axis=0)).max(axis=1)


@pytest.fixture
def face() -> FaceTrack:
    return FaceTrack(IDLE)


def test_listening_goes_round(face: FaceTrack) -> None:
    ahead = face.coming(3)
    shown = [face.listen() for _ in range(len(IDLE) + 3)]
    np.testing.assert_array_equal(shown[:3], ahead)
    np.testing.assert_array_equal(shown[: len(IDLE)], IDLE)
    np.testing.assert_array_equal(shown[len(IDLE) :], IDLE[:3])


def test_speech_begins_with_the_picture_that_was_coming_and_ends_in_listening(
    face: FaceTrack,
) -> None:
    shown = [face.listen()]
    (coming,) = face.coming(1)
    face.begin([row(0.4)])
    shown += [face.speak(row(0.4)) for _ in range(12)]
    np.testing.assert_array_equal(shown[1], coming)
    np.testing.assert_allclose(shown[-1], 0.4)
    shown += [face.listen() for _ in range(20)]
    assert shown[-1].max() <= IDLE.max() + 1e-6
    assert steps(shown).max() < 0.4 / 4


def test_one_speech_goes_over_into_the_next(face: FaceTrack) -> None:
    """Replies of a host follow each other without a moment of listening."""
    face.begin([row(0.4)])
    shown = [face.speak(row(0.4)) for _ in range(12)]
    face.begin([row(0.6)])
    shown += [face.speak(row(0.6)) for _ in range(12)]
    assert steps(shown[11:]).max() < 0.2 / 3
    np.testing.assert_allclose(shown[-1], 0.6)


def test_what_is_broken_off_shuts_the_mouth_first(face: FaceTrack) -> None:
    face.begin([row(0.5)])
    for _ in range(12):
        face.speak(row(0.5))
    face.shut()
    jaw = [float(face.listen()[JAW]) for _ in range(4)]
    assert jaw == sorted(jaw, reverse=True)
    assert jaw[-1] < 0.05


def test_a_nod_is_on_top_and_leaves_nothing(face: FaceTrack) -> None:
    face.nod()
    nodding = [face.listen() for _ in range(20)]
    off = np.abs(np.stack(nodding) - IDLE[:20]).max(axis=1)
    assert off.max() > 0.03
    assert off[15:].max() == 0
