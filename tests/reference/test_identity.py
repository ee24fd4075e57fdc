from dataclasses import replace

import numpy as np
import pytest

from omnitalker.base.errors import InputError
from omnitalker.base.types import Camera, MotionTrack, ReferenceClip, TrackedFace
from omnitalker.motion.face.model import FaceModel
from omnitalker.reference.analyse import other_faces
from omnitalker.reference.clip import AnalysedClip
from omnitalker.reference.identity import at_home, calmest, identity_from
from omnitalker.reference.identity_file import load_identity, save_identity
from omnitalker.reference.matting import clean_plate, fill, foreground
from omnitalker.reference.observed import Observed, refuse_stretched, without_border
from omnitalker.rendering.warp import WarpRenderer
from tests.painted_faces import motion, paint, painted_identity


@pytest.fixture(scope="module")
def observed():
    """A clip of a painted face that talks and turns a little."""
    model, camera = FaceModel.load(), Camera(70.0, 160.0, 150.0)
    rng = np.random.default_rng(3)
    values = [motion(jawOpen=0.5, headRotY=0.2), motion()]
    values += [
        motion(jawOpen=o, headRotY=y, mouthPucker=p)
        for o, y, p in zip(
            rng.uniform(0, 0.6, 10),
            rng.uniform(-0.2, 0.2, 10),
            rng.uniform(0, 0.5, 10),
            strict=True,
        )
    ]
    values += [motion(eyeBlinkLeft=0.95, eyeBlinkRight=0.95), motion(eyeBlinkLeft=1.0)]
    values = np.stack(values)
    points = model.pixels(model.neutral, values, camera).astype(np.float32)
    frames = [paint(each, 320)[0] for each in points]
    return Observed(frames, points, values, model.neutral, camera)


def test_the_calmest_frame_is_chosen(observed):
    assert calmest(observed.motion) == 1


def test_a_clip_becomes_an_identity_that_renders_it(observed, tmp_path):
    identity = identity_from(observed, 192, "painted")
    assert identity.picture.shape == (192, 192, 3)
    assert identity.mouths is not None
    assert identity.faces is not None
    assert 4 <= len(identity.mouths.crops) <= 14
    assert identity.lids is not None
    np.testing.assert_array_equal(identity.lids.motion, observed.motion[-2:-1])
    path = save_identity(identity, tmp_path / "painted.safetensors")
    assert path.stat().st_size < 500_000
    again = load_identity(path)
    assert again.name == "painted"
    assert again.camera == identity.camera
    assert again.framing == identity.framing
    np.testing.assert_array_equal(again.neutral, identity.neutral)
    assert np.abs(again.mouths.crops.astype(int) - identity.mouths.crops).mean() < 4
    assert np.abs(again.lids.crops.astype(int) - identity.lids.crops).mean() < 4
    frame = WarpRenderer(again, 192).frame(identity.coefficients)
    face = identity.landmarks[[50, 280, 9, 152]].astype(int)
    for x, y in face:
        assert np.abs(frame[y, x].astype(int) - identity.picture[y, x]).max() < 40


def test_too_small_a_face_says_how_many_pixels_it_needs(observed):
    tiny = Observed(
        observed.frames,
        observed.landmarks,
        observed.motion,
        observed.neutral,
        Camera(20.0, 160, 150),
    )
    with pytest.raises(InputError, match="at least 36"):
        identity_from(tiny, 192, "thumbnail")


def test_eyes_that_never_open_are_refused(observed):
    asleep = Observed(
        observed.frames[-2:-1],
        observed.landmarks[-2:-1],
        observed.motion[-2:-1],
        observed.neutral,
        observed.camera,
    )
    with pytest.raises(InputError, match="closed all the time"):
        identity_from(asleep, 192, "asleep")


def test_a_portrait_is_at_home():
    model, camera = FaceModel.load(), Camera(70.0, 160.0, 150.0)
    moved = motion(headTransX=0.3, headTransY=-0.2, headTransZ=0.5, headRotY=0.1)
    home, rested = at_home(camera, moved)
    origin = np.zeros((1, 3), np.float32)
    before = camera.project(model.pose(origin, moved))
    after = home.project(model.pose(origin, rested))
    np.testing.assert_allclose(after, before, atol=1e-2)
    assert (rested[54:57] == 0).all()
    assert home.scale > camera.scale


def test_not_an_identity_file(tmp_path):
    with pytest.raises(InputError, match="There is no identity"):
        load_identity(tmp_path / "none.safetensors")
    broken = tmp_path / "broken.safetensors"
    broken.write_bytes(b"hello")
    with pytest.raises(InputError, match="not an identity file"):
        load_identity(broken)


def test_the_plate_shows_what_any_frame_saw():
    rng = np.random.default_rng(1)
    wall = rng.integers(60, 200, (64, 64, 3)).astype(np.uint8)
    frames, mattes = [], []
    for left in (0, 32):
        frame, matte = wall.copy(), np.zeros((64, 64), np.uint8)
        frame[:, left : left + 24] = 255
        matte[:, left : left + 24] = 255
        frames.append(frame)
        mattes.append(matte)
    plate = clean_plate(frames, mattes)
    hidden_in_first = slice(4, 20)
    np.testing.assert_allclose(plate[:, hidden_in_first], wall[:, hidden_in_first], atol=2)


def test_filling_keeps_what_is_known_and_continues_it():
    field = np.zeros((40, 40, 3), np.float32)
    seen = np.zeros((40, 40), bool)
    seen[:, :15] = True
    field[seen] = (50, 100, 150)
    filled = fill(field, seen)
    np.testing.assert_allclose(filled[:, -5:], np.broadcast_to((50, 100, 150), (40, 5, 3)), atol=3)


def test_foreground_is_free_of_the_background():
    wall = np.full((64, 64, 3), (0, 255, 0), np.uint8)
    person = np.full((64, 64, 3), (200, 100, 50), np.uint8)
    alpha = np.clip((np.arange(64) - 20) * 16, 0, 255).astype(np.uint8)
    matte = np.broadcast_to(alpha, (64, 64)).copy()
    share = matte[..., None] / 255
    seen = np.rint(person * share + wall * (1 - share)).astype(np.uint8)
    own = foreground(seen, matte, wall)
    np.testing.assert_allclose(own[:, 26:], person[:, 26:], atol=12)


def test_plain_borders_of_a_portrait_are_left_out():
    identity = painted_identity(256)
    bordered = identity.picture.copy()
    bordered[:3] = 255
    bordered[-2:] = 250
    observed = Observed(
        frames=[bordered],
        landmarks=identity.landmarks[None],
        motion=identity.coefficients[None],
        neutral=identity.neutral,
        camera=identity.camera,
    )
    trimmed = without_border(observed)
    assert 248 <= len(trimmed.frames[0]) <= 252
    assert trimmed.frames[0].shape[1] == 256
    cut = trimmed.landmarks[0] - identity.landmarks
    np.testing.assert_allclose(cut, np.broadcast_to(cut[0], cut.shape), atol=1e-4)
    assert trimmed.frames[0][0].max() < 250
    plain = replace(observed, frames=[identity.picture])
    assert without_border(plain) is plain


@pytest.mark.parametrize("factor", [0.9, 1.0, 1.2])
def test_faces_of_all_kinds_are_taken(factor):
    refuse_stretched(FaceModel.load().neutral * np.array([factor, 1, 1], np.float32), "someone")


@pytest.mark.parametrize(("factor", "word"), [(1.8, "too wide"), (0.55, "too high")])
def test_a_stretched_picture_is_refused_with_what_to_do(factor, word):
    stretched = FaceModel.load().neutral * np.array([factor, 1, 1], np.float32)
    with pytest.raises(InputError, match=f"{word}.*true proportions"):
        refuse_stretched(stretched, "monster")


def _shown(identity):
    alpha = identity.matte[..., None] / 255
    mixed = identity.picture * alpha + identity.background * (1 - alpha)
    return np.rint(mixed).astype(np.uint8)


def test_two_faces_in_a_picture_are_told():
    both = [load_identity(f"checkpoints/presenters/{name}.safetensors") for name in ("ava", "lin")]
    frame = np.concatenate([_shown(i) for i in both], axis=1)
    landmarks = np.pad(both[0].landmarks, ((0, 0), (0, 1)))[None]
    seen = TrackedFace(
        landmarks,
        np.ones(1, bool),
        MotionTrack(both[0].coefficients[None]),
        both[0].neutral,
        both[0].camera,
        frame.shape[1::-1],
    )
    clip = ReferenceClip(np.zeros(0, np.float32), (frame,), "two.png")
    notes = other_faces(AnalysedClip(clip, seen, 0.0))
    assert len(notes) == 1
    assert "2 faces; the one left is taken" in notes[0]
    alone = replace(clip, frames=(np.ascontiguousarray(frame[:, :768]),))
    assert other_faces(AnalysedClip(alone, seen, 0.0)) == ()
