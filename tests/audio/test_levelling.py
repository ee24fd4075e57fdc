from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from omnitalker.audio.levelling import (
    CEILING_DB,
    GainRamp,
    PeakLimiter,
    SteadyLoudness,
    loudness_of_mel,
)
from omnitalker.audio.lufs import integrated_loudness, true_peak_db
from omnitalker.audio.mel import mel_of
from omnitalker.base.types import FloatArray

RATE = 24_000


def speech(seconds: float, level: float, seed: int = 0, hertz: float = 140.0) -> FloatArray:
    """Syllables of a buzz with some noise, which is what voices are to a meter."""
    rng = np.random.default_rng(seed)
    t = np.arange(int(seconds * RATE)) / RATE
    phase = 2 * np.pi * np.cumsum(hertz * 2 ** (0.2 * np.sin(2 * np.pi * 0.7 * t))) / RATE
    buzz = sum(np.cos(k * phase) / k**1.3 for k in range(1, 40))
    syllables = np.clip(np.sin(2 * np.pi * 2.1 * t + seed), 0, 1) ** 0.5
    return (level * (buzz + 0.3 * rng.normal(size=len(t))) * syllables).astype(np.float32)


def levelled(windows: list[FloatArray], level: SteadyLoudness) -> FloatArray:
    """As it leaves: no peak is higher than it may be."""
    ramp, limiter = GainRamp(), PeakLimiter()
    made = [limiter.push(ramp(w, level.gain_db(w)), is_last=False) for w in windows]
    return np.concatenate([*made, limiter.push(windows[0][:0], is_last=True)])


@pytest.mark.parametrize("hertz", [90.0, 140.0, 230.0])
@pytest.mark.parametrize("level", [0.003, 0.1])
def test_a_mel_is_as_loud_as_its_sound(level: float, hertz: float) -> None:
    sound = speech(6, level, hertz=hertz)
    assert loudness_of_mel(mel_of(sound)) == pytest.approx(integrated_loudness(sound), abs=1.0)


@pytest.mark.parametrize("level", [0.03, 0.1, 0.5])
@pytest.mark.parametrize("seconds", [0.7, 3.0, 20.0])
def test_speech_comes_to_the_target_however_loud_it_is_made(level: float, seconds: float) -> None:
    sound = speech(seconds, level)
    windows = np.split(sound, range(3 * RATE, len(sound), 4 * RATE))
    made = levelled(windows, SteadyLoudness(-16.0, -30.0, trusted_seconds=0.0))
    assert integrated_loudness(made) == pytest.approx(-16.0, abs=1.0)


def test_windows_of_unlike_loudness_together_come_to_the_target_and_stay_unlike() -> None:
    windows = [speech(4, 0.02 * 10 ** (db / 20), seed) for seed, db in enumerate((0, 4, -3, 1, 5))]
    made = levelled(windows, SteadyLoudness(-16.0, -30.0, trusted_seconds=0.0))
    assert integrated_loudness(made) == pytest.approx(-16.0, abs=1.0)
    before = [integrated_loudness(window) for window in windows]
    after = [integrated_loudness(window) for window in np.split(made, 5)]
    assert np.corrcoef(before, after)[0, 1] > 0.6


def test_a_live_beginning_goes_by_how_loud_the_voice_usually_is() -> None:
    """Its first syllable may be a soft one."""
    usual = integrated_loudness(speech(8, 0.02))
    level = SteadyLoudness(-16.0, usual, trusted_seconds=3.0)
    soft = speech(0.6, 0.004, seed=1)
    assert level.gain_db(soft) == pytest.approx(-16.0 - usual, abs=3.0)
    for seed in range(12):
        gain = level.gain_db(speech(1.0, 0.02, seed=seed))
    assert gain == pytest.approx(-16.0 - usual, abs=1.5)


def test_silence_changes_nothing() -> None:
    level = SteadyLoudness(-16.0, -30.0, trusted_seconds=0.0)
    quiet = np.zeros(RATE, np.float32)
    assert level.gain_db(quiet) == 0.0
    spoken = level.gain_db(speech(3, 0.02))
    assert level.gain_db(quiet) == spoken


def test_a_new_gain_comes_without_a_step() -> None:
    ramp, ones = GainRamp(), np.ones(5000, np.float32)
    made = np.concatenate([ramp(ones, db) for db in (0.0, 6.0, -6.0)])
    assert np.abs(np.diff(made)).max() < 1e-3
    assert made[-1] == pytest.approx(0.501, abs=0.01)


def test_no_true_peak_leaves_the_limiter_and_the_rest_is_as_it_was() -> None:
    sound = speech(3, 0.05)
    sound[RATE : RATE + 400] *= 20
    made = PeakLimiter().push(sound, is_last=True)
    assert true_peak_db(sound) > 5
    assert true_peak_db(made) < -1.0
    assert CEILING_DB < -1.0
    np.testing.assert_array_equal(made[: RATE - 300], sound[: RATE - 300])
    np.testing.assert_array_equal(made[RATE + 700 :], sound[RATE + 700 :])


def test_limited_in_pieces_is_limited_as_a_whole() -> None:
    sound = speech(2, 0.8)
    whole = PeakLimiter().push(sound, is_last=True)
    limiter, cuts = PeakLimiter(), [0, 10, 500, 501, 3000, 20_000, len(sound)]
    parts = [limiter.push(sound[a:b], is_last=b == len(sound)) for a, b in pairwise(cuts)]
    np.testing.assert_allclose(np.concatenate(parts), whole, atol=1e-5)
