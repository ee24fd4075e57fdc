"""Own closed lids, and soft edges where the face hides itself."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from omnitalker.base.types import TextureBank
from omnitalker.motion.face import regions
from omnitalker.motion.face.raster import backward_map
from omnitalker.reference.bank import EYES, LID_MARGIN, layout_of, painted_lid_bank
from omnitalker.reference.identity_file import load_identity
from omnitalker.rendering.curves import box_around
from omnitalker.rendering.eye.closed import shut
from omnitalker.rendering.folds import JUMP, SOFTNESS, soften_folds
from omnitalker.rendering.warp import WarpRenderer
from tests.painted_faces import SKIN, motion, painted_identity

LIN = Path(__file__).parents[3] / "checkpoints" / "presenters" / "lin.safetensors"
LINE = np.array((30, 160, 60))


@pytest.fixture(scope="module")
def renderer():
    """The painted person, whose closed lids have a green line where they meet."""
    identity = painted_identity()
    blinks = {"eyeBlinkLeft": 1.0, "eyeBlinkRight": 1.0}
    layout, (width, height) = layout_of(identity, blinks, EYES, LID_MARGIN)
    crop = np.full((height, width, 3), SKIN, np.uint8)
    for x, y in layout[list(regions.LEFT_LID_UPPER + regions.RIGHT_LID_UPPER)].astype(int):
        crop[y - 2 : y + 3, x - 2 : x + 3] = LINE
    bank = TextureBank(crop[None], motion(**blinks)[None], layout)
    return WarpRenderer(replace(identity, lids=bank), 256)


def greenness(renderer, coefficients, lid):
    face = renderer._model.deform(renderer._neutral, coefficients)
    points = renderer.place(face, coefficients)[0][list(lid[3:6])]
    frame = renderer.frame(coefficients).astype(int)
    x, y = np.rint(points.mean(axis=0)).astype(int)
    patch = frame[y - 2 : y + 3, x - 2 : x + 3].reshape(-1, 3).mean(axis=0)
    return patch[1] - patch[0]


def test_each_eye_closes_with_its_own_lid(renderer):
    left, right = regions.LEFT_LID_UPPER, regions.RIGHT_LID_UPPER
    assert greenness(renderer, motion(), left) < 20
    both = motion(eyeBlinkLeft=1.0, eyeBlinkRight=1.0, headRotY=0.2, headRotX=0.1)
    assert min(greenness(renderer, both, lid) for lid in (left, right)) > 40
    wink = motion(eyeBlinkLeft=1.0)
    assert greenness(renderer, wink, left) > 40
    assert greenness(renderer, wink, right) < 20


def test_own_lids_come_without_a_jump():
    shares = [shut(motion(eyeBlinkLeft=blink))[0] for blink in np.linspace(0, 1, 101)]
    assert shares[0] == 0
    assert shares[-1] == 1
    assert 0 <= np.diff(shares).min() <= np.diff(shares).max() < 0.04


def test_make_up_is_not_stretched_over_closed_lids():
    plain = painted_identity()
    picture = plain.picture.copy()
    for lid in (regions.LEFT_LID_UPPER, regions.RIGHT_LID_UPPER):
        line = np.rint(plain.landmarks[list(lid)] - (0, 1)).astype(np.int32)
        cv2.polylines(picture, [line], False, (20, 15, 15), 4)
    made_up = replace(plain, picture=picture)
    asleep = motion(eyeBlinkLeft=1.0, eyeBlinkRight=1.0)
    away = []
    for lids in (None, painted_lid_bank(made_up)):
        renderer = WarpRenderer(replace(made_up, lids=lids), 256)
        lit = [renderer.frame(motion()), renderer.frame(asleep)]
        shut = renderer.place(renderer._model.deform(renderer._neutral, asleep), asleep)[0]
        for lid in (regions.LEFT_LID_UPPER, regions.RIGHT_LID_UPPER):
            edge, line = plain.landmarks[lid[4]], shut[lid[4]]
            x, y = np.rint(0.5 * edge + 0.5 * line).astype(int)
            away.append(np.abs(lit[1][y, x].astype(int) - SKIN).max())
            x, y = np.rint(line).astype(int)
            assert lit[1][y - 3 : y + 2, x].min() < 110, "lashes where the lids meet"
    assert min(away[:2]) > 60, "warping alone smears it"
    assert max(away[2:]) < 12


def test_folds_are_softened_and_nothing_else():
    rows, columns = np.mgrid[:64, :64].astype(np.float32)
    where = np.stack([columns + 20 * (columns > 31), rows], -1)
    frame = np.full((64, 64, 4), 255, np.uint8)
    frame[:, :32, :3] = 40
    sharp = frame.copy()
    soften_folds(frame, where, (8, 8, 48, 48))
    assert 60 < frame[30, 31, 0] < 235
    far = np.r_[0 : 31 - int(6 * SOFTNESS), 33 + int(6 * SOFTNESS) : 64]
    np.testing.assert_array_equal(frame[:, far], sharp[:, far])
    unfolded = sharp.copy()
    soften_folds(unfolded, np.stack([columns, rows], -1), (8, 8, 48, 48))
    np.testing.assert_array_equal(unfolded, sharp)


def test_where_a_turned_face_covers_itself_no_pixel_shows_something_between():
    renderer = WarpRenderer(load_identity(LIN), 384)
    turned = motion(headRotY=-0.35)
    points, depth = renderer.place(renderer._model.deform(renderer._neutral, turned), turned)
    where = renderer._warp(points, depth, True)
    source = renderer._eyes.source(renderer._sheet.rest, points, 1.0)
    exact = where.copy()
    backward_map(points, source, renderer._sheet.triangles, depth, (384, 384), exact)
    box = box_around(points[list(regions.OVAL)], 8.0, (384, 384))
    far = np.s_[box[1] : box[1] + box[3], box[0] : box[0] + box[2] // 4]
    jumps = np.abs(np.diff(exact, axis=1))[far].max(axis=2) > 2 * JUMP
    assert jumps.sum() > 10
    off = np.abs(where - exact)[far].max(axis=2)
    assert (off[jumps] > 1).mean() < 0.2
