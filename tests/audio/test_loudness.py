import numpy as np
import pytest

from omnitalker.audio.loudness import (
    CEILING,
    SPEECH_DB,
    find_silences,
    is_silent,
    limit_peaks,
    normalise_loudness,
    speech_level_db,
    trim_silence,
)
from omnitalker.audio.resample import resample, to_mono_24k
from omnitalker.base.errors import InputError


def tone(seconds: float, amplitude: float = 0.1, hz: float = 220, rate: int = 24_000) -> np.ndarray:
    t = np.arange(int(seconds * rate)) / rate
    return (amplitude * np.sin(2 * np.pi * hz * t)).astype(np.float32)


def with_gap(gap: float) -> np.ndarray:
    return np.concatenate([tone(1), np.zeros(int(gap * 24_000), np.float32), tone(1)])


@pytest.mark.parametrize("amplitude", [0.01, 0.5, 9.0])
def test_speech_comes_to_the_same_level_and_pauses_do_not_count(amplitude: float) -> None:
    made = normalise_loudness(with_gap(1.0) * amplitude)
    assert speech_level_db(made) == pytest.approx(SPEECH_DB, abs=0.2)


def test_silence_stays_silent() -> None:
    silence = np.zeros(24_000, np.float32)
    assert is_silent(silence)
    assert np.array_equal(normalise_loudness(silence), silence)
    assert not is_silent(tone(1, 0.003))


def test_limiter_holds_the_ceiling_and_leaves_the_rest_alone() -> None:
    sound = tone(1, 0.5)
    sound[12_000:12_050] *= 4
    limited = limit_peaks(sound)
    assert np.abs(limited).max() <= np.float32(CEILING)
    np.testing.assert_array_equal(limited[:11_000], sound[:11_000])
    np.testing.assert_array_equal(limited[13_000:], sound[13_000:])
    heard = np.abs(sound) > 0.1
    gain = limited[heard] / sound[heard]
    assert np.abs(np.diff(gain)).max() < 0.1
    assert gain.min() == pytest.approx(CEILING / 2, rel=0.05)


def test_silences_are_found_where_they_are() -> None:
    (span,) = find_silences(with_gap(0.5))
    assert span.start == pytest.approx(24_000, abs=600)
    assert span.stop == pytest.approx(36_000, abs=600)
    assert find_silences(with_gap(0.1)) == []


def test_trim_leaves_a_margin() -> None:
    quiet = np.zeros(24_000, np.float32)
    trimmed = trim_silence(np.concatenate([quiet, tone(1), quiet]), keep=0.1)
    assert len(trimmed) == pytest.approx(24_000 * 1.2, abs=1200)
    assert len(trim_silence(quiet)) <= 24_000


@pytest.mark.parametrize("rate", [8_000, 16_000, 22_050, 44_100, 48_000])
def test_resampling_keeps_length_pitch_and_level(rate: int) -> None:
    made = to_mono_24k(np.stack([tone(1, rate=rate)] * 2, axis=1), rate)
    assert len(made) == pytest.approx(24_000, abs=1)
    middle = slice(2_000, 22_000)
    np.testing.assert_allclose(made[middle], tone(1)[: len(made)][middle], atol=2e-3)


def test_resampling_does_not_alias() -> None:
    assert (
        np.abs(resample(tone(1, hz=15_000, rate=48_000), 48_000, 24_000)[1000:-1000]).max() < 1e-3
    )


def test_bad_shapes_and_rates() -> None:
    with pytest.raises(InputError, match="channels"):
        to_mono_24k(np.zeros((2, 2, 2), np.float32), 24_000)
    with pytest.raises(InputError, match="positive"):
        resample(tone(0.1), 0, 24_000)
