"""The shipped blendshape basis: it is a face, it is symmetrical, lips seal, lids close, nothing turns over."""

from __future__ import annotations

import numpy as np
import pytest

from omnitalker.motion.face import regions
from omnitalker.motion.face.model import Camera, FaceModel, rotation, rotation_vector
from omnitalker.motion.names import BLENDSHAPES, INDEX, MOTION_DIM

UPPER, LOWER = list(regions.INNER_LIP_UPPER), list(regions.INNER_LIP_LOWER)
SPEECH = [
    {"jawOpen": 0.7, "mouthFunnel": 0.7},
    {"jawOpen": 0.4, "mouthPucker": 1.0},
    {"jawOpen": 0.8, "mouthSmileLeft": 0.8, "mouthSmileRight": 0.8},
    {"jawOpen": 0.5, "mouthStretchLeft": 0.8, "mouthStretchRight": 0.8},
    {"jawOpen": 0.4, "mouthClose": 0.4, "mouthPressLeft": 0.7, "mouthPressRight": 0.7},
    {"jawOpen": 0.3, "mouthUpperUpLeft": 0.7, "mouthUpperUpRight": 0.7, "mouthSmileLeft": 0.4},
    {"jawOpen": 0.3, "mouthLowerDownLeft": 1.0, "mouthLowerDownRight": 1.0},
    {"mouthRollLower": 0.7, "mouthShrugUpper": 0.4},
    {"jawOpen": 0.2, "mouthShrugLower": 0.6, "mouthFunnel": 0.5},
    {"mouthSmileLeft": 1.0, "mouthSmileRight": 1.0, "cheekSquintLeft": 1.0, "eyeSquintLeft": 1.0},
    {"eyeBlinkLeft": 1.0, "eyeBlinkRight": 1.0, "browDownLeft": 1.0, "browDownRight": 1.0},
]  # fmt: skip


@pytest.fixture(scope="module")
def model() -> FaceModel:
    return FaceModel.load()


def coefficients(**strengths: float) -> np.ndarray:
    vector = np.zeros(MOTION_DIM, np.float32)
    for name, strength in strengths.items():
        vector[INDEX[name]] = strength
    return vector


def somebody(model: FaceModel, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return model.shape(0.8 * rng.standard_normal(40).astype(np.float32))


def front_area(points: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    a, b, c = (points[triangles[:, i], :2] for i in range(3))
    return np.cross(b - a, c - a)


def test_unit_is_the_distance_of_the_outer_eye_corners(model: FaceModel) -> None:
    right, left = (model.neutral[i] for i in regions.OUTER_EYE_CORNERS)
    assert np.linalg.norm(left - right) == pytest.approx(1.0, abs=1e-5)
    assert right[0] < 0 < left[0]
    assert model.neutral[1, 2] == pytest.approx(model.neutral[:, 2].max(), abs=0.05)
    assert model.neutral[152, 1] < model.neutral[13, 1] < model.neutral[1, 1] < model.neutral[10, 1]


def test_every_shape_is_the_mirror_image_of_its_other_side(model: FaceModel) -> None:
    mirror = model.mirror
    assert np.array_equal(mirror[mirror], np.arange(478))
    assert mirror[regions.OUTER_EYE_CORNERS[0]] == regions.OUTER_EYE_CORNERS[1]
    np.testing.assert_allclose(model.neutral[mirror] * [-1, 1, 1], model.neutral, atol=2e-4)
    for index, name in enumerate(BLENDSHAPES):
        other = BLENDSHAPES.index(regions.other_side(name))
        there = model.expressions[other][mirror] * [-1, 1, 1]
        np.testing.assert_allclose(there, model.expressions[index], atol=1e-3, err_msg=name)


def test_no_shape_is_empty_and_each_works_on_its_own_side(model: FaceModel) -> None:
    for index, name in enumerate(BLENDSHAPES):
        strength = np.linalg.norm(model.expressions[index], axis=1)
        assert strength.max() > 0.015, name
        if name.startswith(("eye", "brow", "cheekSquint")) and name.endswith(("Left", "Right")):
            where = model.neutral[strength > 0.5 * strength.max(), 0]
            assert (np.sign(where) == (1 if name.endswith("Left") else -1)).all(), name


def test_jaw_moves_only_the_lower_face(model: FaceModel) -> None:
    moved = np.linalg.norm(model.expressions[INDEX["jawOpen"]], axis=1)
    upper_face = model.neutral[:, 1] > model.neutral[2, 1]
    assert moved[upper_face & (np.abs(model.neutral[:, 0]) < 0.5)].max() < 0.06
    assert moved[152] > 0.3
    assert moved[list(regions.RIGID)].max() < 0.03


@pytest.mark.parametrize("jaw", [0.2, 0.5, 1.0])
@pytest.mark.parametrize("seed", [0, 1])
def test_mouth_close_seals_what_the_jaw_opens(model: FaceModel, jaw: float, seed: int) -> None:
    face = somebody(model, seed)
    before = (face[UPPER] - face[LOWER])[:, 1].max()
    opened = model.deform(face, coefficients(jawOpen=jaw))
    assert (opened[UPPER] - opened[LOWER])[:, 1].max() > before + 0.25 * jaw
    sealed = model.deform(face, coefficients(jawOpen=jaw, mouthClose=jaw))
    assert np.abs(sealed[UPPER] - sealed[LOWER])[:, 1].max() < max(before, 0) + 0.004
    alone = model.deform(face, coefficients(mouthClose=jaw))
    np.testing.assert_allclose(alone, model.deform(face, coefficients()), atol=1e-5)


@pytest.mark.parametrize("seed", range(4))
def test_lids_of_any_face_close_exactly(model: FaceModel, seed: int) -> None:
    face = somebody(model, seed)
    shut = model.deform(face, coefficients(eyeBlinkLeft=1, eyeBlinkRight=1))
    for upper, lower in (
        (regions.LEFT_LID_UPPER, regions.LEFT_LID_LOWER),
        (regions.RIGHT_LID_UPPER, regions.RIGHT_LID_LOWER),
    ):
        assert np.abs(shut[list(upper)] - shut[list(lower)]).max() < 0.02
    left_only = model.deform(face, coefficients(eyeBlinkLeft=1))
    np.testing.assert_allclose(
        left_only[list(regions.RIGHT_EYE)], face[list(regions.RIGHT_EYE)], atol=1e-4
    )


def test_no_triangle_turns_over_at_full_strength(model: FaceModel) -> None:
    before = front_area(model.neutral, model.triangles)
    assert before.min() > 0
    for name in BLENDSHAPES:
        strengths = {name: 1.0} if name != "mouthClose" else {"jawOpen": 1.0, name: 1.0}
        face = model.deform(model.neutral, coefficients(**strengths))
        assert front_area(face, model.triangles).min() > 0, name


@pytest.mark.parametrize("strengths", SPEECH, ids=lambda s: "+".join(s))
def test_speech_turns_no_triangle_over(model: FaceModel, strengths: dict[str, float]) -> None:
    face = model.deform(model.neutral, coefficients(**strengths))
    area, before = front_area(face, model.triangles), front_area(model.neutral, model.triangles)
    visible = before > np.quantile(before, 0.05)
    assert area[visible].min() > 0


def test_gaze_turns_irises_the_way_it_says(model: FaceModel) -> None:
    rest = model.deform(model.neutral, coefficients())
    face = model.deform(model.neutral, coefficients(gazeLeftYaw=0.3, gazeRightPitch=0.3))
    left, right = (face - rest)[473], (face - rest)[468]
    assert left[0] > 0.02
    assert abs(left[1]) < 1e-4
    assert right[1] > 0.02
    assert abs(right[0]) < 1e-4
    skin = np.delete(face - rest, regions.LEFT_IRIS + regions.RIGHT_IRIS, axis=0)
    assert np.abs(skin).max() == 0


def test_pose_signs_are_those_of_the_names(model: FaceModel) -> None:
    camera = Camera(200.0, 256.0, 256.0)
    still = camera.project(model.neutral)

    def nose(**strengths: float) -> np.ndarray:
        pixels = model.pixels(model.neutral, coefficients(**strengths), camera)
        return pixels[1] - still[1]

    assert nose(headRotX=0.2)[1] > 20
    assert nose(headRotY=0.2)[0] > 20
    assert nose(headTransX=0.1)[0] > 15
    assert nose(headTransY=0.1)[1] < -15
    tilted = model.pixels(model.neutral, coefficients(headRotZ=0.2), camera)
    assert tilted[10, 0] < still[10, 0] - 20
    nearer = model.pixels(model.neutral, coefficients(headTransZ=1.0), camera)
    assert np.ptp(nearer[:, 0]) > 1.05 * np.ptp(still[:, 0])


def test_a_batch_equals_its_frames_and_lift_undoes_project(model: FaceModel) -> None:
    rng = np.random.default_rng(3)
    track = (rng.random((5, MOTION_DIM)) * 0.4).astype(np.float32)
    camera = Camera(180.0, 200.0, 300.0)
    pixels = model.pixels(model.neutral, track, camera)
    alone = model.pixels(model.neutral, track[3], camera)
    np.testing.assert_allclose(pixels[3], alone, atol=1e-3)
    points = model.pose(model.deform(model.neutral, track), track)
    np.testing.assert_allclose(camera.lift(pixels, points[..., 2]), points, atol=1e-4)


def test_rotation_vectors_come_back() -> None:
    vectors = np.random.default_rng(0).normal(0, 0.7, (20, 3))
    matrices = rotation(vectors)
    np.testing.assert_allclose(matrices @ np.swapaxes(matrices, 1, 2) - np.eye(3), 0, atol=1e-6)
    np.testing.assert_allclose(rotation_vector(matrices), vectors, atol=1e-5)
