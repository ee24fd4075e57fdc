from __future__ import annotations

import pytest
import torch

from omnitalker.models.conditions import Conditions
from omnitalker.models.dit import DualBranchDiT

TINY = {
    "mel_width": 32,
    "motion_width": 16,
    "heads": 2,
    "head_dim": 16,
    "fusion_layers": 2,
    "single_layers": 1,
    "mel_ffn": 64,
    "motion_ffn": 32,
    "condition_width": 16,
    "text_width": 16,
    "text_layers": 1,
    "mel_patch": 2,
    "position_groups": 4,
}


def make_dit(**changes: object) -> DualBranchDiT:
    """A small network with every parameter away from its zero start."""
    torch.manual_seed(0)
    dit = DualBranchDiT(**{**TINY, **changes})
    with torch.no_grad():
        for parameter in dit.parameters():
            parameter.add_(0.05 * torch.randn_like(parameter))
    return dit.eval()


def make_conditions(batch: int = 2, blocks: int = 3, seed: int = 0) -> Conditions:
    generator = torch.Generator().manual_seed(seed)
    mel, motion = 15 * blocks, 4 * blocks
    mel_given = torch.arange(mel).expand(batch, mel) < mel // 2
    motion_given = torch.arange(motion).expand(batch, motion) < motion // 2
    phonemes = torch.randint(1, 60, (batch, mel // 5), generator=generator)
    return Conditions(
        phonemes=phonemes.repeat_interleave(5, dim=1),
        tones=torch.randint(0, 8, (batch, mel // 5), generator=generator).repeat_interleave(5, 1),
        mel_prompt=torch.randn(batch, mel, 100, generator=generator) * mel_given[..., None],
        mel_given=mel_given,
        motion_prompt=torch.randn(batch, motion, 61, generator=generator) * motion_given[..., None],
        motion_given=motion_given,
    )


def make_signal(
    batch: int = 2, blocks: int = 3, seed: int = 1
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Noisy mel and motion, and a flow time for each item."""
    generator = torch.Generator().manual_seed(seed)
    return (
        torch.randn(batch, 15 * blocks, 100, generator=generator),
        torch.randn(batch, 4 * blocks, 61, generator=generator),
        torch.rand(batch, generator=generator),
    )


@pytest.fixture
def dit() -> DualBranchDiT:
    return make_dit()
