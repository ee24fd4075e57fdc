from __future__ import annotations

import numpy as np

from omnitalker.audio.mel import mel_of
from omnitalker.sampling.declination import NOT_AT_ALL, SEMITONES, raised
from omnitalker.timeline import SAMPLE_RATE


def voice(hertz: float) -> np.ndarray:
    """Log-mel of a buzz with all harmonics."""
    t = np.arange(SAMPLE_RATE) / SAMPLE_RATE
    harmonics = np.arange(1, int(9000 / hertz))
    sound = np.sin(2 * np.pi * hertz * harmonics[:, None] * t).sum(axis=0) / len(harmonics)
    return mel_of(sound.astype(np.float32))[20:60]


def test_harmonics_move_up_by_what_is_said() -> None:
    low, higher = voice(250.0), voice(250.0 * 2 ** (SEMITONES / 12))
    below_a_kilohertz = slice(0, 35)
    gap = np.abs(higher - low)[:, below_a_kilohertz].mean()
    assert np.abs(higher - raised(low))[:, below_a_kilohertz].mean() < 0.4 * gap


def test_high_sounds_and_silence_stay() -> None:
    rng = np.random.default_rng(0)
    mel = rng.normal(size=(15, 100)).astype(np.float32)
    above = int(np.ceil(101 * np.log10(1 + NOT_AT_ALL / 700) / np.log10(1 + SAMPLE_RATE / 1400)))
    assert np.allclose(raised(mel)[:, above:], mel[:, above:], atol=1e-5)
    assert np.allclose(raised(np.full((15, 100), -11.5, np.float32)), -11.5)
    assert raised(mel[:0]).shape == (0, 100)
