"""The mark in sound: heard again after what happens to sound, and nowhere else."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import resample, resample_poly

from omnitalker.base.types import FloatArray
from omnitalker.marks.sound import leaning, mark_sound
from omnitalker.marks.sound_reader import read_sound_mark

RATE = 24_000
VALUE = 4711


def babble(seconds: float = 6.0, seed: int = 0) -> FloatArray:
    """Syllables of a buzzing and a hissing voice: loud and soft, in bands that wander, like speech."""
    rng = np.random.default_rng(seed)
    count = int(seconds * RATE)
    times = np.arange(count) / RATE
    pitch = 140 * np.exp(0.2 * np.sin(2 * np.pi * 0.7 * times + rng.uniform(0, 6)))
    phase = np.cumsum(pitch) / RATE
    buzz = sum(np.sin(2 * np.pi * k * phase + rng.uniform(0, 6)) / k for k in range(1, 40))
    syllables = np.maximum(0.02, np.sin(2 * np.pi * 3.1 * times) + 0.3)
    hiss = rng.normal(0, 0.25, count) * np.maximum(0.05, -np.sin(2 * np.pi * 3.1 * times))
    return (0.2 * (buzz * syllables + hiss)).astype(np.float32)


@pytest.fixture(scope="module")
def marked() -> FloatArray:
    return mark_sound(babble(), VALUE)


def test_a_mark_is_read_back_with_its_number(marked: FloatArray) -> None:
    found = read_sound_mark(marked)
    assert found.is_found
    assert found.value == VALUE


@pytest.mark.parametrize("seed", range(4))
def test_sound_without_a_mark_has_none(seed: int) -> None:
    assert not read_sound_mark(babble(seed=seed)).is_found


def test_the_mark_is_soft(marked: FloatArray) -> None:
    difference = marked - babble()
    assert 10 * np.log10(np.mean(babble() ** 2) / np.mean(difference**2)) > 18


@pytest.mark.parametrize("start", [0, 777, 31_234])
def test_it_is_found_wherever_the_sound_begins(marked: FloatArray, start: int) -> None:
    assert read_sound_mark(marked[start:]).is_found


def test_it_outlives_a_telephone(marked: FloatArray) -> None:
    narrow = resample_poly(resample_poly(marked, 1, 3), 3, 1).astype(np.float32)
    assert read_sound_mark(narrow).is_found


@pytest.mark.parametrize("speed", [0.95, 1.05])
def test_it_outlives_another_speed(marked: FloatArray, speed: float) -> None:
    found = read_sound_mark(resample(marked, int(len(marked) / speed)).astype(np.float32))
    assert found.is_found
    assert found.speed == pytest.approx(speed - 1, abs=0.01)


def test_pieces_of_a_stream_lean_as_the_whole() -> None:
    mel = np.random.default_rng(0).normal(-4, 1, (90, 100)).astype(np.float32)
    pieces = [leaning(mel[a:b], VALUE, a // 15) for a, b in ((0, 15), (15, 60), (60, 90))]
    np.testing.assert_allclose(np.concatenate(pieces), leaning(mel, VALUE), atol=1e-6)


def test_short_sounds_and_silence_are_no_trouble() -> None:
    for samples in (np.zeros(0), np.zeros(100), np.zeros(RATE), babble(0.3)):
        sound = samples.astype(np.float32)
        assert not read_sound_mark(sound).is_found
        assert len(mark_sound(sound)) == len(sound)
