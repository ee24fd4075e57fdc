from dataclasses import replace

import numpy as np
import pytest

from omnitalker.base.types import Framing
from omnitalker.rendering.backdrop import Backdrop, over, straight_alpha
from omnitalker.rendering.framing import FramedRenderer, PasteBackRenderer, framed
from omnitalker.rendering.warp import WarpRenderer
from tests.painted_faces import motion, painted_identity


@pytest.fixture(scope="module")
def renderer():
    return WarpRenderer(painted_identity(128), 128)


@pytest.mark.parametrize("aspect", ["1:1", "16:9", "9:16", "4:5"])
def test_aspects_over_a_colour(renderer, aspect):
    framed_one = FramedRenderer(renderer, aspect, Backdrop("colour", colour=(10, 200, 30)))
    frame = framed_one.frame(motion(jawOpen=0.3))
    width, height = framed_one.size
    assert min(width, height) == 128
    assert width % 2 == height % 2 == 0
    assert frame.shape == (height, width, 3)
    np.testing.assert_array_equal(frame[2, 2], (10, 200, 30))
    person = (np.abs(frame.astype(int) - (10, 200, 30)).max(axis=2) > 40).mean(axis=0)
    assert person[width // 2 - 10 : width // 2 + 10].min() > 0.3


def _in_a_room(width, height, left, top):
    """A painted head of 128 pixels in a striped frame."""
    identity = painted_identity(128)
    stripes = 60 + 120 * (np.arange(width) // 8 % 2)
    room = np.repeat(np.broadcast_to(stripes, (height, width))[..., None], 3, axis=2)
    room = np.ascontiguousarray(room.astype(np.uint8))
    room[top : top + 128, left : left + 128] = over(
        np.dstack([identity.picture * (identity.matte[..., None] > 0), identity.matte]),
        identity.background,
    )
    framing = Framing(float(left), float(top), 128.0, width, height)
    return replace(identity, original=room, framing=framing)


def test_a_window_of_the_source_shows_its_own_pixels():
    identity = _in_a_room(400, 700, 130, 200)
    shown = framed(identity, WarpRenderer, "9:16", Backdrop(), 256)
    window = shown._place.window
    assert window.filling == "whole"
    frame = shown.frame(identity.coefficients)
    zoom = shown.size[1] / window.height
    x, y = 20, 20
    column = int((x + 0.5) / zoom + window.left)
    assert abs(int(frame[y, x, 0]) - int(identity.original[5, column, 0])) < 40
    assert frame.shape == (456, 256, 3)


def test_only_the_square_of_the_head_changes():
    identity = _in_a_room(700, 300, 100, 172)
    shown = framed(identity, WarpRenderer, "16:9", Backdrop(), 144)
    first, second = shown.frame(identity.coefficients), shown.frame(motion(headRotY=0.3))
    changed = np.abs(first.astype(int) - second).max(axis=2) > 0
    outside = changed.copy()
    outside[shown._place.rows, shown._place.columns] = False
    assert changed.any()
    assert not outside.any()


def test_missing_surroundings_are_continued_and_told():
    identity = _in_a_room(128, 128, 0, 0)
    shown = framed(identity, WarpRenderer, "16:9", Backdrop(), 128)
    assert "out of focus" in shown.notes[0]
    frame = shown.frame(identity.coefficients).astype(int)
    left = shown._place.left
    assert left > 10
    top = frame[: len(frame) // 3]
    assert np.abs(np.diff(top[:, left - 4 : left + 4], axis=1)).max() < 12
    assert frame[:, : left // 2].std() < frame[:, left:-left].std()


def test_an_enlarged_head_is_told():
    shown = framed(painted_identity(128), WarpRenderer, "9:16", Backdrop(), 1080)
    assert shown.size == (1080, 1920)
    assert any("enlarged" in note for note in shown.notes)
    assert shown.frame(motion()).shape == (1920, 1080, 3)


def test_pasting_back_leaves_the_rest_of_the_frame_alone(renderer):
    pasted = PasteBackRenderer(renderer)
    original = renderer.identity.original
    frame = pasted.frame(motion(headRotY=0.3))
    assert frame.shape == original.shape
    np.testing.assert_array_equal(frame[:, :60], original[:, :60])
    assert np.abs(frame[:, 64:192].astype(int) - original[:, 64:192]).mean() > 1
    rest = pasted.frame(motion())
    assert np.abs(rest.astype(int) - original).mean() < 2


def test_cut_out_over_its_background_is_the_frame(renderer):
    coefficients = motion(headRotY=0.2)
    person = renderer.person(coefficients)
    whole = renderer.frame(coefficients)
    np.testing.assert_array_equal(over(person, renderer.identity.background), whole)
    alpha = straight_alpha(person)
    solid = alpha[..., 3] == 255
    np.testing.assert_array_equal(alpha[solid][:, :3], person[solid][:, :3])
