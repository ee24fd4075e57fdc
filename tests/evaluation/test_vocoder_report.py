import numpy as np
import pytest

pytest.importorskip("pocketsphinx", reason="the extra 'eval' is not installed")
pytest.importorskip("resemblyzer", reason="the extra 'eval' is not installed")

from omnitalker.corpus.item import CorpusItem, ItemInfo, masked_phonemes
from omnitalker.evaluation.vocoder_report import measure
from omnitalker.models.vocoder.vocoder import Vocoder


def test_copies_are_compared_with_their_original() -> None:
    t = np.arange(3840 * 8) / 24_000
    phase = 2 * np.pi * 140 * (t + 0.01 * np.sin(9 * t))
    sound = 0.1 * sum(np.cos(k * phase) / k for k in range(1, 15))
    item = CorpusItem(
        info=ItemInfo("a", "someone", "en", "kokoro", text="well", blocks=8),
        samples=np.round(sound * 32767).astype(np.int16),
        mel=np.zeros((120, 100), np.float16),
        motion=np.zeros((32, 61), np.float16),
        pitch=np.zeros(120, np.float16),
        energy=np.zeros(120, np.float16),
        **masked_phonemes(1.28),
    )
    figures = measure([item], {"griffin_lim": Vocoder("griffin_lim", iterations=8)})
    assert figures["original"].against_original == 0
    copy = figures["griffin_lim"]
    assert 0 < copy.mel_distance < 1
    assert 0.5 < copy.similarity <= 1
    assert copy.real_time_factor > 0
