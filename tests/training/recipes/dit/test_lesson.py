"""The critic and the told curves' errors: who learns from what, and how strongly."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from omnitalker.corpus.store import open_corpus
from omnitalker.models.dit import DualBranchDiT
from omnitalker.training.recipes.dit.batching import SequenceSampler
from omnitalker.training.recipes.dit.critic import CriticConfig, MelCritic, excerpts
from omnitalker.training.recipes.dit.lesson import DitBatch, Lesson, LossConfig
from omnitalker.training.recipes.dit.masking import MaskConfig, draw_masks
from omnitalker.training.recipes.dit.train import assemble, roughened
from tests.models.conftest import make_dit

CRITIC = CriticConfig(channels=(4, 6, 8, 8), frames=30)


def lesson(**settings: float) -> Lesson:
    torch.manual_seed(0)
    dit = make_dit(prosody=True, mel_source="harmonics", detail_layers=1, detail_width=16)
    return Lesson(dit.train(), LossConfig(motion=0.0), replace(CRITIC, **settings))


@pytest.fixture
def batch(corpus_dir: Path) -> DitBatch:
    sampler = SequenceSampler(open_corpus(corpus_dir).filter(split="train"))
    rng = np.random.default_rng(0)
    examples = [sampler.sequence(i, 12, rng) for i in range(3)]
    masks = draw_masks(rng, 3, 12, MaskConfig(prefix_share=1.0, prefix_blocks=(3, 5)))
    dice = torch.Generator().manual_seed(0)
    network = make_dit(prosody=True)
    return assemble(network, examples, masks, dice, judged_frames=CRITIC.frames)


def gradients(module: torch.nn.Module) -> torch.Tensor:
    return torch.cat(
        [
            torch.zeros_like(p).ravel() if p.grad is None else p.grad.ravel()
            for p in module.parameters()
        ]
    )


def test_the_critic_learns_from_its_own_verdicts_alone_and_pulls_only_when_believed(
    batch: DitBatch,
) -> None:
    taught = lesson()
    alone = taught(batch)
    assert "pull" not in alone
    (alone["judge"]).backward()
    assert gradients(taught.network).abs().sum() == 0
    assert gradients(taught.critic).abs().sum() > 0

    taught.zero_grad()
    believed = taught(replace(batch, belief=1.0))
    believed["pull"].backward()
    assert gradients(taught.critic).abs().sum() == 0
    assert gradients(taught.network).abs().sum() > 0


def test_the_critic_pulls_as_strongly_as_it_is_told_relative_to_the_error(batch: DitBatch) -> None:
    made = batch.mel + 0.3 * torch.randn_like(batch.mel)
    made.requires_grad_(True)

    def size(share: float, features: float) -> float:
        taught = lesson(share=share, features=features)
        losses = taught._arrived(made, replace(batch, belief=1.0))
        error, pull = (
            torch.autograd.grad(losses[name], made, retain_graph=True)[0]
            for name in ("mel", "pull")
        )
        return float(pull.norm() / error.norm())

    for features in (0.0, 1.0):
        assert size(0.7, features) == pytest.approx(0.7, rel=1e-3)
        assert size(0.2, features) == pytest.approx(0.2, rel=1e-3)


def test_where_nothing_was_recorded_and_what_was_given_shows_the_critic_the_real_mel(
    batch: DitBatch,
) -> None:
    narrow = replace(
        batch, mel_weights=(torch.arange(100) < 50).float().expand(3, 1, 100), belief=1.0
    )
    made = (batch.mel + 1).requires_grad_(True)
    lesson()._arrived(made, narrow)["pull"].backward()
    touched = made.grad.abs() > 0
    assert not touched[..., 50:].any()
    assert not touched[~narrow.mel_wanted].any()


def test_a_critic_tells_made_from_real_after_a_few_lessons(batch: DitBatch) -> None:
    taught = lesson()
    optimiser = torch.optim.Adam(taught.critic.parameters(), 3e-3)
    first = None
    for _ in range(40):
        loss = taught(batch)["judge"]
        first = first or loss.item()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert loss.item() < 0.5 * first


def test_excerpts_begin_where_they_should_and_fit() -> None:
    mel = torch.arange(20.0)[None, :, None].expand(2, 20, 3)
    cut = excerpts(mel, torch.tensor([0, 15]), 5)
    assert cut[:, :, 0].tolist() == [[0, 1, 2, 3, 4], [15, 16, 17, 18, 19]]
    assert [v.scores.shape[0] for v in MelCritic((4, 6, 8, 8))(torch.randn(2, 30, 100))] == [2]


def test_told_curves_are_off_slowly_and_only_where_they_are_told(batch: DitBatch) -> None:
    told = batch.conditions.prosody.clone()
    told[:, :40] = 0
    conditions = replace(batch.conditions, prosody=told)
    dice = torch.Generator().manual_seed(1)
    off = roughened(conditions, (0.01, 0.3), dice).prosody - told
    assert (off[:, :40] == 0).all()
    assert (off[..., 1] == 0).all()
    assert (off[..., 3] == 0).all()
    assert 0.004 < off[:, 40:, 0].std() < 0.015
    assert 0.04 < off[:, 40:, 2].std() < 0.15
    assert off[:, 41:, 0].diff(dim=1).abs().max() < 0.01, "no trembling"
    assert roughened(conditions, (0.0, 0.0), dice) is conditions


def test_detail_adds_nothing_before_it_has_learnt_and_fits_any_length() -> None:
    torch.manual_seed(0)
    plain = make_dit(prosody=True, mel_source="harmonics")
    detailed = make_dit(prosody=True, mel_source="harmonics", detail_layers=2, detail_width=16)
    assert isinstance(plain, DualBranchDiT)
    assert detailed.detail is not None
    estimate, source = torch.randn(2, 45, 100), torch.randn(2, 45, 100)
    tokens = torch.randn(2, 23, detailed.detail.tokens.in_features)
    text = torch.randn(2, 45, detailed.detail.frames.in_features - 300)
    condition = torch.randn(2, detailed.detail.adaln.linear.in_features)
    torch.nn.init.zeros_(detailed.detail.out.weight)
    torch.nn.init.zeros_(detailed.detail.out.bias)
    same = detailed.detail(estimate, source, None, tokens, text, condition, None)
    torch.testing.assert_close(same, estimate)
    torch.nn.init.normal_(detailed.detail.out.weight)
    made, rougher = (
        detailed.detail(estimate, source, texture, tokens, text, condition, None)
        for texture in (None, torch.randn(2, 45, 100))
    )
    assert not torch.allclose(made, estimate)
    assert not torch.allclose(made, rougher)
