"""The drawn face answers to every coefficient, in the right place and direction, fast."""

from __future__ import annotations

import time

import numpy as np
import pytest

from omnitalker.base.errors import ConfigError, InputError
from omnitalker.base.types import Frame, Renderer
from omnitalker.motion.made.gaze import set_gaze
from omnitalker.motion.names import INDEX, MOTION_DIM, NAMES
from omnitalker.rendering.sketch.renderer import SketchRenderer


def face(**coefficients: float) -> np.ndarray:
    values = np.zeros(MOTION_DIM, np.float32)
    for name, value in coefficients.items():
        values[INDEX[name]] = value
    return values


@pytest.fixture(scope="module")
def renderer() -> SketchRenderer:
    return SketchRenderer((256, 256))


def dark_mouth(picture: Frame) -> int:
    """Pixels of the inside of the mouth."""
    return int((np.abs(picture[130:].astype(int) - (74, 24, 32)).max(axis=2) < 12).sum())


def irises(picture: Frame) -> np.ndarray:
    """(x, y) midway between the two irises."""
    blue = np.abs(picture[:170].astype(int) - (72, 122, 148)).max(axis=2) < 12
    rows, columns = np.nonzero(blue)
    eyes = columns < (columns.min() + columns.max()) / 2
    return np.array([columns[eyes].mean() + columns[~eyes].mean(), 2 * rows.mean()]) / 2


def eye_white(picture: Frame) -> int:
    return int((np.abs(picture.astype(int) - (253, 252, 250)).max(axis=2) < 3).sum())


def test_every_coefficient_moves_something(renderer: SketchRenderer) -> None:
    neutral = renderer.frame(face())
    drawn_by_gaze = {name for name in NAMES if name.startswith("eyeLook")}
    open_mouth = renderer.frame(face(jawOpen=0.5))
    for name in set(NAMES) - drawn_by_gaze:
        if name == "mouthClose":
            moved = renderer.frame(face(jawOpen=0.5, mouthClose=0.5)) != open_mouth
        else:
            moved = renderer.frame(face(**{name: 0.3 if "head" in name else 0.6})) != neutral
        assert moved.any(axis=2).sum() > 20, name


def test_mouth_opens_and_seals(renderer: SketchRenderer) -> None:
    assert dark_mouth(renderer.frame(face())) == 0
    openings = [dark_mouth(renderer.frame(face(jawOpen=jaw))) for jaw in (0.2, 0.5, 0.9)]
    assert 0 < openings[0] < openings[1] < openings[2]
    assert dark_mouth(renderer.frame(face(jawOpen=0.5, mouthClose=0.5))) == 0


def test_eyes_shut_and_look(renderer: SketchRenderer) -> None:
    open_white = eye_white(renderer.frame(face()))
    shut = renderer.frame(face(eyeBlinkLeft=1, eyeBlinkRight=1))
    assert eye_white(shut) < 0.2 * open_white
    straight = irises(renderer.frame(face()))
    for yaw in (0.3, -0.3):
        values = face()[None].astype(np.float64)
        set_gaze(values, np.array([[yaw, 0.0, yaw, 0.0]]))
        shift = irises(renderer.frame(values[0].astype(np.float32))) - straight
        assert np.sign(shift[0]) == np.sign(yaw)
        assert abs(shift[0]) > 3


@pytest.mark.parametrize(("name", "dx", "dy"), [("headRotY", 1, 0), ("headRotX", 0, 1)])
def test_head_turns_the_documented_way(
    renderer: SketchRenderer, name: str, dx: int, dy: int
) -> None:
    """The iris is in the middle of the face: it moves with a turn to the viewer's right and a nod down."""
    shift = irises(renderer.frame(face(**{name: 0.2}))) - irises(renderer.frame(face()))
    assert shift @ np.array([dx, dy]) > 4


def test_crown_tilts_to_the_viewers_left(renderer: SketchRenderer) -> None:
    def hair_x(picture: Frame) -> float:
        hair = np.abs(picture[:60].astype(int) - (104, 68, 52)).max(axis=2) < 10
        return float(np.nonzero(hair)[1].mean())

    assert hair_x(renderer.frame(face(headRotZ=0.2))) < hair_x(renderer.frame(face())) - 4


def test_surroundings_stay_still_and_frames_are_independent(renderer: SketchRenderer) -> None:
    first = renderer.frame(face())
    moved = renderer.frame(face(headRotY=0.15, jawOpen=0.7))
    np.testing.assert_array_equal(first[:, :20], moved[:, :20])
    np.testing.assert_array_equal(renderer.frame(face()), first)


def test_sizes_and_wrong_input() -> None:
    wide: Renderer = SketchRenderer((320, 180))
    assert wide.frame(face()).shape == (180, 320, 3)
    assert wide.frame(face()).dtype == np.uint8
    with pytest.raises(ConfigError, match="64"):
        SketchRenderer((32, 32))
    with pytest.raises(InputError, match="61"):
        wide.frame(np.zeros(52, np.float32))


def test_an_absurd_pose_does_not_crash(renderer: SketchRenderer) -> None:
    assert renderer.frame(face(headTransX=9.0, headRotX=1.5)).shape == (256, 256, 3)


def test_two_hundred_frames_a_second_at_512() -> None:
    renderer = SketchRenderer((512, 512))
    values = np.random.default_rng(0).uniform(0, 0.4, (60, MOTION_DIM)).astype(np.float32)
    renderer.frame(values[0])
    begin = time.process_time()
    for row in values:
        renderer.frame(row)
    assert time.process_time() - begin < 60 / 60, "a third of the promise, for busy machines"
