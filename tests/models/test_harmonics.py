from __future__ import annotations

import numpy as np
import pytest
import torch

from omnitalker.audio.mel import mel_of
from omnitalker.models.harmonics import harmonic_comb


@pytest.mark.parametrize("hertz", [95.0, 180.0, 310.0])
def test_the_comb_is_what_our_analysis_shows_of_such_a_pitch(hertz: float) -> None:
    time = np.arange(12_000) / 24_000
    phases = np.random.default_rng(0).uniform(0, 6.28, 200)
    tones = [
        np.cos(2 * np.pi * hertz * k * time + phases[k]) for k in range(1, int(12_000 / hertz))
    ]
    noise = np.random.default_rng(1).normal(0, 0.02, len(time))
    heard = mel_of((np.sum(tones, axis=0) + noise).astype(np.float32) * 0.01)[20]
    comb = harmonic_comb(torch.tensor([[np.log2(hertz / 200)]]), torch.ones(1, 1))[0, 0].numpy()
    low = slice(0, 50)
    shape = np.polyfit(np.arange(50), heard[low], 1)
    ripple = heard[low] - np.polyval(shape, np.arange(50))
    assert np.corrcoef(ripple.clip(-2, 2), comb[low])[0, 1] > 0.8


def test_nothing_where_nothing_is_voiced_and_smooth_in_between() -> None:
    octaves = torch.linspace(-1, 1, 500)[None]
    assert (harmonic_comb(octaves, torch.zeros(1, 500)) == 0).all()
    comb = harmonic_comb(octaves, torch.ones(1, 500))
    assert comb.diff(dim=1).abs()[..., :40].max() < 0.6
