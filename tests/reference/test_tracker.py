"""Tracking real pictures: one face, several, none, small, gone for a while, cut to another scene."""

from __future__ import annotations

import os
from pathlib import Path

import cv2
import numpy as np
import pytest

from omnitalker.base.errors import InputError, WeightsError
from omnitalker.base.types import Frame, ReferenceClip, TrackedFace
from omnitalker.media.reader import read_clip
from omnitalker.motion.face import regions
from omnitalker.motion.face.model import FaceModel
from omnitalker.motion.made.blinks import detect_blinks
from omnitalker.motion.names import INDEX
from omnitalker.reference.clip import analyse
from omnitalker.reference.tracker import FaceTracker

SHARED = Path(os.environ.get("OMNITALKER_SHARED", Path(__file__).parents[3] / "shared"))
CLIP = SHARED / "data" / "clips" / "wda_a.mp4"
PORTRAIT = SHARED / "data" / "portraits" / "painting.png"
pytestmark = pytest.mark.skipif(
    not CLIP.is_file(), reason=f"needs the test clips: {CLIP} (set OMNITALKER_SHARED)"
)


@pytest.fixture(scope="module")
def frames() -> tuple[Frame, ...]:
    return read_clip(CLIP, max_seconds=2.0).frames


@pytest.fixture(scope="module")
def tracked(frames: tuple[Frame, ...]) -> TrackedFace:
    return FaceTracker().track(frames)


@pytest.fixture(scope="module")
def portrait() -> Frame:
    return read_clip(PORTRAIT).frames[0]


def gap(points: np.ndarray) -> np.ndarray:
    upper, lower = list(regions.INNER_LIP_UPPER[3:-3]), list(regions.INNER_LIP_LOWER[3:-3])
    return np.linalg.norm(points[:, upper, :2] - points[:, lower, :2], axis=2).mean(1)


def test_a_clip_is_explained_by_the_renderers_own_basis(tracked: TrackedFace) -> None:
    pixels = FaceModel.load().pixels(tracked.neutral, tracked.motion.values, tracked.camera)
    right, left = regions.OUTER_EYE_CORNERS
    eyes = np.linalg.norm(tracked.landmarks[:, right] - tracked.landmarks[:, left], axis=1)
    error = np.linalg.norm(pixels - tracked.landmarks[..., :2], axis=2) / eyes[:, None]
    assert tracked.found.all()
    assert tracked.warnings == ()
    assert error.mean() < 0.02
    assert error[:, list(regions.LIPS)].mean() < 0.015
    assert np.corrcoef(gap(pixels), gap(tracked.landmarks))[0, 1] > 0.97


def test_coefficients_are_in_range_and_blinks_are_found(tracked: TrackedFace) -> None:
    values = tracked.motion.values
    assert values.dtype == np.float32
    assert values[:, :51].min() >= 0
    assert values[:, :51].max() <= 1
    assert np.abs(values[:, INDEX["headRotY"]]).max() < 1.0
    peaks = [blink.peak if hasattr(blink, "peak") else blink for blink in detect_blinks(values)]
    assert len(peaks) >= 1
    closed = values[:, INDEX["eyeBlinkLeft"]] > 0.8
    assert closed[23:28].any()
    assert not closed[:20].any()


def test_a_portrait_is_a_clip_of_one_frame(portrait: Frame) -> None:
    face = FaceTracker().track([portrait], "painting")
    assert face.motion.values.shape == (1, 61)
    assert face.motion.values[0, INDEX["eyeBlinkLeft"]] < 0.3
    pixels = FaceModel.load().pixels(face.neutral, face.motion.values, face.camera)[0]
    eyes = np.linalg.norm(face.landmarks[0, 33, :2] - face.landmarks[0, 263, :2])
    assert np.linalg.norm(pixels - face.landmarks[0, :, :2], axis=1).mean() < 0.03 * eyes


def test_closed_eyes_are_told_and_not_taken_for_the_neutral(frames: tuple[Frame, ...]) -> None:
    face = FaceTracker().track([frames[25]])
    lids = [INDEX["eyeBlinkLeft"], INDEX["eyeBlinkRight"]]
    assert face.motion.values[0, lids].max() > 0.8
    assert any("eyes are closed" in warning for warning in face.warnings)
    awake = FaceTracker().track([frames[0]])
    assert awake.motion.values[0, lids].max() < 0.3
    assert awake.warnings == ()


def test_gaps_are_bridged_and_told(frames: tuple[Frame, ...], tracked: TrackedFace) -> None:
    holes = [
        np.full_like(frame, 90) if 8 <= i < 12 else frame for i, frame in enumerate(frames[:24])
    ]
    face = FaceTracker().track(holes)
    assert not face.found[8:12].any()
    assert face.found[:7].all()
    assert face.found[14:].all()
    assert np.abs(face.landmarks[10] - tracked.landmarks[10]).mean() < 20
    assert any("out of sight" in warning for warning in face.warnings)


def test_a_cut_is_found_and_not_smoothed_over(frames: tuple[Frame, ...], portrait: Frame) -> None:
    size = frames[0].shape[1], frames[0].shape[0]
    other = cv2.resize(portrait, size)
    face = FaceTracker().track([*frames[:12], *[other] * 12])
    assert face.cuts == (12,)
    still = face.landmarks[13:, :, :2]
    assert np.abs(still - still[5]).max() < 8
    window = analyse(ReferenceClip(np.zeros(0, np.float32), (*frames[:16], *[other] * 10)))
    assert len(window.clip.frames) == 16
    assert window.face is not None
    assert len(window.face.motion.values) == 16
    assert window.face.cuts == ()


def test_the_largest_of_several_faces_is_followed(portrait: Frame) -> None:
    height, width = portrait.shape[:2]
    small = cv2.resize(portrait, (width // 2, height // 2), interpolation=cv2.INTER_AREA)
    canvas = np.full((height, width + width // 2, 3), 127, np.uint8)
    canvas[:, :width] = portrait
    canvas[-(height // 2) :, width : width + width // 2] = small
    face = FaceTracker().track([canvas])
    alone = FaceTracker().track([portrait])
    assert np.abs(face.landmarks[0, :, :2] - alone.landmarks[0, :, :2]).mean() < 6
    assert any("2 faces" in warning for warning in face.warnings)


def test_a_distant_face_is_found_in_a_large_picture(portrait: Frame) -> None:
    canvas = np.full((2160, 3840, 3), 140, np.uint8)
    small = cv2.resize(portrait, (420, 420), interpolation=cv2.INTER_AREA)
    canvas[800:1220, 2400:2820] = small
    face = FaceTracker().track([canvas])
    middle = face.landmarks[0, :, :2].mean(0)
    assert 2400 < middle[0] < 2820
    assert 800 < middle[1] < 1220


def test_mistakes_are_told_in_a_useful_way(portrait: Frame, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    with pytest.raises(InputError, match="No face was found"):
        FaceTracker().track([rng.integers(0, 255, (240, 320, 3), np.uint8)])
    with pytest.raises(InputError, match=r"too small.*24 are needed"):
        FaceTracker().track([cv2.resize(portrait, (64, 64), interpolation=cv2.INTER_AREA)])
    with pytest.raises(InputError, match="no pictures"):
        FaceTracker().track([])
    with pytest.raises(WeightsError, match="face_landmarker"):
        FaceTracker(tmp_path / "none.task").track([portrait])


def test_pictures_that_are_not_upright_are_refused(portrait: Frame) -> None:
    small = cv2.resize(portrait, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    with pytest.raises(InputError, match="upside down"):
        FaceTracker().track([np.ascontiguousarray(small[::-1, ::-1])])
    for way, turn in (
        ("counter-clockwise", cv2.ROTATE_90_CLOCKWISE),
        (" clockwise", cv2.ROTATE_90_COUNTERCLOCKWISE),
    ):
        with pytest.raises(InputError, match=f"on its side.*{way}"):
            FaceTracker().track([cv2.rotate(small, turn)])


@pytest.mark.parametrize("look", ["grey", "glasses", "huge"])
def test_unusual_portraits_are_read_without_complaint(portrait: Frame, look: str) -> None:
    plain = FaceTracker().track([portrait])
    changed = _changed(portrait, plain, look)
    face = FaceTracker().track([changed], look)
    scale = changed.shape[0] / portrait.shape[0]
    off = np.linalg.norm(face.landmarks[0, :, :2] / scale - plain.landmarks[0, :, :2], axis=1)
    assert off.mean() < 0.06 * plain.camera.scale
    assert face.warnings == plain.warnings


def _changed(portrait: Frame, face: TrackedFace, look: str) -> Frame:
    if look == "grey":
        return cv2.cvtColor(cv2.cvtColor(portrait, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    if look == "huge":
        return cv2.resize(portrait, None, fx=3, fy=3, interpolation=cv2.INTER_LINEAR)
    worn = portrait.copy()
    for loop in (regions.LEFT_EYE, regions.RIGHT_EYE):
        middle = face.landmarks[0, list(loop), :2].mean(0)
        size = (0.3 * face.camera.scale, 0.22 * face.camera.scale)
        thick = max(2, round(0.03 * face.camera.scale))
        cv2.ellipse(
            worn, tuple(map(int, middle)), tuple(map(int, size)), 0, 0, 360, (20, 20, 25), thick
        )
    return worn


def test_a_face_that_leaves_the_frame_comes_back(frames: tuple[Frame, ...]) -> None:
    moved = []
    for index, frame in enumerate(frames[:40]):
        away = int(
            np.clip((index - 8) * 70, 0, 600) if index < 24 else np.clip((32 - index) * 70, 0, 600)
        )
        shift = np.array([[1, 0, away], [0, 1, 0]], np.float32)
        moved.append(cv2.warpAffine(frame, shift, frame.shape[1::-1], borderValue=(90, 90, 90)))
    face = FaceTracker().track(moved)
    assert not face.found[14:26].any()
    assert face.found[:8].all()
    assert face.found[36:].all()
    assert np.isfinite(face.motion.values).all()
    assert np.abs(np.diff(face.motion.values[:, 51:54], axis=0)).max() < np.radians(25)
    assert any("out of sight" in said for said in face.warnings)
