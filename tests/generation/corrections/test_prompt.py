from __future__ import annotations

import numpy as np

from omnitalker.generation.corrections.prompt import (
    LIFT_SEMITONES,
    NARROW,
    WIDE,
    familiar_motion,
    lift_prompt_pitch,
)
from omnitalker.motion.names import INDEX, MOTION_DIM
from tests.audio.test_pitch_shift import BELOW_A_KILOHERTZ, voice

MEAN = np.full(MOTION_DIM, 0.1, np.float32)
SPREAD = np.full(MOTION_DIM, 0.05, np.float32)
SPREAD[INDEX["jawLeft"]] = 0.01


def trained() -> np.ndarray:
    moved = np.random.default_rng(0).normal(size=(100, MOTION_DIM)).clip(-2, 2)
    moved = MEAN + SPREAD * (moved - moved.mean(axis=0))
    moved[:, INDEX["jawLeft"]] = 0.1
    return moved.astype(np.float32)


def offsets(motion: np.ndarray) -> np.ndarray:
    return (familiar_motion(motion, MEAN, SPREAD) - MEAN) / SPREAD


def test_what_is_known_stays() -> None:
    np.testing.assert_allclose(familiar_motion(trained(), MEAN, SPREAD), trained(), atol=1e-6)


def test_a_single_strange_coefficient_is_limited_alone() -> None:
    motion = trained()
    motion[:, INDEX["headTransZ"]] += 0.5
    motion[:, INDEX["jawLeft"]] = np.linspace(0, 1, 100)
    known = offsets(motion)
    assert abs(known[:, INDEX["headTransZ"]].mean() - WIDE[0]) < 1e-4
    assert not known[:, INDEX["jawLeft"]].any()
    other = INDEX["jawOpen"]
    np.testing.assert_allclose(known[:, other] * 0.05 + 0.1, trained()[:, other], atol=1e-6)


def test_a_strange_manner_is_brought_near_and_keeps_its_shape() -> None:
    motion = 0.1 + 6 * (trained() - 0.1)
    known = offsets(motion)
    nod = INDEX["headRotX"]
    assert abs(known[:, nod].std() - NARROW[1]) < 1e-4
    assert np.corrcoef(known[:, nod], motion[:, nod])[0, 1] > 0.999


def test_a_prompt_is_a_little_higher() -> None:
    low, higher = voice(250.0), voice(250.0 * 2 ** (LIFT_SEMITONES / 12))
    gap = np.abs(higher - low)[:, BELOW_A_KILOHERTZ].mean()
    assert np.abs(higher - lift_prompt_pitch(low))[:, BELOW_A_KILOHERTZ].mean() < 0.4 * gap
