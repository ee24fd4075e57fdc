from __future__ import annotations

import numpy as np

from omnitalker.generation.corrections.declination import SEMITONES, raised
from tests.audio.test_pitch_shift import BELOW_A_KILOHERTZ, voice


def test_a_prompt_is_a_little_higher() -> None:
    low, higher = voice(250.0), voice(250.0 * 2 ** (SEMITONES / 12))
    gap = np.abs(higher - low)[:, BELOW_A_KILOHERTZ].mean()
    assert np.abs(higher - raised(low))[:, BELOW_A_KILOHERTZ].mean() < 0.4 * gap
