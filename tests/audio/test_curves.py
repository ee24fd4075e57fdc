from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from omnitalker.audio.curves import Curves, Melody, curves_of, from_numbers, voiced_pitch
from omnitalker.base.errors import InputError


def speech(frames: int = 60) -> Curves:
    pitch = np.log(150 + 30 * np.sin(np.arange(3 * frames) / 9)).astype(np.float32)
    pitch[30:60] = 0
    return curves_of(pitch, np.linspace(-6, -2, 3 * frames).astype(np.float32))


def test_pitch_goes_straight_on_where_there_is_no_voice() -> None:
    curves = speech()
    assert (curves.voiced[10:20] == 0).all()
    assert (curves.voiced[20:] == 1).all()
    assert np.allclose(np.diff(curves.pitch[9:21], 2), 0, atol=1e-5)
    assert np.exp(curves.middle) == pytest.approx(150, abs=15)


def test_nothing_voiced_has_the_middle_of_all_voices() -> None:
    curves = curves_of(np.zeros(30, np.float32), np.full(30, -9, np.float32))
    assert np.allclose(np.exp(curves.pitch), 200)
    assert np.exp(curves.middle) == pytest.approx(200)


def test_numbers_come_back_and_lie_on_the_mel_grid() -> None:
    curves = speech()
    again = from_numbers(curves.numbers())
    assert np.allclose(again.pitch, curves.pitch, atol=1e-5)
    assert np.allclose(again.energy, curves.energy, atol=1e-5)
    told = curves.on_mel_grid()
    assert told.shape == (180, 4)
    assert (told[:, 3] == 1).all()
    assert np.allclose(told[1::3, :3], curves.numbers(), atol=1e-6)


def test_a_melody_moves_widens_and_loudens() -> None:
    curves = speech()
    middle = curves.middle
    higher = Melody(semitones=3)(curves, middle)
    assert np.allclose(higher.pitch - curves.pitch, 3 * np.log(2) / 12, atol=1e-5)
    flat = Melody(range=0)(curves, middle)
    assert np.allclose(flat.pitch, middle, atol=1e-5)
    wide = Melody(range=2)(curves, middle)
    assert np.ptp(wide.pitch) == pytest.approx(2 * np.ptp(curves.pitch), rel=1e-3)
    assert np.allclose(
        Melody(energy=2)(curves, middle).energy - curves.energy, np.log(2), atol=1e-5
    )
    assert Melody()(curves, middle).pitch == pytest.approx(curves.pitch)


def test_a_contour_of_ones_own_replaces_what_was_decided() -> None:
    curves = speech()
    rising = np.linspace(4.8, 5.4, len(curves)).astype(np.float32)
    sung = Melody(contour=lambda c: replace(c, pitch=rising))(curves, curves.middle)
    assert (sung.pitch == rising).all()
    with pytest.raises(InputError, match="59 frames"):
        Melody(contour=lambda c: c[1:])(curves, curves.middle)


def test_only_what_is_sure_loud_and_steady_is_voice() -> None:
    mel = np.full((60, 100), -3, np.float32)
    mel[50:] = -11
    semitones = np.full(60, 12.0, np.float32)
    semitones[10] = 24  # a slip of one frame
    semitones[40:48] = 25  # an octave error
    sure = np.full(60, 0.9)
    sure[20:30] = 0.1
    pitch = voiced_pitch(mel, semitones, sure)
    assert np.allclose(pitch[:18], np.log(200), atol=1e-5)
    assert (pitch[23:27] == 0).all()
    assert np.allclose(pitch[33:38], np.log(200), atol=1e-5)
    assert (pitch[42:46] == 0).all()
    assert (pitch[52:] == 0).all()
