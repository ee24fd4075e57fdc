"""Own eyes in many looks: the picture of the lids that a frame needs, each eye for itself, without jumps."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from omnitalker.base.types import TextureBank
from omnitalker.motion.face import regions
from omnitalker.reference.bank import EYES, LID_MARGIN, layout_of
from omnitalker.rendering.eye.lid_patch import DrawnFace
from omnitalker.rendering.eye.looks import OwnLooks
from omnitalker.rendering.warp import WarpRenderer
from tests.painted_faces import SKIN, motion, painted_identity

GREEN, BLUE = np.array((30, 170, 60)), np.array((40, 60, 200))


@pytest.fixture(scope="module")
def renderer():
    """The painted person with green lids where they are half and blue ones where they are wholly closed."""
    identity = painted_identity()
    layout, (width, height) = layout_of(identity, {"eyeBlinkLeft": 0.3}, EYES, LID_MARGIN)
    looks = (None, 0.0), (GREEN, 0.5), (BLUE, 1.0)
    crops = np.full((len(looks), height, width, 3), SKIN, np.uint8)
    for crop, (colour, _) in zip(crops, looks, strict=True):
        for x, y in layout[list(EYES)].astype(int) if colour is not None else ():
            crop[y - 4 : y + 5, x - 4 : x + 5] = colour
    strengths = [motion(eyeBlinkLeft=blink, eyeBlinkRight=blink) for _, blink in looks]
    bank = TextureBank(crops, np.stack(strengths), layout)
    return WarpRenderer(replace(identity, lids=bank), 256)


def lid_colour(renderer, coefficients, lid):
    """(3,) mean around the middle of an upper lid."""
    face = renderer._model.deform(renderer._neutral, coefficients)
    points = renderer.place(face, coefficients)[0][list(lid[3:6])]
    x, y = np.rint(points.mean(axis=0)).astype(int)
    frame = renderer.frame(coefficients).astype(float)
    return frame[y - 3 : y + 1, x - 2 : x + 3].reshape(-1, 3).mean(axis=0)


def nearest(colour):
    return min((SKIN, GREEN, BLUE), key=lambda known: np.abs(np.array(known) - colour).sum())


def test_each_closing_shows_its_own_picture(renderer):
    left, right = regions.LEFT_LID_UPPER, regions.RIGHT_LID_UPPER
    for blink, known in ((0.5, GREEN), (1.0, BLUE)):
        both = motion(eyeBlinkLeft=blink, eyeBlinkRight=blink, headRotY=0.15)
        assert all(nearest(lid_colour(renderer, both, lid)) is known for lid in (left, right))
    wink = motion(eyeBlinkLeft=1.0)
    assert nearest(lid_colour(renderer, wink, left)) is BLUE
    assert nearest(lid_colour(renderer, wink, right)) is not BLUE


def test_open_eyes_stay_the_pictures(renderer):
    plain = WarpRenderer(painted_identity(), 256)
    np.testing.assert_array_equal(renderer.frame(motion()), plain.frame(motion()))


def test_looks_go_over_into_each_other(renderer):
    blinks = np.linspace(0, 1, 41)
    frames = [renderer.frame(motion(eyeBlinkLeft=b, eyeBlinkRight=b)).astype(int) for b in blinks]
    steps = [np.abs(after - before).mean() for before, after in pairwise(frames)]
    whole = np.abs(frames[-1] - frames[0]).mean()
    assert max(steps) < 0.35 * whole


def test_the_eyeball_is_hidden_when_lids_meet(renderer):
    looks = OwnLooks(renderer.identity, renderer.identity.lids)

    def covers(blink):
        coefficients = motion(eyeBlinkLeft=blink, eyeBlinkRight=blink)
        face = renderer._model.deform(renderer._neutral, coefficients)
        points = renderer.place(face, coefficients)[0]
        person, picture = renderer.person(coefficients), renderer._picture
        return looks.draw(DrawnFace(person, picture, face, points, coefficients))

    assert covers(0.0)[0].ball == 1.0
    assert covers(0.0)[0].own == 0.0
    shut = covers(1.0)
    assert max(cover.ball for cover in shut) < 0.01
    assert min(cover.own for cover in shut) > 0.95
