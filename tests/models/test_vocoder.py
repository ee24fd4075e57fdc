from pathlib import Path

import pytest
import torch
import yaml
from torch import Tensor
from vocos.feature_extractors import MelSpectrogramFeatures
from vocos.heads import ISTFTHead
from vocos.models import VocosBackbone
from vocos.pretrained import Vocos

from omnitalker.audio.mel import LogMel
from omnitalker.base.errors import InputError, WeightsError
from omnitalker.models.vocoder.source_filter import SourceFilterDecoder
from omnitalker.models.vocoder.vocoder import Decoding, Vocoder

PUBLIC_CONFIG = {
    "feature_extractor": {
        "class_path": "vocos.feature_extractors.MelSpectrogramFeatures",
        "init_args": {
            "sample_rate": 24000, "n_fft": 1024, "hop_length": 256, "n_mels": 100,
            "padding": "center",
        },
    },
    "backbone": {
        "class_path": "vocos.models.VocosBackbone",
        "init_args": {
            "input_channels": 100, "dim": 512, "intermediate_dim": 1536, "num_layers": 8,
        },
    },
    "head": {
        "class_path": "vocos.heads.ISTFTHead",
        "init_args": {"dim": 512, "n_fft": 1024, "hop_length": 256, "padding": "center"},
    },
}  # fmt: skip
"""config.yaml of charactr/vocos-mel-24khz."""


def speech_like(seconds: float = 1.6) -> Tensor:
    """(1, N): a gliding pulse train and some noise."""
    generator = torch.Generator().manual_seed(1)
    t = torch.arange(int(seconds * 24_000)) / 24_000
    phase = 2 * torch.pi * (140 * t + 20 * t**2)
    voiced = sum(torch.cos(k * phase) / k for k in range(1, 20))
    breath = 0.02 * torch.randn(len(t), generator=generator)
    return (0.1 * voiced * (torch.sin(6 * t) > -0.5) + breath)[None]


def small(decoding: Decoding = "source_filter") -> Vocoder:
    torch.manual_seed(0)
    vocoder = Vocoder(
        decoding, dim=32, intermediate_dim=48, num_layers=3, pitch_dim=16, pitch_layers=2
    )
    for parameter in vocoder.parameters():
        torch.nn.init.normal_(parameter, std=0.05)
    return vocoder.eval()


@pytest.mark.parametrize("decoding", ["source_filter", "vocos", "griffin_lim"])
@pytest.mark.parametrize("frames", [1, 2, 15, 151])
def test_t_frames_are_256_t_samples(decoding: Decoding, frames: int) -> None:
    mel = LogMel()(speech_like())[:, :frames].repeat(2, 1, 1)
    samples = small(decoding).decode(mel)
    assert samples.shape == (2, 256 * frames)
    assert samples.isfinite().all()


@pytest.mark.parametrize("decoding", ["source_filter", "vocos"])
@pytest.mark.parametrize("sizes", [(15,) * 10, (1, 2, 60, 3, 84), (150,), (97, 53)])
def test_chunks_are_the_whole(decoding: Decoding, sizes: tuple[int, ...]) -> None:
    vocoder = small(decoding)
    mel = LogMel()(speech_like())[:, :150]
    pieces = list(vocoder.decode_stream(mel.split(list(sizes), dim=1)))
    assert (torch.cat(pieces, dim=1) - vocoder.decode(mel)).abs().max() < 1e-3


def test_a_stream_forgets_the_far_past_and_speaks_in_time() -> None:
    vocoder = small()
    mel = LogMel()(speech_like())[:, :150]
    state, heard = vocoder.stream(), 0
    for n in range(40):
        step = vocoder.push(state, mel[:, 15 * (n % 10) : 15 * (n % 10 + 1)])
        state, heard = step.state, heard + step.samples.shape[1]
        assert heard == max(0, 15 * (n + 1) - vocoder.latency_frames) * 256
    assert state.mel.shape[1] <= vocoder.decoder.frames_behind + vocoder.latency_frames + 20


def test_later_frames_never_change_what_was_spoken() -> None:
    vocoder = small()
    mel = LogMel()(speech_like())[:, :150]
    changed = mel.clone()
    changed[:, 100:] = -3.0
    until = 256 * (100 - vocoder.latency_frames)
    same, other = vocoder.decode(mel)[:, :until], vocoder.decode(changed)[:, :until]
    assert (same - other).abs().max() < 1e-4
    assert (vocoder.decode(mel) - vocoder.decode(changed)).abs().max() > 1e-2


def test_untrained_source_filter_already_has_about_the_right_mel() -> None:
    torch.manual_seed(0)
    mel = LogMel()(speech_like())
    made = LogMel()(Vocoder().eval().decode(mel))
    assert (made[:, :-1] - mel).abs().mean() < 0.8


@torch.no_grad()
def test_settling_brings_the_mel_closer() -> None:
    torch.manual_seed(0)
    decoder, mel = SourceFilterDecoder(32, 48, 2, 16, 1), LogMel()(speech_like())
    made = decoder.spectrum(mel, decoder.pitch.hz(mel), torch.zeros(1), torch.zeros(1).long())
    off = [
        float((LogMel()(decoder.to_samples(spectrum)) - mel).abs().mean())
        for spectrum in (made, decoder.settle(made, mel))
    ]
    assert off[1] < 0.6 * off[0]


def test_griffin_lim_keeps_the_mel() -> None:
    mel = LogMel()(speech_like())[:, :140]
    made = LogMel()(Vocoder("griffin_lim").decode(mel))[:, :140]
    assert (made - mel).abs().mean() < 0.25


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Vocos]:
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("vocos")
    theirs = Vocos(
        MelSpectrogramFeatures(**PUBLIC_CONFIG["feature_extractor"]["init_args"]),
        VocosBackbone(**PUBLIC_CONFIG["backbone"]["init_args"]),
        ISTFTHead(**PUBLIC_CONFIG["head"]["init_args"]),
    ).eval()
    torch.save(theirs.state_dict(), folder / "pytorch_model.bin")
    (folder / "config.yaml").write_text(yaml.safe_dump(PUBLIC_CONFIG))
    return folder, theirs


def test_published_vocos_loads_and_sounds_the_same(published: tuple[Path, Vocos]) -> None:
    folder, theirs = published
    mel = LogMel()(speech_like(0.5))
    ours = Vocoder.from_pretrained(folder).decode(mel)
    expected = theirs.decode(torch.cat([mel, mel[:, -1:]], dim=1).transpose(1, 2))
    assert (ours - expected.clamp(-1, 1)).abs().max() < 1e-5


def test_vocos_of_another_grid_is_refused(tmp_path: Path) -> None:
    config = yaml.safe_load(yaml.safe_dump(PUBLIC_CONFIG))
    config["head"]["init_args"]["hop_length"] = 320
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(config))
    with pytest.raises(WeightsError, match="hop_length is 320"):
        Vocoder.from_pretrained(tmp_path)


def test_saved_is_loaded_even_from_half_precision(tmp_path: Path) -> None:
    vocoder = small()
    mel = LogMel()(speech_like(0.5))
    expected = vocoder.decode(mel)
    vocoder.half().save_pretrained(tmp_path)
    again = Vocoder.from_pretrained(tmp_path)
    assert next(again.parameters()).dtype is torch.float32
    assert again.decode(mel).shape == expected.shape


@pytest.mark.parametrize("shape", [(10, 100), (1, 0, 100), (1, 10, 80)])
def test_what_is_not_a_mel_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(InputError, match="log-mel"):
        small().decode(torch.zeros(shape))
