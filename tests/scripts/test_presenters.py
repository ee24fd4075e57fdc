"""The presenters' ground truth: what the renderer knows must mean the same to the face model."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from omnitalker.motion.face.model import FaceModel
from omnitalker.motion.names import BLENDSHAPES, MOTION_DIM
from omnitalker.reference.identity_file import load_identity

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "scripts" / "presenters"))

import build_identity  # noqa: E402
from stills import STILLS  # noqa: E402

UNIT = build_identity.EYEBALL_CM / FaceModel.load().eyeball_radius
SHIPPED = sorted((ROOT / "checkpoints" / "presenters").glob("*.safetensors"))


def test_stills_are_named_once_and_use_our_names() -> None:
    names = [still.name for still in STILLS]
    assert len(set(names)) == len(names)
    assert names[0] == "neutral"
    assert {name for still in STILLS for name in still.weights} <= set(BLENDSHAPES)


def test_a_turn_about_the_neck_lands_where_the_face_model_puts_it() -> None:
    turn, pivot = np.array([0.15, -0.3, 0.1]), np.array([0.0, -7.0, -1.0])
    entry = {"coefficients": {}, "turn_radians": turn.tolist(), "gaze_radians": [0, 0, 0, 0]}
    motion = build_identity.motion_of(entry, pivot, UNIT)
    point = np.array([[3.0, 2.0, 9.0]])
    wanted = build_identity.rotation(turn) @ (point[0] - pivot) + pivot
    head_space = ((point - build_identity.TURNING_POINT) / UNIT).astype(np.float32)
    got = FaceModel.load().pose(head_space, motion)[0] * UNIT + build_identity.TURNING_POINT
    assert np.allclose(got, wanted, atol=1e-3)


def test_camera_agrees_with_the_pinhole_that_rendered() -> None:
    known = {"camera_cm": [0.0, -0.4, 149.7], "pixels_at_unit_distance": 2720.0, "size": 768}
    camera = build_identity.camera_of(known, UNIT)
    face = np.array([[3.0, 3.5, 9.5], [-2.0, -4.0, 10.5], [0.0, 8.0, 9.0]])
    offset = face - np.array(known["camera_cm"])
    wanted = offset[:, :2] / -offset[:, 2:] * 2720.0 * [1, -1] + 383.5
    units = ((face - build_identity.TURNING_POINT) / UNIT).astype(np.float32)
    assert np.abs(camera.project(units) - wanted).max() < 0.3


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_shipped_presenters_are_small_and_whole(path: Path) -> None:
    identity = load_identity(path)
    assert path.stat().st_size < 6e6
    assert path.with_suffix(".jpg").is_file()
    assert identity.size >= 512
    model, rest = FaceModel.load(), np.zeros(MOTION_DIM, np.float32)
    seen = identity.camera.project(model.pose(model.deform(identity.neutral, rest), rest))
    assert np.abs(seen - identity.landmarks).max() < 1.0
    middle = identity.landmarks[1].astype(int)
    assert identity.matte[middle[1], middle[0]] == 255
    assert identity.matte[4, 4] == 0


def test_three_presenters_ship() -> None:
    assert {path.stem for path in SHIPPED} >= {"ava", "lin", "marcus"}
