from itertools import pairwise

import numpy as np
import pytest

from omnitalker.base.errors import InputError
from omnitalker.base.types import MotionTrack
from omnitalker.motion.face import regions
from omnitalker.rendering.warp import WarpRenderer
from tests.painted_faces import IRIS, SKIN, WALL, motion, painted_identity


@pytest.fixture(scope="module")
def renderer():
    return WarpRenderer(painted_identity(), 256)


def at(renderer, coefficients, ids):
    """Where points of the face are seen in the frame."""
    face = renderer._model.deform(renderer._neutral, coefficients)
    return renderer.place(face, coefficients)[0][list(ids)]


def colour(frame, point):
    x, y = np.rint(point).astype(int)
    return frame[y - 1 : y + 2, x - 1 : x + 2].reshape(-1, 3).astype(float).mean(axis=0)


def test_at_rest_the_frame_is_the_picture(renderer):
    frame = renderer.frame(renderer.identity.coefficients)
    assert frame.shape == (256, 256, 3)
    assert frame.dtype == np.uint8
    assert np.abs(frame.astype(float) - renderer.identity.picture).mean() < 1.5


def test_frames_keep_no_history(renderer):
    first = renderer.frame(motion(jawOpen=0.5, headRotY=0.2))
    renderer.frame(motion(eyeBlinkLeft=1.0))
    np.testing.assert_array_equal(first, renderer.frame(motion(jawOpen=0.5, headRotY=0.2)))


def test_background_rests_while_the_head_turns(renderer):
    still = renderer.frame(motion())
    turned = renderer.frame(motion(headRotY=0.3, headRotX=0.15, headRotZ=0.1))
    np.testing.assert_array_equal(still[:60, :20], turned[:60, :20])
    assert (np.abs(turned[20] - np.array(WALL, float)) < 3).all(axis=1)[:30].all()


@pytest.mark.parametrize(
    ("name", "axis", "sign"), [("headRotY", 0, 1), ("headRotX", 1, 1), ("headTransX", 0, 1)]
)
def test_nose_goes_where_the_head_goes(renderer, name, axis, sign):
    rest, moved = (at(renderer, motion(**{name: value}), [4])[0] for value in (0.0, 0.25))
    assert sign * (moved - rest)[axis] > 5


def test_lids_close_over_the_iris(renderer):
    middle = at(renderer, motion(), [regions.RIGHT_IRIS[0], regions.LEFT_IRIS[0]])
    both = motion(eyeBlinkLeft=1.0, eyeBlinkRight=1.0)
    open_eyes, closed = renderer.frame(motion()), renderer.frame(both)
    for point in middle:
        assert np.abs(colour(open_eyes, point) - IRIS).max() < 40
        assert np.abs(colour(closed, point - [0, 2]) - SKIN).max() < 45


def test_gaze_moves_the_iris_and_not_the_lids(renderer):
    frames = [renderer.frame(motion(gazeLeftYaw=g, gazeRightYaw=g)) for g in (-0.4, 0.4)]
    dark = []
    for frame in frames:
        x, y = np.rint(at(renderer, motion(), [regions.LEFT_IRIS[0]])[0]).astype(int)
        row = frame[y, x - 14 : x + 15].astype(float).mean(axis=1)
        dark.append(np.average(np.arange(29), weights=np.maximum(150 - row, 0)))
    assert dark[1] - dark[0] > 4


def test_the_mouth_opens_on_something_that_is_not_skin(renderer):
    wide = motion(jawOpen=0.9)
    frame = renderer.frame(wide)
    upper, lower = at(renderer, wide, [13, 14])
    assert lower[1] - upper[1] > 15
    inside = colour(frame, 0.5 * (upper + lower))
    assert np.abs(inside - SKIN).max() > 50


def test_turning_far_leaves_no_holes(renderer):
    for yaw in (-0.35, 0.35):
        for pitch in (-0.21, 0.21):
            person = renderer.person(motion(headRotY=yaw, headRotX=pitch))
            face = np.rint(at(renderer, motion(headRotY=yaw, headRotX=pitch), [4, 50, 280, 9, 152]))
            for x, y in face.astype(int):
                assert person[y, x, 3] > 250


def test_motion_of_the_frame_is_smooth(renderer):
    frames = [renderer.frame(motion(jawOpen=0.3 + 0.02 * k)).astype(float) for k in range(6)]
    steps = [np.abs(b - a).mean() for a, b in pairwise(frames)]
    assert max(steps) < 3 * np.median(steps) + 0.05


@pytest.mark.parametrize("size", [128, 512])
def test_other_sizes(size):
    renderer = WarpRenderer(painted_identity(), size)
    frames = list(renderer.render(MotionTrack(np.stack([motion(), motion(jawOpen=0.4)]))))
    assert [frame.shape for frame in frames] == [(size, size, 3)] * 2


def test_wrong_input_is_explained(renderer):
    with pytest.raises(InputError, match="61 coefficients"):
        renderer.frame(np.zeros(52, np.float32))
    with pytest.raises(InputError, match="even number"):
        WarpRenderer(renderer.identity, 511)
