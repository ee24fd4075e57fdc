import numpy as np
import pytest
import torch
from torchaudio.functional import melscale_fbanks
from vocos.feature_extractors import MelSpectrogramFeatures

from omnitalker.audio.mel import LogMel, mel_covering, mel_filters, mel_of, pad_to_blocks
from omnitalker.base import timeline
from omnitalker.base.errors import InputError


def sound(samples: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(3)
    t = torch.arange(samples) / timeline.SAMPLE_RATE
    return 0.3 * torch.sin(900 * t + 40 * t**2) + 0.05 * torch.randn(samples, generator=generator)


@pytest.mark.parametrize("samples", [3840, 12_345, 24_000])
def test_it_is_the_mel_of_vocos(samples: int) -> None:
    wave = torch.stack([sound(samples), 0.01 * sound(samples)])
    theirs = MelSpectrogramFeatures()(wave).transpose(1, 2)
    ours = LogMel()(wave)
    assert ours.shape == theirs.shape == (2, samples // 256 + 1, 100)
    assert (ours - theirs).abs().max() < 1e-4


def test_lengths_and_blocks() -> None:
    wave = pad_to_blocks(sound(10_001).numpy())
    assert len(wave) == 3 * timeline.BLOCK_SAMPLES
    covering = mel_covering(wave)
    assert covering.shape == (3 * timeline.BLOCK_MEL_FRAMES, 100)
    np.testing.assert_array_equal(covering, mel_of(wave)[:-1])
    assert pad_to_blocks(wave) is not None
    assert len(pad_to_blocks(wave)) == len(wave)


@pytest.mark.parametrize("shape", [(10,), (2, 4000), (0,)])
def test_impossible_sound_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(InputError, match="expected mono sound"):
        mel_of(np.zeros(shape, np.float32))


def test_uncovered_remainder_is_refused() -> None:
    with pytest.raises(InputError, match="pad_to_blocks"):
        mel_covering(np.zeros(4000, np.float32))


@pytest.mark.parametrize(("window", "bins"), [(1024, 100), (64, 10), (2048, 160)])
def test_the_filters_are_those_of_torchaudio(window: int, bins: int) -> None:
    theirs = melscale_fbanks(window // 2 + 1, 0.0, 12_000.0, bins, timeline.SAMPLE_RATE)
    assert torch.equal(mel_filters(window, bins), theirs)
