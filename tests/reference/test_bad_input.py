"""What people really upload: every kind of file gives a face that can be shown, or one line that helps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from omnitalker.base.errors import InputError
from omnitalker.base.types import Frame, TrackedFace
from omnitalker.media.reader import read_clip
from omnitalker.motion.face import regions
from omnitalker.motion.names import INDEX, MOTION_DIM
from omnitalker.reference.identity import build_identity
from omnitalker.reference.identity_file import load_identity
from omnitalker.reference.tracker import FaceTracker
from omnitalker.rendering.warp import WarpRenderer
from tests.painted_faces import motion
from tests.reference.phone_video import write_film, write_phone_film

PRESENTERS = Path(__file__).parents[2] / "checkpoints" / "presenters"
SIZE = 384


@dataclass
class Actor:
    """A presenter as a sitter: frames of any coefficients, and where the face is at rest."""

    renderer: WarpRenderer
    points: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        rest = np.zeros(MOTION_DIM, np.float32)
        face = self.renderer._model.deform(self.renderer._neutral, rest)
        self.points = self.renderer.place(face, rest)[0]

    def at(self, **values: float) -> Frame:
        return self.renderer.frame(motion(**values))

    @property
    def eyes(self) -> float:
        right, left = regions.OUTER_EYE_CORNERS
        return float(np.linalg.norm(self.points[left] - self.points[right]))


@pytest.fixture(scope="module")
def ava() -> Actor:
    return Actor(WarpRenderer(load_identity(PRESENTERS / "ava.safetensors"), SIZE))


@pytest.fixture(scope="module")
def marcus() -> Actor:
    return Actor(WarpRenderer(load_identity(PRESENTERS / "marcus.safetensors"), SIZE))


def save(path: Path, picture: Frame) -> Path:
    Image.fromarray(picture).save(path)
    return path


def shown(path: Path) -> tuple[TrackedFace, Frame]:
    """The face of a file and a frame of it talking, which must be whole: no hole, no torn picture."""
    clip = read_clip(path)
    tracked = FaceTracker().track(clip.frames, path.name)
    identity = build_identity(clip, tracked, 256)
    renderer = WarpRenderer(identity, 256)
    rest = renderer.frame(identity.coefficients)
    said = identity.coefficients.copy()
    said[INDEX["jawOpen"]] += 0.4
    talking = renderer.frame(said)
    moved = np.abs(talking.astype(int) - rest).max(axis=2) > 24
    assert 0.002 < moved.mean() < 0.2, "opening the mouth changes the mouth and nothing else"
    return tracked, talking


def with_hand(actor: Actor) -> Frame:
    """A palm with fingers before the mouth."""
    picture, eyes = actor.at(), actor.eyes
    middle = actor.points[list(regions.LIPS)].mean(axis=0)
    skin = picture[tuple(np.rint(actor.points[9][::-1]).astype(int))].astype(int)
    size = (int(0.6 * eyes), int(0.42 * eyes))
    cv2.ellipse(picture, middle.astype(int).tolist(), size, 0, 0, 360, skin.tolist(), -1)
    for across in (-0.3, -0.02, 0.28):
        x, y = (middle + np.array([across * eyes, 0])).astype(int)
        dark = (0.75 * skin).astype(int).tolist()
        cv2.line(picture, (x, y - int(0.3 * eyes)), (x - 6, y + int(0.3 * eyes)), dark, 2)
    return cv2.GaussianBlur(picture, (0, 0), 0.7)


def with_glasses(actor: Actor) -> Frame:
    picture, eyes = actor.at(), actor.eyes
    for loop in (regions.LEFT_EYE, regions.RIGHT_EYE):
        middle = actor.points[list(loop)].mean(axis=0).astype(int).tolist()
        size = (int(0.27 * eyes), int(0.2 * eyes))
        cv2.ellipse(picture, middle, size, 0, 0, 360, (20, 20, 25), 4, cv2.LINE_AA)
    return picture


def grey(actor: Actor) -> Frame:
    plain = cv2.cvtColor(actor.at(), cv2.COLOR_RGB2GRAY)
    return cv2.cvtColor(plain, cv2.COLOR_GRAY2RGB)


Look = Callable[[Actor], Frame]


@pytest.mark.parametrize(
    "look", [with_glasses, grey, lambda actor: actor.at()], ids=["glasses", "grey", "beard"]
)
def test_unusual_faces_talk_without_complaint(marcus: Actor, tmp_path: Path, look: Look) -> None:
    tracked, _ = shown(save(tmp_path / "look.png", look(marcus)))
    assert tracked.warnings == ()


def test_a_hand_before_the_mouth_is_told(ava: Actor, tmp_path: Path) -> None:
    tracked, _ = shown(save(tmp_path / "hand.png", with_hand(ava)))
    assert any("mouth cannot be told" in said and "hand" in said for said in tracked.warnings)


def test_frames_with_a_covered_mouth_do_not_become_the_face(ava: Actor, tmp_path: Path) -> None:
    frames = [with_hand(ava)] * 8 + [ava.at(headRotY=0.12, jawOpen=0.05)] * 8
    path = write_film(tmp_path / "hand.mp4", frames)
    clip = read_clip(path)
    tracked = FaceTracker().track(clip.frames)
    assert any("50% of the frames" in said for said in tracked.warnings)
    identity = build_identity(clip, tracked, 256)
    assert identity.original is not None
    assert np.abs(identity.original.astype(int) - frames[-1]).mean() < 6


def test_closed_eyes_are_refused(ava: Actor, tmp_path: Path) -> None:
    path = save(tmp_path / "asleep.png", ava.at(eyeBlinkLeft=1.0, eyeBlinkRight=1.0))
    with pytest.raises(InputError, match=r"closed all the time.*open"):
        shown(path)


def test_a_thumbnail_is_told_how_large_it_must_be(ava: Actor, tmp_path: Path) -> None:
    small = cv2.resize(ava.at(), (64, 64), interpolation=cv2.INTER_AREA)
    with pytest.raises(InputError, match=r"too small.*\d+ pixels.*needed|No face"):
        shown(save(tmp_path / "thumb.png", small))


def test_a_profile_is_refused() -> None:
    with pytest.raises(InputError, match=r"from the side.*turned by \d+"):
        shown(Path(__file__).with_name("profile.jpg"))


@pytest.mark.slow
def test_a_photo_of_eight_thousand_pixels(ava: Actor, tmp_path: Path) -> None:
    path = tmp_path / "large.jpg"
    wide = cv2.resize(ava.at(), (4320, 4320), interpolation=cv2.INTER_LINEAR)
    canvas = np.full((4320, 7680, 3), 120, np.uint8)
    canvas[:, 1680:6000] = wide
    Image.fromarray(canvas).save(path, quality=60)
    tracked, _ = shown(path)
    assert tracked.warnings == ()
    assert max(tracked.size) <= 1280


def test_an_animated_picture_is_a_clip(ava: Actor, tmp_path: Path) -> None:
    yaws = np.linspace(-0.1, 0.1, 6)
    pictures = [Image.fromarray(ava.at(headRotY=float(yaw))) for yaw in yaws]
    path = tmp_path / "nod.gif"
    pictures[0].save(path, save_all=True, append_images=pictures[1:], duration=40, loop=0)
    tracked, _ = shown(path)
    assert len(tracked.found) == 6
    turned = tracked.motion.values[:, INDEX["headRotY"]]
    assert turned[-1] - turned[0] == pytest.approx(0.2, abs=0.06)


def test_a_phone_video_is_turned_upright(ava: Actor, tmp_path: Path) -> None:
    tall = [ava.at(headRotX=0.01 * k)[:, 40:-40] for k in range(6)]
    tracked, _ = shown(write_phone_film(tmp_path / "phone.mp4", tall))
    assert tracked.size == (SIZE - 80, SIZE)
    assert np.abs(tracked.motion.values[:, INDEX["headRotZ"]]).max() < 0.1


def test_a_damaged_film_gives_what_was_before_the_damage(ava: Actor, tmp_path: Path) -> None:
    path = write_film(tmp_path / "film.mp4", [ava.at(headRotX=0.005 * k) for k in range(20)])
    content = bytearray(path.read_bytes())
    begin = content.index(b"mdat")
    middle = begin + (len(content) - begin) // 2
    content[middle : middle + 600] = np.random.default_rng(0).bytes(600)
    path.write_bytes(content)
    tracked, _ = shown(path)
    assert tracked.found.sum() >= 5


def test_of_several_faces_the_largest_is_shown(ava: Actor, marcus: Actor, tmp_path: Path) -> None:
    canvas = np.full((SIZE, SIZE + SIZE // 2, 3), 120, np.uint8)
    canvas[:, :SIZE] = ava.at()
    canvas[SIZE // 2 :, SIZE:] = cv2.resize(marcus.at(), None, fx=0.5, fy=0.5)
    tracked, _ = shown(save(tmp_path / "two.png", canvas))
    assert any("2 faces" in said for said in tracked.warnings)
    assert tracked.landmarks[0, :, 0].max() < SIZE


def test_a_face_that_leaves_the_frame_is_bridged(ava: Actor, tmp_path: Path) -> None:
    frames = []
    for index in range(30):
        away = float(np.clip(min((index - 6) * 60, (26 - index) * 60), 0, SIZE))
        shift = np.array([[1, 0, away], [0, 1, 0]], np.float32)
        frame = ava.at(headRotX=0.005 * index)
        frames.append(cv2.warpAffine(frame, shift, (SIZE, SIZE), borderValue=(120, 120, 120)))
    tracked, _ = shown(write_film(tmp_path / "leaves.mp4", frames))
    assert not tracked.found.all()
    assert np.isfinite(tracked.motion.values).all()
    assert any("out of sight" in said for said in tracked.warnings)
