from __future__ import annotations

import numpy as np
import pytest

from omnitalker.audio.mel import mel_of
from omnitalker.audio.pitch_shift import NOT_AT_ALL, shift_pitch
from omnitalker.base.timeline import SAMPLE_RATE

BELOW_A_KILOHERTZ = slice(0, 35)


def voice(hertz: float) -> np.ndarray:
    """Log-mel of a buzz with all harmonics."""
    t = np.arange(SAMPLE_RATE) / SAMPLE_RATE
    harmonics = np.arange(1, int(9000 / hertz))
    sound = np.sin(2 * np.pi * hertz * harmonics[:, None] * t).sum(axis=0) / len(harmonics)
    return mel_of(sound.astype(np.float32))[20:60]


@pytest.mark.parametrize("semitones", [-2.0, -0.7, 1.1, 2.5])
def test_harmonics_move_by_what_is_said(semitones: float) -> None:
    wanted, given = voice(250.0 * 2 ** (semitones / 12)), voice(250.0)
    made = shift_pitch(given, np.full(len(given), semitones, np.float32))
    gap = np.abs(wanted - given)[:, BELOW_A_KILOHERTZ].mean()
    assert np.abs(wanted - made)[:, BELOW_A_KILOHERTZ].mean() < 0.5 * gap


def test_every_frame_by_its_own() -> None:
    given = voice(200.0)
    shift = np.linspace(-2, 2, len(given), dtype=np.float32)
    made = shift_pitch(given, shift)
    for frame in (0, 17, 39):
        alone = shift_pitch(given[frame : frame + 1], shift[frame : frame + 1])
        np.testing.assert_array_equal(made[frame : frame + 1], alone)


def test_high_sounds_silence_and_what_is_not_moved_stay() -> None:
    rng = np.random.default_rng(0)
    mel = rng.normal(size=(15, 100)).astype(np.float32)
    up = np.full(15, 1.5, np.float32)
    above = int(np.ceil(101 * np.log10(1 + NOT_AT_ALL / 700) / np.log10(1 + SAMPLE_RATE / 1400)))
    assert np.allclose(shift_pitch(mel, up)[:, above:], mel[:, above:], atol=1e-5)
    assert np.allclose(shift_pitch(np.full((15, 100), -11.5, np.float32), up), -11.5)
    np.testing.assert_allclose(shift_pitch(mel, np.zeros(15, np.float32)), mel, atol=1e-5)
    assert shift_pitch(mel[:0], up[:0]).shape == (0, 100)
