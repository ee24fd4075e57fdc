from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from omnitalker.agent.voice_activity import RATE, WINDOW, SileroActivity

SHARED = Path(os.environ.get("OMNITALKER_SHARED", Path(__file__).parents[3] / "shared"))
VOICE = SHARED / "data/voices/f5_ref_en.wav"


@pytest.mark.skipif(not VOICE.is_file(), reason=f"needs {VOICE} (set OMNITALKER_SHARED)")
def test_silero_hears_a_voice_and_not_the_noise_around_it() -> None:
    pytest.importorskip("silero_vad")
    from omnitalker.media.reader import read_audio

    voice = read_audio(VOICE)
    sound = np.interp(
        np.arange(len(voice) * RATE // 24_000) * 24_000 / RATE, np.arange(len(voice)), voice
    ).astype(np.float32)
    noise = np.random.default_rng(0).normal(0, 0.01, 2 * RATE).astype(np.float32)
    detector = SileroActivity()

    def share(samples: np.ndarray) -> float:
        windows = samples[: len(samples) // WINDOW * WINDOW].reshape(-1, WINDOW)
        return float(np.mean([detector.probability(window) > 0.5 for window in windows]))

    assert share(noise) < 0.1
    assert share(sound) > 0.6
    assert share(noise) < 0.3
