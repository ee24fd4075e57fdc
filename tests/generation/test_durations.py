from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from omnitalker.base import timeline
from omnitalker.base.errors import InputError
from omnitalker.base.types import StylePrompt
from omnitalker.generation.durations import control, expand, predict_seconds, runs
from omnitalker.models.duration import DurationModel

lengths = st.one_of(st.just(0.0), st.floats(1e-6, 3.0))
seconds_lists = st.lists(lengths, min_size=1, max_size=80)


@settings(max_examples=200, deadline=None)
@given(seconds_lists)
def test_frames_add_up_exactly_and_never_drift(seconds: list[float]) -> None:
    count = len(seconds)
    symbols = np.arange(1, count + 1)
    text = expand(symbols, np.zeros(count, np.int64), np.array(seconds))
    blocks = timeline.blocks_in_mel(len(text.phonemes))
    assert len(text.phonemes) == blocks * timeline.BLOCK_MEL_FRAMES
    total = float(np.cumsum(seconds)[-1])
    assert blocks == max(1, timeline.blocks_to_cover(total))
    counted = np.array([(text.phonemes == symbol).sum() for symbol in symbols])
    assert counted.sum() == len(text.phonemes)
    assert (np.diff(text.phonemes) >= 0).all()
    ends = np.cumsum(counted) / float(timeline.MEL_RATE)
    exact = np.append(np.cumsum(seconds)[:-1], float(blocks * timeline.BLOCK_SECONDS))
    assert np.abs(ends - exact).max() <= 1 / float(timeline.MEL_RATE) + 1e-9


@settings(max_examples=100, deadline=None)
@given(seconds_lists, st.floats(0.3, 3), st.floats(0, 3), st.one_of(st.none(), st.floats(0.2, 60)))
def test_controls_do_what_they_say(seconds, speed, pauses, total) -> None:
    values = np.array(seconds)
    is_pause = np.arange(len(values)) % 3 == 2
    out = control(values, is_pause, speed=speed, pauses=pauses, total=total)
    assert (out >= 0).all()
    if total is None:
        np.testing.assert_allclose(out[~is_pause] * speed, values[~is_pause])
        np.testing.assert_allclose(out[is_pause] * speed, values[is_pause] * pauses)
    elif out.sum() > 0:
        assert out.sum() == pytest.approx(total)


def test_impossible_controls_are_explained() -> None:
    with pytest.raises(InputError, match="speed=0"):
        control(np.ones(2), np.zeros(2, bool), speed=0)


def test_runs_undo_expand() -> None:
    symbols, tones = np.array([3, 7, 7, 9]), np.array([0, 1, 2, 0])
    frames = np.array([4, 6, 10, 10])
    seconds = frames / 93.75
    seconds[0] -= 0.3 / 93.75
    text = expand(symbols, tones, seconds)
    row = runs(text.phonemes, text.tones)
    np.testing.assert_array_equal(row.symbols, symbols)
    np.testing.assert_array_equal(row.tones, tones)
    np.testing.assert_allclose(row.seconds * 93.75, frames)


def test_nothing_to_say_takes_no_time() -> None:
    empty = np.zeros(0, np.int64)
    assert len(expand(empty, empty, np.zeros(0)).phonemes) == 0


def make_prompt(ids: np.ndarray) -> StylePrompt:
    blocks = len(ids) // 15
    rng = np.random.default_rng(0)
    return StylePrompt(
        mel=rng.normal(-4, 2, (len(ids), 100)).astype(np.float32),
        motion=np.zeros((4 * blocks, 61), np.float32),
        phonemes=ids,
        tones=np.zeros_like(ids),
    )


def test_prediction_continues_the_prompt_it_is_given() -> None:
    torch.manual_seed(0)
    model = DurationModel(width=16, heads=2, layers=2, ffn=32).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.2 * torch.randn_like(parameter))
    symbols, tones = np.array([9, 20, 31, 1]), np.array([0, 1, 0, 0])
    quick = make_prompt(np.repeat(np.arange(7, 37), 3))
    slow = make_prompt(np.repeat(np.arange(7, 22), 6))
    silent = make_prompt(np.zeros(90, np.int64))
    answers = [predict_seconds(model, symbols, tones, p) for p in (None, quick, slow, silent)]
    for answer in answers:
        assert answer.shape == (4,)
        assert (answer > 0).all()
    for i in range(4):
        for j in range(i):
            assert not np.allclose(answers[i], answers[j], atol=1e-6)
