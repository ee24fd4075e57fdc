"""Sound in, face out: the sound stays, the lips meet where it says so, and what is no speech is told or rests."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from omnitalker.base import timeline
from omnitalker.base.errors import InputError
from omnitalker.base.types import FloatArray, Phoneme, TimedPhoneme
from omnitalker.generation import from_sound
from omnitalker.generation.follow_sound import AHEAD_FRAMES, STEP_FRAMES, SoundFollower
from omnitalker.generation.from_sound import SoundRequest, pieces, stream_sound
from omnitalker.motion.made.style import MotionStyle
from omnitalker.motion.names import INDEX, MOTION_DIM
from omnitalker.motion.track.statistics import motion_style

if TYPE_CHECKING:
    from omnitalker.pipeline import OmniTalkerPipeline

SAID = tuple(
    TimedPhoneme(Phoneme(symbol), 0.3 + 0.15 * k, 0.45 + 0.15 * k)
    for k, symbol in enumerate("ɑbɑmɑ")
)
"""Two closures, at 0.525 and 0.825 s."""


def tone(seconds: float, seed: int = 0) -> FloatArray:
    rng = np.random.default_rng(seed)
    count = int(seconds * timeline.SAMPLE_RATE)
    return (0.1 * np.sin(np.arange(count) / 20) + 0.02 * rng.normal(size=count)).astype(np.float32)


@pytest.fixture
def speaking(monkeypatch: pytest.MonkeyPatch) -> None:
    """An ear that hears `SAID`: untrained weights hear nothing."""
    monkeypatch.setattr(from_sound, "hear", lambda _recogniser, _samples: SAID)


def made(pipeline: OmniTalkerPipeline, request: SoundRequest) -> tuple[FloatArray, FloatArray]:
    chunks = list(stream_sound(pipeline.parts, request))
    assert [chunk.is_last for chunk in chunks] == [False] * (len(chunks) - 1) + [True]
    return (
        np.concatenate([chunk.samples for chunk in chunks]),
        np.concatenate([chunk.motion for chunk in chunks]),
    )


@pytest.mark.usefixtures("speaking")
@pytest.mark.parametrize("seconds", [1.5, 1.513])
def test_the_sound_comes_out_as_it_went_in(
    tiny_pipeline: OmniTalkerPipeline, seconds: float
) -> None:
    samples = tone(seconds)
    heard, motion = made(tiny_pipeline, SoundRequest(samples, tiny_pipeline.styles.get("ada")))
    np.testing.assert_array_equal(heard[: len(samples)], samples)
    assert len(heard) == len(motion) * timeline.SAMPLES_PER_VIDEO_FRAME
    assert len(heard) - len(samples) < timeline.SAMPLES_PER_VIDEO_FRAME


@pytest.mark.usefixtures("speaking")
@pytest.mark.parametrize("manner", ["neutral", "happy"])
def test_lips_meet_where_the_sound_says_so(tiny_pipeline: OmniTalkerPipeline, manner: str) -> None:
    style = tiny_pipeline.styles.get("ada", manner)
    _, motion = made(tiny_pipeline, SoundRequest(tone(1.6), style))
    gap = motion[:, INDEX["jawOpen"]] - motion[:, INDEX["mouthClose"]]
    for closed in (0.525, 0.825):
        around = gap[int(closed * 25) - 2 : int(closed * 25) + 3]
        assert around.min() < 0.02 < 0.1 < gap.max()


def test_long_sound_is_cut_where_it_is_quiet() -> None:
    samples = tone(40.0)
    samples[int(14.0 * 24000) : int(14.4 * 24000)] = 0
    whole = samples[: len(samples) // 960 * 960]
    cuts = list(pieces(whole))
    assert cuts[0][0] == 0
    assert cuts[-1][1] == len(whole)
    assert all(a[1] == b[0] for a, b in itertools.pairwise(cuts))
    assert 14.0 <= cuts[0][1] / 24000 <= 14.4


def test_what_cannot_be_moved_to_is_told(tiny_pipeline: OmniTalkerPipeline) -> None:
    style = tiny_pipeline.styles.get("ada")
    with pytest.raises(InputError, match="silent"):
        SoundRequest(np.zeros(48000, np.float32), style)
    with pytest.raises(InputError, match="at least"):
        SoundRequest(tone(0.1), style)
    with pytest.raises(InputError, match="minutes"):
        SoundRequest(np.ones(3700 * 24000, np.float32), style)
    deaf = replace(tiny_pipeline.parts, recogniser=None)
    with pytest.raises(InputError, match="recogniser"):
        list(stream_sound(deaf, SoundRequest(tone(1.0), style)))


def test_noise_leaves_the_mouth_at_rest(tiny_pipeline: OmniTalkerPipeline) -> None:
    noise = np.random.default_rng(1).normal(0, 0.1, 36000).astype(np.float32)
    _, motion = made(tiny_pipeline, SoundRequest(noise, tiny_pipeline.styles.get("ada")))
    assert (motion[:, INDEX["jawOpen"]] - motion[:, INDEX["mouthClose"]]).max() < 0.06


def test_a_style_is_read_back_from_its_motion() -> None:
    from omnitalker.generation.motion_teacher import teach
    from tests.generation.motion_teacher.babble import babble

    phonemes, samples = babble(8.0, 1)
    big, small = (
        motion_style(teach(phonemes, samples, style=MotionStyle(a, a), seed=3).values)
        for a in (1.3, 0.75)
    )
    assert big.mouth_amplitude > 1.2 * small.mouth_amplitude
    assert big.head_amplitude > 1.2 * small.head_amplitude


@pytest.mark.parametrize("portion", [240, 960, 5000])
def test_arriving_sound_is_followed_within_the_look_ahead(
    tiny_pipeline: OmniTalkerPipeline, portion: int
) -> None:
    samples = tone(1.2)
    parts, style = tiny_pipeline.parts, tiny_pipeline.styles.get("ada")
    assert parts.recogniser is not None
    listening = np.zeros((50, MOTION_DIM), np.float32)
    follower = SoundFollower(parts.recogniser, style, MotionStyle(), listening)
    out: list[FloatArray] = []
    for at in range(0, len(samples), portion):
        out += [frame.samples for frame in follower.push(samples[at : at + portion])]
        arrived = min(at + portion, len(samples)) // 960
        assert len(out) > arrived - (AHEAD_FRAMES + 2 * STEP_FRAMES)
    out += [frame.samples for frame in follower.finish()]
    np.testing.assert_array_equal(np.concatenate(out)[: len(samples)], samples)
