from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from omnitalker.audio.curves import Curves, curves_of
from omnitalker.base.errors import InputError
from omnitalker.base.types import FloatArray, StylePrompt
from omnitalker.generation import stream as streaming
from omnitalker.generation.pacing import OFFLINE, live
from omnitalker.generation.prosody import Said, decide
from omnitalker.generation.request import SpeakRequest
from omnitalker.models.prosody import ProsodyModel, from_units, register_of, to_units

if TYPE_CHECKING:
    from omnitalker.pipeline import OmniTalkerPipeline

PHONEMES = np.repeat(np.arange(1, 7), 10)
TONES = np.zeros(60, np.int64)
TEXT = "Hello there, this is a test. It goes on and on for a while, as it should."


@pytest.fixture(scope="module")
def model() -> ProsodyModel:
    torch.manual_seed(0)
    model = ProsodyModel(width=16, heads=2, head_dim=8, layers=2, ffn=32, text_layers=1).eval()
    torch.nn.init.normal_(model.leave.weight, std=0.3)
    for block in model.blocks:
        torch.nn.init.normal_(block.adaln.linear.weight, std=0.3)
    return model


def prompt(hertz: float = 120.0, blocks: int = 6) -> Said:
    frames = 15 * blocks
    wave = np.log(hertz * (1 + 0.1 * np.sin(np.arange(frames) / 8))).astype(np.float32)
    curves = curves_of(wave, np.full(frames, -3, np.float32))
    return Said(np.repeat(np.arange(frames // 15), 15) + 1, np.zeros(frames, np.int64), curves)


def say(model: ProsodyModel, before: list[Said], seed: int = 0, temperature: float = 1.0) -> Curves:
    return decide(model, before, PHONEMES, TONES, seed=seed, temperature=temperature, steps=3)


def test_the_seed_decides_and_without_temperature_nothing_is_left_to_chance(
    model: ProsodyModel,
) -> None:
    first, again, other = (say(model, [prompt()], seed) for seed in (3, 3, 4))
    assert (first.pitch == again.pitch).all()
    assert not np.allclose(first.pitch, other.pitch)
    calm = [say(model, [prompt()], seed, temperature=0.0) for seed in (3, 4)]
    assert (calm[0].energy == calm[1].energy).all()
    assert len(first) == 20


def test_a_voice_an_octave_higher_is_answered_an_octave_higher(model: ProsodyModel) -> None:
    low, high = say(model, [prompt(110)]), say(model, [prompt(220)])
    assert np.allclose(high.pitch - low.pitch, np.log(2), atol=1e-4)
    assert np.allclose(high.voiced, low.voiced, atol=1e-4)


def test_what_was_said_before_matters_and_may_be_nothing(model: ProsodyModel) -> None:
    alone, after = say(model, []), say(model, [prompt()])
    assert not np.allclose(alone.energy, after.energy)
    assert np.isfinite(alone.pitch).all()


def test_units_come_back() -> None:
    numbers = torch.rand(2, 9, 3)
    given = torch.arange(9)[None].expand(2, 9) < 4
    register = register_of(numbers, given)
    torch.testing.assert_close(from_units(to_units(numbers, register), register), numbers)


def test_the_ending_of_what_was_said_is_whole_blocks() -> None:
    said = prompt(blocks=6).ending(2)
    assert (len(said.phonemes), len(said.curves)) == (30, 10)
    assert len(prompt(blocks=2).ending(5).curves) == 10


def told_to_the_network(
    pipeline: OmniTalkerPipeline,
    style: StylePrompt,
    monkeypatch: pytest.MonkeyPatch,
    sizes: tuple[int, ...],
    **controls: object,
) -> FloatArray:
    """(T, 4) of all windows, their look-ahead left out."""
    heard: list[FloatArray] = []
    original = streaming.tail_of

    def listen(latents, phonemes, tones, blocks, curves=None):  # type: ignore[no-untyped-def]
        heard.append(curves)
        return original(latents, phonemes, tones, blocks, curves)

    monkeypatch.setattr(streaming, "tail_of", listen)
    pacing = replace(OFFLINE, windows=sizes)
    request = SpeakRequest(text=TEXT, style=style, pacing=pacing, **controls)  # type: ignore[arg-type]
    list(pipeline.stream(request))
    return np.concatenate(heard)


def test_curves_are_the_same_however_the_stretch_is_cut(
    told_pipeline: OmniTalkerPipeline, style: StylePrompt, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = {"monkeypatch": monkeypatch, "seconds": 2.0}
    whole = told_to_the_network(told_pipeline, style, sizes=(64,), **text)  # type: ignore[arg-type]
    cut = told_to_the_network(told_pipeline, style, sizes=(3, 4), **text)  # type: ignore[arg-type]
    assert len(whole) == len(cut)
    assert np.abs(whole - cut).max() < 1e-6


def test_controls_act_on_what_the_network_is_told(
    told_pipeline: OmniTalkerPipeline, style: StylePrompt, monkeypatch: pytest.MonkeyPatch
) -> None:
    def told(**controls: object) -> FloatArray:
        return told_to_the_network(told_pipeline, style, monkeypatch, (24, 32), **controls)

    plain, higher, louder = told(), told(pitch=2.0), told(energy=2.0)
    inside = (np.abs(plain[:, 0]) < 0.8) & (np.abs(higher[:, 0]) < 0.8)
    assert np.allclose((higher - plain)[inside, 0], 2 / 12, atol=1e-4)
    assert np.allclose((louder - plain)[:, 2], np.log(2) / 3, atol=1e-4)
    flat = told(contour=lambda curves: replace(curves, pitch=np.full_like(curves.pitch, 5.0)))
    assert np.ptp(flat[:, 0]) == 0
    monotone = told(pitch_range=0.0)
    assert np.ptp(monotone[:, 0]) < 1e-5


def test_sound_comes_out_live_and_offline_the_same_for_the_same_seed(
    told_pipeline: OmniTalkerPipeline, style: StylePrompt
) -> None:
    for pacing in (OFFLINE, live()):
        request = SpeakRequest(text=TEXT, style=style, pacing=pacing, seed=5)
        first, again = (list(told_pipeline.stream(request)) for _ in range(2))
        for a, b in zip(first, again, strict=True):
            assert (a.samples == b.samples).all()
            assert np.isfinite(a.samples).all()


def test_a_checkpoint_without_prosody_says_so(
    tiny_pipeline: OmniTalkerPipeline, style: StylePrompt
) -> None:
    with pytest.raises(InputError, match="prosody network"):
        list(tiny_pipeline.stream(SpeakRequest(text="Hello.", style=style, pitch=2.0)))
