from __future__ import annotations

import numpy as np
import pytest
import torch

from omnitalker.base.types import StylePrompt
from omnitalker.generation.flow import Signal, seeded_noise
from omnitalker.generation.guidance import Guidance, guided_velocity
from omnitalker.generation.sample import SamplingSettings, generate, tail_of
from omnitalker.models.conditions import drop
from omnitalker.models.dit import DualBranchDiT


@pytest.fixture(scope="module")
def dit() -> DualBranchDiT:
    torch.manual_seed(0)
    dit = DualBranchDiT(
        mel_width=32, motion_width=16, heads=2, head_dim=16, fusion_layers=1, single_layers=1,
        mel_ffn=64, motion_ffn=32, condition_width=16, text_width=16, text_layers=1,
        position_groups=4, mel_mean=[-4.0] * 100, motion_mean=[0.1] * 61,
    )  # fmt: skip
    with torch.no_grad():
        for parameter in dit.parameters():
            parameter.add_(0.05 * torch.randn_like(parameter))
    return dit.eval()


def make_prompt(blocks: int, seed: int = 0, **changes: object) -> StylePrompt:
    rng = np.random.default_rng(seed)
    values = {
        "mel": rng.normal(-4, 2, (15 * blocks, 100)).astype(np.float32),
        "motion": rng.normal(0, 0.2, (4 * blocks, 61)).astype(np.float32),
        "phonemes": rng.integers(1, 60, 15 * blocks),
        "tones": rng.integers(0, 8, 15 * blocks),
    }
    return StylePrompt(**{**values, **changes})


IDS = np.repeat(np.arange(5, 11), 5)


def test_only_the_new_part_comes_back_and_the_seed_decides(dit: DualBranchDiT) -> None:
    prompt = make_prompt(5)
    first = generate(dit, prompt, IDS, IDS % 8, seed=3)
    again = generate(dit, prompt, IDS, IDS % 8, seed=3)
    other = generate(dit, prompt, IDS, IDS % 8, seed=4)
    assert first.mel.shape == (30, 100)
    assert first.motion.shape == (8, 61)
    assert first.mel.dtype == first.motion.dtype == np.float32
    np.testing.assert_array_equal(first.mel, again.mel)
    assert np.abs(first.mel - other.mel).max() > 0.1
    assert abs(first.mel.mean() + 4) < 2


def test_prompt_tail_and_text_all_have_a_say(dit: DualBranchDiT) -> None:
    prompt = make_prompt(5)
    base = generate(dit, prompt, IDS, IDS % 8, seed=3)
    tail = tail_of(base, IDS, IDS % 8, blocks=1)
    assert tail.mel.shape == (15, 100)
    assert tail.motion.shape == (4, 61)
    np.testing.assert_array_equal(tail.phonemes, IDS[15:])
    after_tail = generate(dit, prompt, IDS, IDS % 8, seed=3, tail=tail)
    other_voice = generate(dit, make_prompt(5, seed=9), IDS, IDS % 8, seed=3)
    other_text = generate(dit, prompt, IDS + 1, IDS % 8, seed=3)
    assert after_tail.mel.shape == base.mel.shape
    for changed in (after_tail, other_voice, other_text):
        assert np.abs(changed.mel - base.mel).max() > 1e-4


def test_placeholders_are_never_read(dit: DualBranchDiT) -> None:
    """A sound file has no face: whatever stands in its motion must not matter."""
    quiet = make_prompt(4, has_motion=False, motion=np.zeros((16, 61), np.float32))
    loud = make_prompt(4, has_motion=False, motion=np.full((16, 61), 9, np.float32))
    settings = SamplingSettings(guidance=Guidance(motion=2.0))
    a = generate(dit, quiet, IDS, IDS % 8, seed=1, settings=settings)
    b = generate(dit, loud, IDS, IDS % 8, seed=1, settings=settings)
    np.testing.assert_array_equal(a.motion, b.motion)
    np.testing.assert_array_equal(a.mel, b.mel)


def test_long_prompts_are_cut_to_what_is_used(dit: DualBranchDiT) -> None:
    long = make_prompt(30)
    end = StylePrompt(long.mel[-90:], long.motion[-24:], long.phonemes[-90:], long.tones[-90:])
    settings = SamplingSettings(prompt_seconds=0.96, style_seconds=0)
    a = generate(dit, long, IDS, IDS % 8, seed=1, settings=settings)
    b = generate(dit, end, IDS, IDS % 8, seed=1, settings=settings)
    np.testing.assert_array_equal(a.mel, b.mel)


def test_voice_and_manner_come_from_more_than_is_continued(dit: DualBranchDiT) -> None:
    long = make_prompt(30)
    end = StylePrompt(long.mel[-90:], long.motion[-24:], long.phonemes[-90:], long.tones[-90:])
    settings = SamplingSettings(prompt_seconds=0.96, style_seconds=4.8)
    a = generate(dit, long, IDS, IDS % 8, seed=1, settings=settings)
    b = generate(dit, end, IDS, IDS % 8, seed=1, settings=settings)
    assert np.abs(a.mel - b.mel).max() > 1e-3


@pytest.mark.parametrize(("branches", "mel", "motion"), [("mel", 30, 0), ("motion", 0, 8)])
def test_a_branch_can_be_left_out(dit: DualBranchDiT, branches: str, mel: int, motion: int) -> None:
    settings = SamplingSettings(branches=branches)
    made = generate(dit, make_prompt(3), IDS, IDS % 8, seed=1, settings=settings)
    assert (len(made.mel), len(made.motion)) == (mel, motion)


@torch.no_grad()
def test_guidance_equals_the_formula_run_one_by_one(dit: DualBranchDiT) -> None:
    from omnitalker.generation.sample import _conditions

    conditions, _ = _conditions(dit, [make_prompt(3)], IDS, IDS % 8)
    signal = Signal(seeded_noise([0], 75, 100), seeded_noise([1], 20, 61))
    time = torch.tensor([0.3])
    guidance = Guidance(text=2.0, audio=1.5, motion=3.0)
    together = guided_velocity(dit, conditions, guidance)(signal, 0.3)
    full = dit(signal.mel, signal.motion, time, conditions)
    for branch in ("mel", "motion"):
        expected = getattr(full, branch)
        for name, scale in (("text", 2.0), ("audio", 1.5), ("motion", 3.0)):
            without = dit(signal.mel, signal.motion, time, drop(conditions, **{name: True}))
            expected = expected + (scale - 1) * (getattr(full, branch) - getattr(without, branch))
        torch.testing.assert_close(getattr(together, branch), expected, atol=1e-4, rtol=1e-4)


@torch.no_grad()
def test_guidance_of_one_is_off(dit: DualBranchDiT) -> None:
    from omnitalker.generation.sample import _conditions

    conditions, _ = _conditions(dit, [make_prompt(3)], IDS, IDS % 8)
    signal = Signal(seeded_noise([0], 75, 100), seeded_noise([1], 20, 61))
    plain = dit(signal.mel, signal.motion, torch.tensor([0.5]), conditions)
    torch.testing.assert_close(guided_velocity(dit, conditions)(signal, 0.5).mel, plain.mel)
