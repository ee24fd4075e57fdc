from __future__ import annotations

import pytest
import torch

from omnitalker.base.assets import data_path
from omnitalker.models.duration import (
    DurationInputs,
    DurationModel,
    log_seconds,
    seconds_of,
)
from omnitalker.models.presets import build_duration

PRESETS = data_path("model")


def make_model() -> DurationModel:
    torch.manual_seed(0)
    model = DurationModel(width=16, heads=2, layers=2, ffn=32)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
    return model.eval()


def make_inputs(length: int, seed: int = 0, known: int = 3) -> DurationInputs:
    generator = torch.Generator().manual_seed(seed)
    return DurationInputs(
        symbols=torch.randint(1, 60, (1, length), generator=generator),
        tones=torch.randint(0, 8, (1, length), generator=generator),
        seconds=torch.rand(1, length, generator=generator) * 0.2,
        given=torch.arange(length)[None] < known,
    )


def test_shipped_size() -> None:
    count = sum(p.numel() for p in build_duration(PRESETS / "tiny.yaml").parameters())
    assert 1e6 <= count <= 2e6


@torch.no_grad()
def test_padding_never_leaks() -> None:
    model, short = make_model(), make_inputs(7)
    mel = torch.randn(1, 30, 100)

    def padded(values: torch.Tensor, loud: object) -> torch.Tensor:
        extra = torch.full((1, 4, *values.shape[2:]), loud, dtype=values.dtype)
        return torch.cat([values, extra], 1)

    alone = model(DurationInputs(short.symbols, short.tones, short.seconds, short.given, mel=mel))
    both = model(
        DurationInputs(
            padded(short.symbols, 3),
            padded(short.tones, 1),
            padded(short.seconds, 9.0),
            padded(short.given, False),
            valid=torch.arange(11)[None] < 7,
            mel=padded(mel, 8.0),
            mel_valid=torch.arange(34)[None] < 30,
        )
    )
    torch.testing.assert_close(both[:, :7], alone, atol=1e-5, rtol=1e-4)


@torch.no_grad()
def test_only_given_durations_are_read_and_the_rhythm_matters() -> None:
    model, inputs = make_model(), make_inputs(9)
    seconds = inputs.seconds.clone()
    seconds[:, 3:] = 1.5
    same = DurationInputs(inputs.symbols, inputs.tones, seconds, inputs.given)
    torch.testing.assert_close(model(inputs), model(same))
    slower = DurationInputs(inputs.symbols, inputs.tones, inputs.seconds * 2, inputs.given)
    assert (model(slower) - model(inputs))[:, 3:].abs().max() > 1e-3


@torch.no_grad()
def test_an_absent_mel_changes_nothing() -> None:
    model, inputs = make_model(), make_inputs(5)
    absent = DurationInputs(
        inputs.symbols,
        inputs.tones,
        inputs.seconds,
        inputs.given,
        mel=torch.randn(1, 12, 100),
        mel_valid=torch.zeros(1, 12, dtype=torch.bool),
    )
    torch.testing.assert_close(model(absent), model(inputs))


def test_gradients_reach_every_parameter() -> None:
    model, inputs = make_model().train(), make_inputs(9)
    with_mel = DurationInputs(
        inputs.symbols, inputs.tones, inputs.seconds, inputs.given, mel=torch.randn(1, 20, 100)
    )
    model(with_mel).square().mean().backward()
    silent = [
        n for n, p in model.named_parameters() if p.grad is None or not p.grad.abs().sum() > 0
    ]
    assert silent == []


def test_logarithm_and_back() -> None:
    seconds = torch.tensor([0.01, 0.08, 0.5])
    torch.testing.assert_close(seconds_of(log_seconds(seconds)), seconds)
    assert seconds_of(log_seconds(torch.tensor(0.0))) == pytest.approx(0.005)
