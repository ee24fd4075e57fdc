"""The Tasks back end: the same face as FaceMesh finds, also where mediapipe carries nothing else."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import cv2
import mediapipe
import numpy as np
import pytest

from omnitalker.base.errors import WeightsError
from omnitalker.base.types import Frame, ReferenceClip, TrackedFace
from omnitalker.motion.face import regions
from omnitalker.motion.names import INDEX
from omnitalker.reference import landmarks
from omnitalker.reference.identity import build_identity
from omnitalker.reference.identity_file import load_identity
from omnitalker.reference.tracker import FaceTracker
from omnitalker.rendering.warp import WarpRenderer
from tests.painted_faces import motion
from tests.reference.face_task import MODELS, write_task

PRESENTERS = Path(__file__).parents[2] / "checkpoints" / "presenters"
SIZE = 384


@pytest.fixture(scope="module")
def task(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_task(tmp_path_factory.mktemp("models") / "face_landmarker.task")


def pictures(name: str, *faces: np.ndarray) -> list[Frame]:
    renderer = WarpRenderer(load_identity(PRESENTERS / f"{name}.safetensors"), SIZE)
    return [renderer.frame(face) for face in faces]


@pytest.fixture(scope="module")
def talking() -> list[Frame]:
    yaws = np.linspace(-0.15, 0.15, 10)
    faces = [motion(headRotY=float(yaw), jawOpen=0.04 * k) for k, yaw in enumerate(yaws)]
    return pictures("ava", *faces)


@pytest.fixture
def newer(monkeypatch: pytest.MonkeyPatch) -> None:
    """mediapipe as it is from 0.10.30 on: Tasks, and no models of its own."""
    parts = {name: getattr(mediapipe, name) for name in ("tasks", "Image", "ImageFormat")}
    monkeypatch.setattr(landmarks, "_mediapipe", lambda: SimpleNamespace(**parts))


def eye_distances(one: TrackedFace, other: TrackedFace) -> np.ndarray:
    """(F, 478) distance of the points."""
    apart = np.linalg.norm(one.landmarks[..., :2] - other.landmarks[..., :2], axis=2)
    return np.asarray(apart / other.camera.scale)


def test_both_back_ends_see_the_same_face(task: Path, talking: list[Frame]) -> None:
    mesh, tasks = FaceTracker().track(talking), FaceTracker(task).track(talking)
    assert tasks.found.all()
    apart = eye_distances(tasks, mesh)
    assert apart.mean() < 0.02
    assert apart[:, list(regions.LEFT_IRIS + regions.RIGHT_IRIS)].mean() < 0.02
    turn = [face.motion.values[:, INDEX["headRotY"]] for face in (mesh, tasks)]
    np.testing.assert_allclose(turn[1], turn[0], atol=0.03)
    opened = [face.motion.values[:, INDEX["jawOpen"]] for face in (mesh, tasks)]
    assert np.corrcoef(*opened)[0, 1] > 0.97


def test_the_environment_names_the_model(
    task: Path, talking: list[Frame], monkeypatch: pytest.MonkeyPatch, newer: None
) -> None:
    with pytest.raises(WeightsError, match="OMNITALKER_FACE_MODEL"):
        FaceTracker().track(talking)
    monkeypatch.setenv("OMNITALKER_FACE_MODEL", str(task))
    assert FaceTracker().track(talking).found.all()


def test_the_largest_face_is_followed_without_a_detector(task: Path, newer: None) -> None:
    (large,), (small,) = pictures("ava", motion()), pictures("marcus", motion())
    canvas = np.full((SIZE, SIZE + SIZE // 2, 3), 120, np.uint8)
    canvas[:, -SIZE:] = large
    canvas[SIZE // 2 :, : SIZE // 2] = cv2.resize(small, None, fx=0.5, fy=0.5)
    face = FaceTracker(task).track([canvas] * 6)
    assert face.landmarks[..., 0].min() > SIZE // 2
    assert any("2 faces" in said for said in face.warnings)


def test_a_cut_and_a_gap_are_survived(task: Path, talking: list[Frame]) -> None:
    other = pictures("marcus", motion())[0]
    hidden = np.full_like(other, 120)
    frames = [*talking[:6], hidden, *talking[6:], *[other] * 6]
    face = FaceTracker(task).track(frames)
    assert not face.found[6]
    assert face.found[[0, 5, 12, 15]].all()
    assert 11 in face.cuts
    assert np.ptp(face.landmarks[12:, :, :2], axis=0).max() < 4


def test_an_identity_without_a_segmenter_is_whole(
    task: Path, talking: list[Frame], newer: None, caplog: pytest.LogCaptureFixture
) -> None:
    clip = ReferenceClip(np.zeros(0, np.float32), (talking[5],), "ava")
    identity = build_identity(clip, FaceTracker(task).track(clip.frames), 256)
    assert "0.10.21" in caplog.text
    assert (identity.matte == 255).all()


def test_other_files_are_refused(tmp_path: Path, talking: list[Frame]) -> None:
    broken = tmp_path / "broken.task"
    broken.write_bytes(b"not a model")
    with pytest.raises(WeightsError, match="not a FaceLandmarker model"):
        FaceTracker(broken).track(talking)
    with pytest.raises(WeightsError, match="not a FaceLandmarker model"):
        FaceTracker(MODELS / "face_landmark/face_landmark.tflite").track(talking)
