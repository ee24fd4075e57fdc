from itertools import pairwise

import numpy as np
import pytest

from omnitalker.base.types import RenderMemory
from omnitalker.rendering.mouth.steady import SHUT, SteadyChoice
from tests.painted_faces import painted_identity

OPEN = 0.1


@pytest.fixture(scope="module")
def choice():
    """Four mouths in a row, 0.1 apart; the last one is as dark as the others are bright."""
    identity = painted_identity(128)
    crops = np.full((4, 128, 128, 3), 200, np.uint8)
    crops[3] = 20
    known = np.array([[0.0], [0.1], [0.2], [0.3]], np.float32)
    return SteadyChoice(crops, identity.landmarks, known, np.array([0.3] * 4, np.float32))


def _shown(choice, wishes, gap=OPEN):
    memory = RenderMemory()
    return memory, [choice.shares(np.array([w], np.float32), gap, memory).copy() for w in wishes]


def test_the_first_picture_is_the_nearest(choice):
    memory, (shares,) = _shown(choice, [0.19])
    assert memory.mouth == 2
    np.testing.assert_array_equal(shares, [0, 0, 1, 0])


def test_wavering_between_two_changes_nothing(choice):
    _, shares = _shown(choice, [0.04, 0.06, 0.04, 0.06, 0.05])
    for later in shares[1:]:
        np.testing.assert_array_equal(later, shares[0])


def test_a_real_change_arrives_within_some_frames_and_in_steps(choice):
    _, shares = _shown(choice, [0.0] + [0.2] * 9)
    towards = [float(s[2]) for s in shares]
    assert all(a <= b for a, b in pairwise(towards))
    assert 0.2 < towards[1] < 0.5
    assert towards[-1] > 0.95
    assert all(s.sum() == pytest.approx(1) for s in shares)


def test_what_looks_different_is_changed_to_later(choice):
    alike, _ = _shown(choice, [0.1, 0.2])
    unlike, _ = _shown(choice, [0.2, 0.3])
    assert alike.mouth == 2
    assert unlike.mouth == 2


def test_behind_closed_lips_a_change_is_free(choice):
    _, shares = _shown(choice, [0.0, 0.3], gap=0.5 * SHUT)
    np.testing.assert_array_equal(shares[1], [0, 0, 0, 1])


def test_lips_are_not_torn_apart_when_another_picture_is_open(choice):
    opened = SteadyChoice(
        np.full((2, 128, 128, 3), 200, np.uint8),
        painted_identity(128).landmarks,
        np.array([[0.0], [0.1]], np.float32),
        np.array([0.02, 0.3], np.float32),
    )
    memory = RenderMemory()
    opened.shares(np.zeros(1, np.float32), 0.03, memory)
    opened.shares(np.zeros(1, np.float32), 0.2, memory)
    assert memory.mouth == 1


def test_closed_lips_are_not_shown_by_a_picture_unlike_all_other_closed_ones():
    crops = np.full((4, 128, 128, 3), 150, np.uint8)
    crops[1] = 30
    known = np.array([[0.0], [0.01], [0.02], [0.03]], np.float32)
    shut = np.full(4, 0.01, np.float32)
    choice = SteadyChoice(crops, painted_identity(128).landmarks, known, shut)
    memory = RenderMemory()
    choice.shares(np.array([0.011], np.float32), 0.01, memory)
    assert memory.mouth in (0, 2)
