from dataclasses import replace

import cv2
import numpy as np
import pytest

from omnitalker.base.types import TextureBank
from omnitalker.rendering.membrane import Membrane
from omnitalker.rendering.texture import mixed, nearest_shares
from omnitalker.rendering.warp import WarpRenderer
from tests.painted_faces import motion, painted_identity


@pytest.fixture
def known():
    return np.random.default_rng(0).normal(size=(12, 5)).astype(np.float32)


def test_a_known_point_is_shown_by_its_own_crop(known):
    shares = nearest_shares(known, known[7], 3.0)
    assert shares[7] > 0.999
    assert shares.sum() == pytest.approx(1, abs=1e-5)


def test_shares_change_without_jumps(known):
    path = [known[2] + t * (known[5] - known[2]) for t in np.linspace(0, 1, 400)]
    shares = np.array([nearest_shares(known, point, 2.0) for point in path])
    assert (np.count_nonzero(shares > 0, axis=1) <= 3).all()
    assert np.abs(np.diff(shares, axis=0)).max() < 0.1


def test_mixing_is_the_weighted_mean():
    crops = np.stack([np.full((4, 5, 3), value, np.uint8) for value in (0, 100, 200)])
    np.testing.assert_allclose(mixed(crops, np.array([0.0, 0.25, 0.75])), 175)


def test_membrane_carries_a_gradient_over():
    ramp = np.linspace(0, 60, 96, dtype=np.float32)[None, :, None]
    around = np.broadcast_to(100 + ramp, (72, 96, 3)).astype(np.float32)
    patch = np.full((72, 96, 3), 80, np.float32)
    added = Membrane(96, 72).spread(around, patch)
    np.testing.assert_allclose((patch + added)[10:-10, 10:-10], around[10:-10, 10:-10], atol=3)


def test_faces_of_the_bank_appear_in_their_pose():
    identity = painted_identity()
    layout = identity.landmarks - np.float32(0)
    left, top = np.floor(layout.min(axis=0)).astype(int)
    width, height = np.ceil(np.ptp(layout, axis=0)).astype(int)
    crops = np.stack([np.full((height, width, 3), tone, np.uint8) for tone in (80, 120, 160, 200)])
    poses = np.stack([motion(headRotY=yaw) for yaw in (-0.3, -0.1, 0.1, 0.3)])
    bank = TextureBank(crops, poses, (layout - [left, top]).astype(np.float32))
    renderer = WarpRenderer(replace(identity, faces=bank), 256)
    tones = []
    for pose in poses:
        face = renderer._model.deform(renderer._neutral, pose)
        x, y = np.rint(renderer.place(face, pose)[0][50]).astype(int)
        tones.append(float(renderer.frame(pose)[y, x].mean()))
    np.testing.assert_allclose(tones, [80, 120, 160, 200], atol=4)


def test_a_smaller_frame_shows_the_same_face():
    identity = painted_identity(320)
    left, top = np.floor(identity.landmarks.min(axis=0)).astype(int)
    right, bottom = np.ceil(identity.landmarks.max(axis=0)).astype(int)
    crop = identity.picture[top:bottom, left:right]
    poses = np.stack([motion(headRotY=yaw) for yaw in (-0.3, -0.1, 0.1, 0.3)])
    layout = (identity.landmarks - [left, top]).astype(np.float32)
    bank = TextureBank(np.stack([crop] * 4), poses, layout)
    large, small = (WarpRenderer(replace(identity, faces=bank), size) for size in (320, 192))
    assert small.identity.size == 192
    for values in (motion(), motion(headRotY=0.15, jawOpen=0.3)):
        shrunk = cv2.resize(large.frame(values), (192, 192), interpolation=cv2.INTER_AREA)
        assert np.abs(shrunk.astype(int) - small.frame(values)).mean() < 2.5
