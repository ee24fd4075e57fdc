from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from omnitalker.base.errors import ConfigError
from omnitalker.base.types import Latents, StylePrompt
from omnitalker.generation.corrections.chain import CORRECTIONS, CorrectionChain
from omnitalker.generation.sample import SamplingSettings
from omnitalker.motion.names import EXPRESSION_SLICE, INDEX
from omnitalker.text.symbols import SYMBOL_IDS

if TYPE_CHECKING:
    from omnitalker.pipeline import OmniTalkerPipeline

NOTHING = np.zeros((0, 61), np.float32)


@pytest.fixture
def made() -> Latents:
    rng = np.random.default_rng(5)
    mel = rng.normal(-4, 1, (45, 100)).astype(np.float32)
    return Latents(mel, rng.uniform(-0.3, 1.3, (12, 61)).astype(np.float32))


def test_without_corrections_nothing_is_changed_but_what_no_face_can_do(
    tiny_pipeline: OmniTalkerPipeline, style: StylePrompt, made: Latents
) -> None:
    chain = CorrectionChain((), tiny_pipeline.parts)
    prompt = chain.before(style)
    assert prompt.continued is prompt.whole is style
    kept = chain.after(made, np.zeros(45, np.int64), 2, NOTHING)
    np.testing.assert_array_equal(kept.mel, made.mel[:30])
    expected = made.motion[:8].copy()
    expected[:, EXPRESSION_SLICE] = expected[:, EXPRESSION_SLICE].clip(0, 1)
    np.testing.assert_array_equal(kept.motion, expected)


@pytest.mark.parametrize("name", CORRECTIONS)
def test_each_by_itself_changes_its_own_side_and_keeps_lengths(
    tiny_pipeline: OmniTalkerPipeline, style: StylePrompt, made: Latents, name: str
) -> None:
    chain, raw = (CorrectionChain(names, tiny_pipeline.parts) for names in ((name,), ()))
    prompt = chain.before(style)
    raw.before(style)
    phonemes = np.full(45, SYMBOL_IDS["m"])
    kept = chain.after(made, phonemes, 2, NOTHING)
    plain = raw.after(made, phonemes, 2, NOTHING)
    assert (kept.mel.shape, kept.motion.shape) == ((30, 100), (8, 61))
    heard = not np.array_equal(kept.mel, plain.mel)
    seen = not np.array_equal(kept.motion, plain.motion)
    given = prompt.continued is not style
    sides = {
        "familiar_face": (False, False, True),
        "prompt_pitch": (False, False, True),
        "steady_motion": (False, True, False),
        "voice_spectrum": (True, False, False),
        "facial_manner": (False, True, False),
        "lip_closure": (False, True, False),
    }
    if name in sides:  # a melody needs a voice, and a blink some time
        assert (heard, seen, given) == sides[name]


def test_they_act_in_the_order_that_is_asked_for(
    tiny_pipeline: OmniTalkerPipeline, style: StylePrompt, made: Latents
) -> None:
    """Lips that were closed for an m stay closed only where nothing opens them afterwards."""
    lively = replace(style, motion=style.motion.copy())
    lively.motion[:, INDEX["jawOpen"]] = np.linspace(0, 0.9, len(style.motion))
    results = []
    for names in (("facial_manner", "lip_closure"), ("lip_closure", "facial_manner")):
        chain = CorrectionChain(names, tiny_pipeline.parts)
        chain.before(lively)
        results.append(chain.after(made, np.full(45, SYMBOL_IDS["m"]), 3, NOTHING).motion)
    gaps = [r[:, INDEX["jawOpen"]] - r[:, INDEX["mouthClose"]] for r in results]
    assert not np.array_equal(*results)
    assert gaps[0].max() <= gaps[1].max()


def test_smoothing_looks_ahead_and_behind(
    tiny_pipeline: OmniTalkerPipeline, style: StylePrompt, made: Latents
) -> None:
    chain = CorrectionChain(("steady_motion",), tiny_pipeline.parts)
    chain.before(style)
    phonemes = np.zeros(45, np.int64)
    alone = chain.after(made, phonemes, 2, NOTHING)
    cut = Latents(made.mel[:30], made.motion[:8])
    assert not np.array_equal(chain.after(cut, phonemes, 2, NOTHING).motion, alone.motion)
    after = chain.after(made, phonemes, 2, np.ones((8, 61), np.float32))
    assert not np.array_equal(after.motion[0], alone.motion[0])


def test_a_style_without_a_face_or_a_voice_is_given_as_it_is(
    tiny_pipeline: OmniTalkerPipeline, style: StylePrompt, made: Latents
) -> None:
    chain = CorrectionChain(tuple(CORRECTIONS), tiny_pipeline.parts)
    silent = chain.before(replace(style, has_voice=False))
    np.testing.assert_array_equal(silent.continued.mel, style.mel)
    np.testing.assert_array_equal(
        chain.after(made, np.zeros(45, np.int64), 2, NOTHING).mel, made.mel[:30]
    )
    faceless = chain.before(replace(style, has_motion=False))
    np.testing.assert_array_equal(faceless.whole.motion, style.motion)


def test_a_name_that_is_none_is_told(tiny_pipeline: OmniTalkerPipeline) -> None:
    with pytest.raises(ConfigError, match="lip_closure"):
        CorrectionChain(("lip_closures",), tiny_pipeline.parts)


def test_a_checkpoint_says_which_and_a_caller_may_switch_them_off(
    tiny_pipeline: OmniTalkerPipeline, style: StylePrompt
) -> None:
    assert tiny_pipeline.sampling.corrections == tuple(tiny_pipeline.config["corrections"]) == ()
    raw, corrected = (
        tiny_pipeline("Hello there.", style, sampling=SamplingSettings(steps=1, corrections=names))
        for names in ((), tuple(CORRECTIONS))
    )
    assert not np.array_equal(raw.audio, corrected.audio)
    assert not np.array_equal(raw.motion.values, corrected.motion.values)
