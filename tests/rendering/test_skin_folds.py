import numpy as np
import pytest

from omnitalker.base.types import RenderMemory
from omnitalker.motion.face import regions
from omnitalker.motion.names import INDEX
from omnitalker.rendering.body import BREATH, SWAY, swayed
from omnitalker.rendering.skin_folds import FOLDING, SkinFolds, load_folds
from omnitalker.rendering.warp import WarpRenderer
from tests.painted_faces import motion, painted_identity


@pytest.fixture(scope="module")
def face():
    identity = painted_identity(256)
    picture = np.full((256, 256, 4), 200, np.uint8)
    return identity, picture, SkinFolds(identity, 1.0)


def _at(shaded, identity, *points):
    x, y = identity.landmarks[list(points)].mean(axis=0)
    return float(shaded[int(y) - 1 : int(y) + 2, int(x) - 1 : int(x) + 2, :3].mean())


def test_a_face_at_rest_is_left_alone(face):
    _, picture, folds = face
    assert folds.shade(picture, motion()) is picture


def test_brows_that_come_down_fold_the_skin_between_them(face):
    identity, picture, folds = face
    angry = folds.shade(picture, motion(browDownLeft=1.0, browDownRight=1.0))
    assert _at(angry, identity, 55, 8) < 190 or _at(angry, identity, 285, 8) < 190
    cheek = _at(angry, identity, 50)
    assert cheek == pytest.approx(200, abs=3)


def test_one_side_folds_by_itself(face):
    identity, picture, folds = face
    left = folds.shade(picture, motion(mouthSmileLeft=1.0)).astype(int)
    middle = int(identity.landmarks[regions.OVAL[0], 0])
    changed = np.abs(left - picture).max(axis=2)
    assert changed[:, middle + 20 :].max() > 12
    assert changed[:, : middle - 20].max() <= 4


def test_coverage_eyes_and_what_is_outside_the_face_keep_their_light(face):
    identity, picture, folds = face
    sad = folds.shade(picture, motion(browInnerUp=1.0, mouthFrownLeft=1.0, mouthFrownRight=1.0))
    np.testing.assert_array_equal(sad[..., 3], picture[..., 3])
    np.testing.assert_array_equal(sad[:20], picture[:20])
    for iris in (regions.LEFT_IRIS[0], regions.RIGHT_IRIS[0]):
        assert _at(sad, identity, iris) == pytest.approx(200, abs=2)


def test_shading_grows_with_the_expression_and_ends(face):
    _, picture, folds = face
    changes = [
        np.abs(folds.shade(picture, motion(browInnerUp=b)).astype(int) - picture).mean()
        for b in (0.3, 0.7, 1.2, 2.0)
    ]
    assert changes[0] < changes[1] < changes[2] == changes[3]


def test_maps_are_of_our_shapes():
    maps = load_folds()
    assert len(maps) == len(FOLDING)
    assert set(FOLDING) <= set(INDEX)
    assert np.abs(maps).max(axis=(1, 2)).min() > 0.03


def test_shoulders_breathe_and_the_head_does_not():
    renderer = WarpRenderer(painted_identity(128), 128)
    memory = RenderMemory()
    frames = [renderer.frame(motion(), memory).astype(int) for _ in range(40)]
    np.testing.assert_array_equal(frames[0], renderer.frame(motion()))
    moved = np.abs(frames[-1] - frames[0]).max(axis=2)
    points = renderer.identity.landmarks
    (left, top), (right, chin) = (
        points[list(regions.OVAL)].min(0),
        points[list(regions.OVAL)].max(0),
    )
    inner = moved[int(top) : int(chin) - 8, int(left) + 8 : int(right) - 8]
    assert inner.max() <= 2
    assert moved[int(points[152, 1]) + 5 :].max() > 20
    assert moved[-1].max() <= 40


def test_breath_starts_at_rest_and_stays_small():
    path = np.stack([swayed(frame) for frame in range(2000)])
    np.testing.assert_array_equal(path[0], 0)
    assert np.abs(path[:, 0]).max() <= SWAY
    assert path[:, 1].min() == pytest.approx(-BREATH, rel=0.02)
    assert path[:, 1].max() <= 0
    assert np.abs(np.diff(path, axis=0)).max() < 0.004
