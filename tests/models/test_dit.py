"""The laws of the dual-branch network, on a two-layer model of the real classes."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest
import torch

from omnitalker.base.assets import data_path
from omnitalker.base.errors import ConfigError, InputError
from omnitalker.models.conditions import Conditions, collate, drop
from omnitalker.models.dit import DualBranchDiT
from omnitalker.models.presets import build_dit
from omnitalker.motion.names import MOTION_DIM
from omnitalker.text.symbols import SYMBOLS, TONES
from tests.models.conftest import make_conditions, make_dit, make_signal

PRESETS = data_path("model")
FUSIONS = ("joint", "cross", "none")


def picked(conditions: Conditions, index: torch.Tensor) -> Conditions:
    values = {f.name: getattr(conditions, f.name) for f in fields(conditions)}
    return Conditions(**{k: None if v is None else v[index] for k, v in values.items()})


@pytest.mark.parametrize(
    ("preset", "least", "most"),
    [("tiny", 20e6, 27.5e6), ("small", 100e6, 140e6), ("base", 0.75e9, 0.85e9)],
)
def test_presets_have_the_promised_size(preset: str, least: float, most: float) -> None:
    with torch.device("meta"):
        dit = build_dit(PRESETS / f"{preset}.yaml")
    assert least <= sum(p.numel() for p in dit.parameters()) <= most


def test_unknown_preset_key_names_the_valid_ones(tmp_path: Path) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text("dit:\n  mel_widht: 3\n")
    with pytest.raises(ConfigError, match=r"mel_widht.*mel_width"):
        build_dit(path)


def test_impossible_sizes_are_errors_that_name_them() -> None:
    with pytest.raises(ConfigError, match="mel_width is 30"):
        make_dit(mel_width=30)
    with pytest.raises(ConfigError, match="joint, cross or none"):
        make_dit(fusion="add")


def test_default_sizes_agree_with_the_alphabets() -> None:
    config = DualBranchDiT(**{"fusion_layers": 0, "single_layers": 0}).config
    assert config.symbols >= len(SYMBOLS)
    assert config.tones == TONES
    assert config.motion_dim == MOTION_DIM


@pytest.mark.parametrize("fusion", FUSIONS)
@pytest.mark.parametrize("alignment", ["duration", "implicit"])
@pytest.mark.parametrize("patch", [1, 2])
def test_velocity_has_the_shape_of_the_signal(fusion: str, alignment: str, patch: int) -> None:
    mel, motion, time = make_signal()
    dit = make_dit(fusion=fusion, alignment=alignment, mel_patch=patch)
    velocity = dit(mel, motion, time, make_conditions())
    assert velocity.mel.shape == mel.shape
    assert velocity.motion.shape == motion.shape


@torch.no_grad()
@pytest.mark.parametrize("fusion", FUSIONS)
def test_permuting_the_batch_permutes_the_result(fusion: str) -> None:
    dit = make_dit(fusion=fusion)
    conditions, (mel, motion, time) = make_conditions(3), make_signal(3)
    order = torch.tensor([2, 0, 1])
    straight = dit(mel, motion, time, conditions)
    permuted = dit(mel[order], motion[order], time[order], picked(conditions, order))
    torch.testing.assert_close(permuted.mel, straight.mel[order], atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(permuted.motion, straight.motion[order], atol=1e-5, rtol=1e-4)
    assert not torch.allclose(permuted.mel, straight.mel, atol=1e-2)


@torch.no_grad()
@pytest.mark.parametrize("fusion", FUSIONS)
@pytest.mark.parametrize("patch", [1, 2])
def test_padding_never_leaks(fusion: str, patch: int) -> None:
    dit = make_dit(fusion=fusion, mel_patch=patch)
    short, long = make_conditions(1, blocks=3, seed=4), make_conditions(1, blocks=6, seed=5)
    short_mel, short_motion, time = make_signal(1, blocks=3)
    long_mel, long_motion, _ = make_signal(1, blocks=6, seed=7)
    alone = dit(short_mel, short_motion, time, short)
    both = collate([short, long])
    # whatever stands in the padding must not matter, so it is loud
    mel = torch.cat([torch.cat([short_mel, torch.full((1, 45, 100), 50.0)], 1), long_mel])
    motion = torch.cat([torch.cat([short_motion, torch.full((1, 12, 61), 50.0)], 1), long_motion])
    padded = dit(mel, motion, time.repeat(2), both)
    torch.testing.assert_close(padded.mel[:1, :45], alone.mel, atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(padded.motion[:1, :12], alone.motion, atol=1e-5, rtol=1e-4)


@torch.no_grad()
def test_an_item_without_motion_hears_nothing_of_it_and_stays_finite() -> None:
    dit = make_dit()
    conditions, (mel, motion, time) = make_conditions(2), make_signal(2)
    valid = torch.ones(2, 12, dtype=torch.bool)
    valid[0] = False
    conditions = Conditions(
        **{
            **{f.name: getattr(conditions, f.name) for f in fields(conditions)},
            "mel_valid": torch.ones(2, 45, dtype=torch.bool),
            "motion_valid": valid,
        }
    )
    first = dit(mel, motion, time, conditions)
    motion[0] = 30
    second = dit(mel, motion, time, conditions)
    assert torch.isfinite(first.mel).all()
    assert torch.isfinite(first.motion).all()
    torch.testing.assert_close(first.mel, second.mel)


@torch.no_grad()
def test_fusion_decides_whether_the_branches_see_each_other() -> None:
    conditions, (mel, motion, time) = make_conditions(), make_signal()
    for fusion, seen in (("joint", True), ("cross", True), ("none", False)):
        dit = make_dit(fusion=fusion)
        before = dit(mel, motion, time, conditions)
        after = dit(mel, motion + 1, time, conditions)
        assert torch.allclose(before.mel, after.mel, atol=1e-6) is not seen


@torch.no_grad()
def test_one_branch_runs_without_the_other() -> None:
    dit = make_dit(fusion="none")
    conditions, (mel, motion, time) = make_conditions(), make_signal()
    both = dit(mel, motion, time, conditions)
    sound = dit(mel, None, time, conditions)
    face = dit(None, motion, time, conditions)
    assert sound.motion is None
    assert face.mel is None
    torch.testing.assert_close(sound.mel, both.mel)
    torch.testing.assert_close(face.motion, both.motion)
    for fusion in ("joint", "cross"):
        assert make_dit(fusion=fusion)(mel, None, time, conditions).mel.shape == mel.shape


@pytest.mark.parametrize("fusion", FUSIONS)
@pytest.mark.parametrize("alignment", ["duration", "implicit"])
def test_gradients_reach_every_parameter(fusion: str, alignment: str) -> None:
    dit = make_dit(fusion=fusion, alignment=alignment).train()
    conditions, (mel, motion, time) = make_conditions(), make_signal()
    velocity = dit(mel, motion, time, conditions)
    (velocity.mel.square().mean() + velocity.motion.square().mean()).backward()
    silent = [n for n, p in dit.named_parameters() if p.grad is None or not p.grad.abs().sum() > 0]
    assert silent == []


def test_checkpointed_gradients_are_the_same() -> None:
    grads = []
    for checkpointing in (False, True):
        dit = make_dit().train()
        if checkpointing:
            dit.gradient_checkpointing = True
        conditions, (mel, motion, time) = make_conditions(), make_signal()
        dit(mel, motion, time, conditions).mel.square().mean().backward()
        grads.append(torch.cat([p.grad.flatten() for p in dit.parameters() if p.grad is not None]))
    torch.testing.assert_close(grads[0], grads[1], atol=1e-6, rtol=1e-4)


@torch.no_grad()
def test_untrained_network_is_silent_and_adaln_starts_at_zero() -> None:
    torch.manual_seed(0)
    dit = DualBranchDiT(**{"fusion_layers": 1, "single_layers": 1})
    conditions, (mel, motion, time) = make_conditions(), make_signal()
    velocity = dit(mel, motion, time, conditions)
    assert velocity.mel.abs().max() == 0
    assert velocity.motion.abs().max() == 0


@torch.no_grad()
def test_text_encoded_beforehand_gives_the_same() -> None:
    dit = make_dit()
    conditions, (mel, motion, time) = make_conditions(), make_signal()
    direct = dit(mel, motion, time, conditions)
    prepared = dit(mel, motion, time, conditions, dit.encode_text(conditions))
    torch.testing.assert_close(direct.mel, prepared.mel)


@torch.no_grad()
def test_every_condition_matters_and_can_be_dropped() -> None:
    dit = make_dit()
    conditions, (mel, motion, time) = make_conditions(), make_signal()
    full = dit(mel, motion, time, conditions).mel
    for name in ("text", "audio", "motion"):
        assert not torch.allclose(
            full, dit(mel, motion, time, drop(conditions, **{name: True})).mel
        )
        nobody = torch.zeros(2, dtype=torch.bool)
        kept = dit(mel, motion, time, drop(conditions, **{name: nobody})).mel
        torch.testing.assert_close(full, kept)


def test_compiles_to_one_graph() -> None:
    dit = make_dit()
    conditions, (mel, motion, time) = make_conditions(), make_signal()
    compiled = torch.compile(dit, backend="eager", fullgraph=True)
    with torch.no_grad():
        expected = dit(mel, motion, time, conditions)
        got = compiled(mel, motion, time, conditions)
    torch.testing.assert_close(got.mel, expected.mel)
    torch.testing.assert_close(got.motion, expected.motion)


@torch.no_grad()
def test_half_precision_stays_near() -> None:
    dit = make_dit()
    conditions, (mel, motion, time) = make_conditions(), make_signal()
    full = dit(mel, motion, time, conditions).mel
    half = make_dit().to(torch.bfloat16)(mel, motion, time, conditions).mel
    assert half.dtype == torch.bfloat16
    assert (half.float() - full).abs().mean() < 0.03 * full.abs().mean()


def test_lengths_off_the_grid_are_explained(dit: DualBranchDiT) -> None:
    conditions = make_conditions(1, blocks=2)
    cut = Conditions(**{f.name: getattr(conditions, f.name) for f in fields(conditions)})
    object.__setattr__(cut, "phonemes", cut.phonemes[:, :20])
    mel, motion, time = make_signal(1, blocks=2)
    with pytest.raises(InputError, match="20 mel and 8 motion frames"):
        dit(mel, motion, time, cut)


@torch.no_grad()
def test_saved_and_loaded_is_the_same_network(tmp_path: Path) -> None:
    dit = make_dit(mel_mean=[1.0] * 100, motion_std=[0.5] * 61)
    dit.save_pretrained(tmp_path)
    loaded = DualBranchDiT.from_pretrained(tmp_path).eval()
    conditions, (mel, motion, time) = make_conditions(), make_signal()
    torch.testing.assert_close(
        loaded(mel, motion, time, conditions).mel, dit(mel, motion, time, conditions).mel
    )
    assert list(tmp_path.glob("*.safetensors"))
    torch.testing.assert_close(loaded.normalise_mel(torch.ones(2, 100)), torch.zeros(2, 100))
    torch.testing.assert_close(
        loaded.denormalise_motion(loaded.normalise_motion(motion)), motion, atol=1e-5, rtol=1e-5
    )
