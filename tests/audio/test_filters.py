"""Against scipy.signal, which these stand in for."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import signal

from omnitalker.audio.filters import Biquad, oversampled

B, A = signal.butter(2, 0.11, "high")


@pytest.mark.parametrize("count", [0, 1, 63, 64, 65, 1000])
def test_a_biquad_is_lfilter(count: int) -> None:
    sound = np.random.default_rng(count).normal(size=count)
    state = np.array([0.3, -0.2])
    made, after = Biquad(2 * B, 2 * A)(sound, state)
    wanted, wanted_after = signal.lfilter(B, A, sound, zi=state)
    np.testing.assert_allclose(made, wanted, atol=1e-12)
    np.testing.assert_allclose(after, wanted_after, atol=1e-12)


def test_pieces_are_the_whole() -> None:
    sound, part = np.random.default_rng(0).normal(size=700), Biquad(B, A)
    whole, _ = part(sound, np.zeros(2))
    state, pieces = np.zeros(2), []
    for piece in np.split(sound, [3, 200, 264, 650]):
        made, state = part(piece, state)
        pieces.append(made)
    np.testing.assert_allclose(np.concatenate(pieces), whole, atol=1e-12)


def test_its_gain_is_that_of_freqz() -> None:
    hz = np.array([20.0, 500.0, 11_000.0])
    _, response = signal.freqz(B, A, worN=hz, fs=24_000)
    np.testing.assert_allclose(Biquad(B, A).power_gain(hz, 24_000), np.abs(response) ** 2)


@pytest.mark.parametrize("count", [1, 5, 400])
def test_samples_between_samples_are_those_of_resample_poly(count: int) -> None:
    sound = np.random.default_rng(count).normal(size=count).astype(np.float32)
    fine = oversampled(sound)
    assert fine.dtype == np.float32
    np.testing.assert_allclose(fine.ravel(), signal.resample_poly(sound, 4, 1), atol=2e-6)
