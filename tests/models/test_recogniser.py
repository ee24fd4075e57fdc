from pathlib import Path

import numpy as np
import pytest
import torch

from omnitalker.base.errors import InputError
from omnitalker.base.types import Phoneme
from omnitalker.models.recogniser import PhonemeRecogniser, align, recognise
from omnitalker.text.symbols import SILENT, SYMBOL_IDS, SYMBOLS

WORDS = [
    Phoneme("h", 0, 0), Phoneme("ə", 0, 0), Phoneme("l", 0, 0), Phoneme("oʊ", 1, 0), Phoneme(","),
    Phoneme("w", 0, 1), Phoneme("ɝ", 1, 1), Phoneme("l", 0, 1), Phoneme("d", 0, 1), Phoneme("."),
]  # fmt: skip


def small() -> PhonemeRecogniser:
    torch.manual_seed(0)
    return PhonemeRecogniser(SYMBOLS, sorted(SILENT), width=16, layers=2, kernel=5).eval()


def mel(frames: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(-4, 2, (frames, 100)).astype(np.float32)


def test_every_phoneme_gets_its_time_and_all_time_is_covered() -> None:
    alignment = align(small(), mel(60), WORDS)
    spoken = [timed.phoneme for timed in alignment.phonemes if timed.phoneme.symbol != "sil"]
    assert spoken == WORDS
    edges = [alignment.phonemes[0].start, *(timed.end for timed in alignment.phonemes)]
    assert edges[0] == 0
    assert edges[-1] == pytest.approx(60 / 93.75)
    assert all(timed.end > timed.start for timed in alignment.phonemes)
    starts = [timed.start for timed in alignment.phonemes]
    assert starts == pytest.approx(edges[:-1])
    assert 0 <= alignment.weakest <= alignment.confidence <= 1


def test_it_follows_the_evidence() -> None:
    """A frame head that reads the symbol off the mel must be obeyed to the frame."""
    model = small()
    truth = np.repeat(
        [SYMBOL_IDS[s] for s in ("sil", "h", "ə", "l", "oʊ", "sil")], [7, 5, 9, 4, 12, 8]
    )
    logits = torch.full((1, len(truth), len(SYMBOLS)), -5.0)
    logits[0, torch.arange(len(truth)), torch.from_numpy(truth)] = 5.0
    model.frame.register_forward_hook(lambda *_: logits)
    alignment = align(model, mel(len(truth)), WORDS[:4])
    assert [timed.phoneme.symbol for timed in alignment.phonemes] == [
        "sil", "h", "ə", "l", "oʊ", "sil",
    ]  # fmt: skip
    ends = [timed.end * 93.75 + 0.5 for timed in alignment.phonemes[:-1]]
    assert ends == pytest.approx([7, 12, 21, 25, 37])
    assert alignment.confidence > 0.9


def test_padding_does_not_leak() -> None:
    model = small()
    alone = torch.from_numpy(mel(40))[None]
    padded = torch.cat([alone, torch.randn(1, 25, 100)], dim=1)
    valid = torch.arange(65)[None] < 40
    assert torch.allclose(model(alone).frame, model(padded, valid).frame[:, :40], atol=1e-5)


def test_loudness_and_colour_do_not_matter() -> None:
    model = small()
    sound = torch.from_numpy(mel(40)).clamp(min=-6)[None]
    coloured = sound + 1.5 + torch.linspace(-1, 1, 100)
    assert torch.allclose(model(sound).ctc, model(coloured).ctc, atol=1e-4)


def test_recognition_names_what_the_frame_head_says() -> None:
    model = small()
    said = ["k", "æ", "t"]
    logits = torch.full((1, 40, len(SYMBOLS)), -5.0)
    logits[0, :, SYMBOL_IDS["sil"]] = 0.0
    for place, symbol in enumerate(said):
        logits[0, 5 + 8 * place : 11 + 8 * place, SYMBOL_IDS[symbol]] = 5.0
    logits[0, 15, SYMBOL_IDS["m"]] = 6.0
    model.frame.register_forward_hook(lambda *_: logits)
    found = recognise(model, mel(40)).phonemes
    assert [timed.phoneme.symbol for timed in found if timed.phoneme.symbol != "sil"] == said
    assert found[-1].end == pytest.approx(40 / 93.75)


def test_saved_is_loaded(tmp_path: Path) -> None:
    model = small()
    model.save_pretrained(tmp_path)
    again = PhonemeRecogniser.from_pretrained(tmp_path)
    assert again.symbols == SYMBOLS
    sound = torch.from_numpy(mel(20))[None]
    assert torch.equal(model(sound).frame, again(sound).frame)
    model.half().save_pretrained(tmp_path / "half")
    half = PhonemeRecogniser.from_pretrained(tmp_path / "half")
    assert torch.allclose(half(sound).frame, again(sound).frame, atol=0.02)


def test_wrong_input_is_named() -> None:
    with pytest.raises(InputError, match="shape"):
        align(small(), mel(20)[:, :80], WORDS)
    with pytest.raises(InputError, match="empty"):
        align(small(), mel(20), [])
    with pytest.raises(InputError, match="alphabet"):
        align(small(), mel(20), [Phoneme("Q")])
    with pytest.raises(InputError, match="right text"):
        align(small(), mel(5), WORDS)
