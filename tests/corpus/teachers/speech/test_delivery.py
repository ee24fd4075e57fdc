"""What a delivery does to the curves a teacher speaks from."""

from dataclasses import replace

import numpy as np
import pytest

from omnitalker.corpus.teachers.speech.delivery import (
    AS_IT_IS,
    VOICED_HZ,
    Delivery,
    shaped_energy,
    shaped_pitch,
)

PITCH = np.where(np.arange(160) % 40 < 30, 200 * 2 ** (np.sin(np.arange(160) / 9) / 6), 5.0).astype(
    np.float32
)
VOICED = PITCH > VOICED_HZ
ENERGY = np.where(VOICED, 6 + np.sin(np.arange(160) / 5), -9.0).astype(np.float32)


def semitones(pitch: np.ndarray) -> np.ndarray:
    return 12 * np.log2(pitch[VOICED])


def test_nothing_asked_nothing_changed():
    np.testing.assert_allclose(shaped_pitch(PITCH, AS_IT_IS), PITCH, rtol=1e-5)
    np.testing.assert_allclose(shaped_energy(ENERGY, AS_IT_IS), ENERGY, rtol=1e-5)


def test_pitch_moves_by_semitones_and_silence_stays():
    moved = shaped_pitch(PITCH, Delivery(pitch=3.0))
    np.testing.assert_allclose(semitones(moved) - semitones(PITCH), 3.0, atol=1e-3)
    np.testing.assert_array_equal(moved[~VOICED], PITCH[~VOICED])


def test_range_is_scaled_around_the_middle_and_less_in_a_tone_language():
    def wide(tonal: bool) -> float:
        return float(semitones(shaped_pitch(PITCH, Delivery(pitch_range=1.6), tonal=tonal)).std())

    own = float(semitones(PITCH).std())
    assert wide(tonal=False) == pytest.approx(1.6 * own, rel=1e-3)
    assert own < wide(tonal=True) < wide(tonal=False)
    middle = semitones(shaped_pitch(PITCH, Delivery(pitch_range=1.6))).mean()
    assert middle == pytest.approx(semitones(PITCH).mean(), abs=1e-3)


def test_glide_rises_from_beginning_to_end():
    lift = semitones(shaped_pitch(PITCH, Delivery(glide=4.0))) - semitones(PITCH)
    assert lift[0] == pytest.approx(-2.0, abs=0.05)
    assert (np.diff(lift) > 0).all()


def test_loudness_moves_where_something_is_said():
    louder = shaped_energy(ENERGY, Delivery(effort=0.5, dynamics=1.5))
    assert louder[VOICED].mean() == pytest.approx(ENERGY[VOICED].mean() + 0.5, abs=0.02)
    assert louder[VOICED].std() == pytest.approx(1.5 * ENERGY[VOICED].std(), rel=0.02)
    np.testing.assert_array_equal(louder[~VOICED], ENERGY[~VOICED])


def test_a_text_without_voice_is_left_alone():
    whisper = np.full(20, 5.0, np.float32)
    np.testing.assert_array_equal(shaped_pitch(whisper, replace(AS_IT_IS, pitch=2.0)), whisper)
