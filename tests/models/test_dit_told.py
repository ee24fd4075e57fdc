"""The form that is told prosody: sound made of harmonics in one pass, convolutions in the place of attention."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from omnitalker.base.errors import ConfigError
from omnitalker.models.conditions import Conditions, drop
from omnitalker.models.dit import DualBranchDiT
from omnitalker.models.harmonics import harmonic_comb
from tests.models.conftest import make_conditions, make_dit, make_signal

TOLD = {"prosody": True, "mel_source": "harmonics"}


def told_conditions(seed: int = 0) -> Conditions:
    conditions = make_conditions()
    generator = torch.Generator().manual_seed(seed)
    pitch = torch.rand(2, 45, 1, generator=generator) - 0.5
    rest = torch.rand(2, 45, 2, generator=generator)
    return replace(conditions, prosody=torch.cat([pitch, rest, torch.ones(2, 45, 1)], dim=-1))


def mel_of(
    dit: DualBranchDiT, conditions: Conditions, time: float, mel: torch.Tensor
) -> torch.Tensor:
    """Where one step from `time` to the end gets."""
    moments = torch.full((2,), time)
    _, motion, _ = make_signal()
    velocity = dit(mel, motion, moments, conditions).mel
    assert velocity is not None
    return mel + (1 - time) * velocity


def test_one_pass_from_anywhere_arrives_at_the_same_sound() -> None:
    dit, conditions = make_dit(**TOLD), told_conditions()
    # the motion is told its own time, and the sound hears the motion: without it nothing differs at all
    dit.fusion_blocks[0].fusion = dit.fusion_blocks[1].fusion = "none"
    start = mel_of(dit, conditions, 0.0, torch.zeros(2, 45, 100))
    later = mel_of(dit, conditions, 0.7, torch.randn(2, 45, 100))
    torch.testing.assert_close(start, later, atol=1e-4, rtol=1e-4)


def test_an_untrained_network_says_the_harmonics_of_the_told_pitch() -> None:
    torch.manual_seed(0)
    sizes = {"mel_width": 32, "motion_width": 16, "heads": 2, "head_dim": 16, "position_groups": 4}
    dit = DualBranchDiT(**sizes, fusion_layers=1, single_layers=1, text_width=16, **TOLD).eval()  # type: ignore[arg-type]
    conditions = told_conditions()
    assert conditions.prosody is not None
    comb = harmonic_comb(conditions.prosody[..., 0], conditions.prosody[..., 1])
    torch.testing.assert_close(mel_of(dit, conditions, 0.0, torch.zeros(2, 45, 100)), comb)
    silent = mel_of(dit, replace(conditions, prosody=None), 0.0, torch.zeros(2, 45, 100))
    assert (silent == 0).all()


@pytest.mark.parametrize("source", ["noise", "harmonics"])
def test_both_branches_hear_the_told_curves_and_each_can_be_dropped(source: str) -> None:
    dit = make_dit(prosody=True, mel_source=source)
    mel, motion, time = make_signal()
    told, other = told_conditions(0), told_conditions(1)
    first, second = (dit(mel, motion, time, c) for c in (told, other))
    assert not torch.allclose(first.mel, second.mel)
    assert not torch.allclose(first.motion, second.motion)
    untold = dit(mel, motion, time, drop(told, prosody=True))
    assert not torch.allclose(first.motion, untold.motion)
    half = drop(told, prosody=torch.tensor([True, False]))
    mixed = dit(mel, motion, time, half)
    torch.testing.assert_close(mixed.motion[1], first.motion[1], atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(mixed.motion[0], untold.motion[0], atol=1e-5, rtol=1e-4)


def test_attention_only_in_the_first_mel_layers() -> None:
    dit = make_dit(mel_attention_layers=1, **TOLD)
    assert [block.mel.attention for block in dit.fusion_blocks] == [True, False]
    assert not dit.mel_blocks[0].attention
    assert all(block.motion.attention for block in dit.fusion_blocks)
    mel, motion, time = make_signal()
    made = dit(mel, motion, time, told_conditions())
    assert made.mel.shape == mel.shape
    assert made.motion.shape == motion.shape
    blind = make_dit(mel_attention_layers=0, **TOLD)
    here = blind(mel, motion, time, told_conditions()).mel
    torch.testing.assert_close(here, blind(mel, motion + 1, time, told_conditions()).mel)


def test_an_unknown_source_is_an_error_that_names_the_others() -> None:
    with pytest.raises(ConfigError, match="noise or harmonics"):
        make_dit(mel_source="sand")
