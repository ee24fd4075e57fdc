"""Attention, rotations and text features against independent, naive versions."""

from __future__ import annotations

import math

import torch

from omnitalker.base import timeline
from omnitalker.models.blocks import BranchBlock, FusionBlock
from omnitalker.models.conditions import collate, drop, pad
from omnitalker.models.layers import rotary, rotate
from omnitalker.models.text_encoder import overlap, places, to_motion_grid
from tests.models.conftest import make_conditions


def naive_attention(query, key, value):
    """Token by token, with plain loops: (H, S, D) each -> (S, H D)."""
    heads, length, size = query.shape
    out = torch.zeros(length, heads * size, dtype=query.dtype)
    for head in range(heads):
        for i in range(length):
            scores = torch.stack([query[head, i] @ k / math.sqrt(size) for k in key[head]])
            weights = scores.exp() / scores.exp().sum()
            out[i, head * size : (head + 1) * size] = (weights[:, None] * value[head]).sum(0)
    return out


@torch.no_grad()
def test_joint_attention_equals_a_naive_reference() -> None:
    torch.manual_seed(0)
    block = FusionBlock(
        BranchBlock(12, 2, 8, 24, 6, 3), BranchBlock(8, 2, 8, 16, 6, 3), "joint"
    ).double()
    mel, motion = torch.randn(1, 5, 12).double(), torch.randn(1, 4, 8).double()
    mel_rotation = rotary(torch.arange(5) / 46.875, 8)
    motion_rotation = rotary(torch.arange(4) / 25, 8)
    mel_qkv = block.mel.qkv(mel, mel_rotation)
    motion_qkv = block.motion.qkv(motion, motion_rotation)
    mel_mixed, motion_mixed = block._mix(mel_qkv, motion_qkv, None, None)

    query, key, value = (
        torch.cat([a[0], b[0]], dim=1) for a, b in zip(mel_qkv, motion_qkv, strict=True)
    )
    expected = naive_attention(query, key, value)
    torch.testing.assert_close(mel_mixed[0], block.mel.out(expected[:5]))
    torch.testing.assert_close(motion_mixed[0], block.motion.out(expected[5:]))


def test_rotation_depends_on_the_time_between_tokens_alone() -> None:
    query, key = torch.randn(2, 1, 1, 1, 16).unbind(0)

    def score(at: float, other: float) -> torch.Tensor:
        a = rotate(query, rotary(torch.tensor([at]), 16))
        b = rotate(key, rotary(torch.tensor([other]), 16))
        return (a * b).sum()

    torch.testing.assert_close(score(0.2, 0.5), score(3.2, 3.5), atol=1e-4, rtol=1e-3)
    assert not torch.allclose(score(0.2, 0.5), score(0.2, 0.54), atol=1e-3)


def test_motion_grid_averages_what_sounds_during_each_video_frame() -> None:
    weights = overlap()
    assert weights.shape == (timeline.BLOCK_VIDEO_FRAMES, timeline.BLOCK_MEL_FRAMES)
    torch.testing.assert_close(weights.sum(1), torch.ones(4))
    torch.testing.assert_close(weights.sum(0), torch.full((15,), 4 / 15))
    ramp = torch.arange(30.0).view(1, 30, 1)
    centres = (torch.arange(8) + 0.5) * 3.75 - 0.5
    torch.testing.assert_close(to_motion_grid(ramp)[0, :, 0], centres, atol=0.1, rtol=0)


def test_places_tell_where_in_its_phoneme_a_frame_lies() -> None:
    phonemes = torch.tensor([[5, 5, 5, 5, 7, 7, 0, 0, 7]])
    tones = torch.tensor([[1, 1, 1, 1, 0, 0, 0, 0, 0]])
    found = places(phonemes, tones)[0]
    torch.testing.assert_close(found[:, 0], torch.tensor([1, 3, 5, 7, 2, 6, 0, 0, 4]) / 8)
    torch.testing.assert_close(found[0, 2], torch.tensor(4 / 93.75 / 0.08).log())
    assert found[6:8].abs().sum() == 0
    split = places(torch.full((1, 4), 9), torch.tensor([[1, 1, 2, 2]]))[0]
    torch.testing.assert_close(split[:, 0], torch.tensor([0.25, 0.75, 0.25, 0.75]))


def test_drop_blanks_only_what_is_selected() -> None:
    conditions = make_conditions(3)
    second = torch.tensor([False, True, False])
    dropped = drop(conditions, text=second, audio=True)
    assert dropped.phonemes[1].sum() == 0
    torch.testing.assert_close(dropped.phonemes[[0, 2]], conditions.phonemes[[0, 2]])
    assert not dropped.mel_given.any()
    assert dropped.mel_prompt.abs().sum() == 0
    assert dropped.motion_given is conditions.motion_given
    assert dropped.phonemes.dtype == torch.int64


def test_collate_marks_padding_and_only_padding() -> None:
    short, long = make_conditions(1, blocks=2), make_conditions(2, blocks=3)
    both = collate([short, long])
    assert len(both) == 3
    assert both.mel_valid.sum(1).tolist() == [30, 45, 45]
    assert both.motion_valid.sum(1).tolist() == [8, 12, 12]
    assert collate([long, long]).mel_valid is None
    again = collate([pad(short, 60, 16), long])
    assert again.mel_valid.sum(1).tolist() == [30, 45, 45]
