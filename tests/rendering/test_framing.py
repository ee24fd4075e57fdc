import numpy as np
import pytest

from omnitalker.base.errors import InputError
from omnitalker.rendering.framing import (
    Backdrop,
    FramedRenderer,
    PasteBackRenderer,
    over,
    straight_alpha,
)
from omnitalker.rendering.warp import WarpRenderer
from tests.painted_faces import motion, painted_identity


@pytest.fixture(scope="module")
def renderer():
    return WarpRenderer(painted_identity(128), 128)


@pytest.mark.parametrize(
    ("aspect", "size"), [("1:1", (128, 128)), ("16:9", (228, 128)), ("9:16", (128, 228))]
)
def test_aspects_over_a_colour(renderer, aspect, size):
    framed = FramedRenderer(renderer, aspect, Backdrop("colour", colour=(10, 200, 30)))
    frame = framed.frame(motion(jawOpen=0.3))
    assert framed.size == size
    assert frame.shape == (size[1], size[0], 3)
    np.testing.assert_array_equal(frame[2, 2], (10, 200, 30))
    middle = frame[-90, size[0] // 2]
    assert np.abs(middle.astype(int) - (10, 200, 30)).max() > 40


def test_unknown_aspect_names_the_choices(renderer):
    with pytest.raises(InputError, match="16:9"):
        FramedRenderer(renderer, "3:2", Backdrop())


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
