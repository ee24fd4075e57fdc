"""Motion of one face for another, and the choice of the best stretch of a clip."""

from __future__ import annotations

import numpy as np
import pytest

from omnitalker.base.errors import InputError
from omnitalker.base.types import Camera, MotionTrack, ReferenceClip, TrackedFace
from omnitalker.motion.names import INDEX, MOTION_DIM
from omnitalker.reference.clip import analyse, best_window, cut_face
from omnitalker.reference.retarget import retarget

JAW, BLINK, YAW, GAZE = (INDEX[n] for n in ("jawOpen", "eyeBlinkLeft", "headRotY", "gazeLeftYaw"))


@pytest.fixture
def driving() -> MotionTrack:
    values = np.zeros((40, MOTION_DIM), np.float32)
    values[:, JAW] = np.linspace(0, 0.6, 40)
    values[20, BLINK] = 1.0
    values[:, YAW] = 0.2
    values[20:, YAW] = 0.35
    values[:, GAZE] = 0.1
    return MotionTrack(values)


@pytest.fixture
def source() -> np.ndarray:
    own = np.zeros(MOTION_DIM, np.float32)
    own[YAW], own[JAW] = -0.1, 0.05
    return own


def test_relative_pose_starts_where_the_source_is(driving: MotionTrack, source: np.ndarray) -> None:
    moved = retarget(driving, source).values
    assert moved[0, YAW] == pytest.approx(-0.1, abs=1e-5)
    assert moved[-1, YAW] == pytest.approx(0.05, abs=0.01)
    np.testing.assert_allclose(moved[:, JAW], driving.values[:, JAW], atol=1e-6)
    assert moved[0, GAZE] == pytest.approx(0.1)


def test_absolute_pose_is_the_drivers(driving: MotionTrack, source: np.ndarray) -> None:
    moved = retarget(driving, source, pose_mode="absolute").values
    assert moved[0, YAW] == pytest.approx(0.2, abs=0.03)


def test_strengths_scale_apart_and_lids_stay_whole(
    driving: MotionTrack, source: np.ndarray
) -> None:
    calm = retarget(driving, source, expression_strength=0.5).values
    assert calm[-1, JAW] == pytest.approx(0.3)
    assert calm[20, BLINK] == 1.0
    assert calm[-1, YAW] == pytest.approx(0.05, abs=0.01)
    stiff = retarget(driving, source, pose_strength=0.0).values
    np.testing.assert_allclose(stiff[:, YAW], -0.1, atol=1e-6)
    assert stiff[-1, JAW] == pytest.approx(0.6)


def test_expression_and_pose_are_followed_separately(
    driving: MotionTrack, source: np.ndarray
) -> None:
    pose_only = retarget(driving, source, follow_expression=False).values
    np.testing.assert_allclose(pose_only[:, JAW], 0.05)
    assert pose_only[-1, YAW] != pose_only[0, YAW]
    face_only = retarget(driving, source, follow_pose=False).values
    np.testing.assert_allclose(face_only[:, YAW], -0.1)


def test_violent_motion_stays_within_what_a_picture_can_show(source: np.ndarray) -> None:
    values = np.zeros((20, MOTION_DIM), np.float32)
    values[15:, YAW] = 2.5
    assert retarget(MotionTrack(values), source).values[:, YAW].max() < 0.6


def test_wrong_requests_are_told(driving: MotionTrack, source: np.ndarray) -> None:
    with pytest.raises(InputError, match="from 0 to 2"):
        retarget(driving, source, expression_strength=3)
    with pytest.raises(InputError, match="61"):
        retarget(driving, source[:5])


def face(found: np.ndarray, cuts: tuple[int, ...] = ()) -> TrackedFace:
    count = len(found)
    return TrackedFace(
        landmarks=np.zeros((count, 478, 3), np.float32),
        found=found,
        motion=MotionTrack(np.zeros((count, MOTION_DIM), np.float32)),
        neutral=np.zeros((478, 3), np.float32),
        camera=Camera(1.0, 0.0, 0.0),
        size=(8, 8),
        cuts=cuts,
    )


def clip(frames: int, voiced: slice) -> ReferenceClip:
    sound = np.zeros(frames * 960, np.float32)
    rng = np.random.default_rng(0)
    part = sound[voiced.start * 960 : voiced.stop * 960]
    part[:] = rng.normal(0, 0.1, len(part))
    return ReferenceClip(sound, tuple(np.zeros((8, 8, 3), np.uint8) for _ in range(frames)))


def test_the_window_has_the_voice_the_face_and_one_scene() -> None:
    found = np.ones(200, bool)
    assert best_window(clip(200, slice(100, 150)).samples, 200, 50, found) == (100, 150)
    found[110:140] = False
    start, stop = best_window(clip(200, slice(100, 150)).samples, 200, 50, found)
    assert found[start:stop].all()
    everywhere = np.ones(200, bool)
    start, stop = best_window(clip(200, slice(80, 130)).samples, 200, 50, everywhere, (100,))
    assert not start < 100 < stop


def test_a_recording_without_pictures_is_cut_to_its_speech() -> None:
    whole = clip(500, slice(200, 420))
    analysed = analyse(ReferenceClip(whole.samples, ()), seconds=8.0)
    assert analysed.face is None
    assert 0.0 < analysed.start <= 8.8
    assert len(analysed.clip.samples) == 8 * 24_000
    assert "8.0 s" in analysed.warnings[0]


def test_cutting_a_face_moves_its_cuts() -> None:
    part = cut_face(face(np.ones(50, bool), (10, 30)), 20, 50)
    assert part is not None
    assert part.cuts == (10,)
    assert len(part.found) == 30
