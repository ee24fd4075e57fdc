from __future__ import annotations

import numpy as np
import pytest

from omnitalker.generation.corrections.blinks import BlinkRate
from omnitalker.generation.corrections.manner import MannerMatch
from omnitalker.motion.made.blinks import detect_blinks
from omnitalker.motion.made.gaze import set_gaze
from omnitalker.motion.names import GAZE_SLICE, INDEX, MOTION_DIM, POSE_SLICE
from omnitalker.motion.track.statistics import measure_style

LIDS = [INDEX["eyeBlinkLeft"], INDEX["eyeBlinkRight"]]
BLINK = np.array([0.4, 1.0, 0.9, 0.5, 0.2], np.float32)


def talker(seconds: float, degrees: float, mouth: float, blinks: int) -> np.ndarray:
    """Somebody who sways, talks and blinks evenly, and looks at the viewer."""
    frames = round(25 * seconds)
    t = np.arange(frames) / 25
    motion = np.zeros((frames, MOTION_DIM), np.float32)
    sway = np.radians(degrees) * np.sqrt(6) * np.sin(2 * np.pi * 0.4 * t)
    motion[:, POSE_SLICE.start + 1] = sway
    gaze = np.zeros((frames, 4))
    gaze[:, 0] = gaze[:, 2] = -sway
    set_gaze(motion, gaze)
    motion[:, INDEX["jawOpen"]] = mouth * (0.5 + 0.5 * np.sin(2 * np.pi * 3 * t))
    for index in range(blinks):
        at = round((index + 0.5) * frames / blinks)
        motion[at : at + 5, LIDS] = BLINK[:, None]
    return motion


def matched(reference: np.ndarray, made: np.ndarray, parts: int = 5) -> np.ndarray:
    match = MannerMatch(reference, strength=1.0)
    return np.concatenate([match(part) for part in np.array_split(made, parts)])


@pytest.mark.parametrize("degrees", [1.2, 3.0])
def test_the_head_goes_as_far_as_the_references(degrees: float) -> None:
    made = talker(20, 2.0, 0.3, 5)
    out = matched(talker(10, degrees, 0.3, 3), made)
    before, after = measure_style(made[250:]), measure_style(out[250:])
    assert abs(after.head_amplitude - degrees) < 0.45 * abs(before.head_amplitude - degrees)
    assert after.gaze_wander < 0.15, "the eyes left the viewer"


def test_the_mouth_opens_as_far_and_lips_that_meet_still_do() -> None:
    made = talker(20, 2.0, 0.2, 5)
    made[:, INDEX["mouthClose"]] = np.where(
        np.arange(len(made)) % 8 == 0, made[:, INDEX["jawOpen"]], 0
    )
    out = matched(talker(10, 2.0, 0.3, 3), made)
    assert measure_style(out[250:]).mouth_amplitude == pytest.approx(0.27, abs=0.03)
    meeting = np.arange(len(made)) % 8 == 0
    assert np.allclose(out[meeting, INDEX["jawOpen"]], out[meeting, INDEX["mouthClose"]])


def test_parts_meet_without_a_step_and_the_right_manner_is_left_alone() -> None:
    made = talker(20, 2.0, 0.3, 5)
    out = matched(talker(10, 4.0, 0.3, 3), made, parts=10)
    assert np.abs(np.diff(out[:, POSE_SLICE], axis=0)).max() < np.radians(1.2)
    same = matched(talker(10, 2.0, 0.3, 3), made)
    assert np.abs(same[:, POSE_SLICE] - made[:, POSE_SLICE]).max() < np.radians(0.4)
    assert same[:, GAZE_SLICE].shape == (len(made), 4)


@pytest.mark.parametrize("wished", [0.19, 0.33])
def test_it_smiles_as_much(wished: float) -> None:
    smile = [INDEX["mouthSmileLeft"], INDEX["mouthSmileRight"]]
    reference, made = talker(10, 2.0, 0.3, 3), talker(20, 2.0, 0.3, 5)
    reference[:, smile], made[:, smile] = wished, 0.25
    assert measure_style(matched(reference, made)[250:]).smile == pytest.approx(wished, rel=0.08)
    reference[:, smile] = 0.25
    assert measure_style(matched(reference, made)[250:]).smile == pytest.approx(0.25, abs=0.01)


@pytest.mark.parametrize("made_blinks", [0, 4, 30])
@pytest.mark.parametrize("wished", [1, 5])
def test_blinks_are_as_frequent(made_blinks: int, wished: int) -> None:
    reference = talker(10, 2.0, 0.3, wished)
    correct, made = BlinkRate(reference), talker(40, 2.0, 0.3, made_blinks)
    out = np.concatenate([correct(part) for part in np.array_split(made, 16)])
    expected = 40 * (wished + 0.75) / 13
    assert len(detect_blinks(out)) == pytest.approx(expected, abs=4)
    assert out[:, LIDS].min() >= 0
    assert out[:, LIDS].max() <= 1
