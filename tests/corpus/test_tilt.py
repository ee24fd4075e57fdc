"""A tilted spectrum: so many dB an octave, and nothing moved in time."""

import numpy as np
import pytest

from omnitalker.corpus.tilt import tilted


def level(samples: np.ndarray, hz: float) -> float:
    t = np.arange(len(samples)) / 24_000
    return float(20 * np.log10(np.abs((samples * np.exp(-2j * np.pi * hz * t)).mean())))


@pytest.mark.parametrize("slope", [-2.0, 1.5])
def test_octaves_differ_by_the_slope(slope):
    noise = np.zeros(24_000, np.float32)
    noise[12_000] = 1.0
    changed = tilted(noise, slope)
    for hz in (500, 1000, 2000, 4000):
        assert level(changed, hz) - level(noise, hz) == pytest.approx(
            slope * np.log2(hz / 1000), abs=0.4
        )
    assert int(np.abs(changed).argmax()) == pytest.approx(12_000, abs=2)
    assert tilted(noise, 0.0) is noise
