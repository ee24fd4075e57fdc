from __future__ import annotations

import threading
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest

from omnitalker.base.errors import InputError
from omnitalker.base.types import AVChunk, StylePrompt
from omnitalker.generation.pacing import OFFLINE, Pacing, live
from omnitalker.generation.plan import (
    Clause,
    Stretch,
    plan,
    windows,
)
from omnitalker.generation.request import SpeakRequest
from omnitalker.generation.stream import stream
from omnitalker.text.markup import Rest

if TYPE_CHECKING:
    from omnitalker.generation.parts import Parts
    from omnitalker.pipeline import OmniTalkerPipeline

TEXT = "Hello there, this is a test of 42 words. It goes on; and on!"


def run(pipeline: OmniTalkerPipeline, style: StylePrompt, **changes: object) -> list[AVChunk]:
    request = SpeakRequest(**{"text": TEXT, "style": style, **changes})  # type: ignore[arg-type]
    return list(pipeline.stream(request))


@pytest.mark.parametrize("pacing", [OFFLINE, live()])
def test_sound_and_motion_of_every_chunk_are_equally_long(
    tiny_pipeline: OmniTalkerPipeline, style: StylePrompt, pacing: Pacing
) -> None:
    chunks = run(tiny_pipeline, style, pacing=pacing)
    assert all(len(chunk.samples) == 960 * len(chunk.motion) > 0 for chunk in chunks)
    assert [chunk.index for chunk in chunks] == list(range(len(chunks)))
    starts = np.cumsum([0, *[len(chunk.motion) for chunk in chunks]])[:-1] / 25
    assert np.allclose([chunk.start for chunk in chunks], starts)
    assert [chunk.is_last for chunk in chunks] == [False] * (len(chunks) - 1) + [True]
    assert sum(len(chunk.motion) for chunk in chunks) % 4 == 0


def test_live_begins_with_a_short_chunk(
    tiny_pipeline: OmniTalkerPipeline, style: StylePrompt
) -> None:
    chunks = run(tiny_pipeline, style, pacing=live())
    assert max(len(chunk.motion) for chunk in chunks) <= 4


def test_every_word_is_said_once_in_order_and_known_by_its_place(
    tiny_pipeline: OmniTalkerPipeline, style: StylePrompt
) -> None:
    chunks = run(tiny_pipeline, style)
    words = [word for chunk in chunks for word in chunk.words]
    written = [TEXT[word.start_char : word.end_char] for word in words]
    assert [w for w in written if w != "42"] == (
        [
            "Hello",
            "there",
            "this",
            "is",
            "a",
            "test",
            "of",
            "words",
            "It",
            "goes",
            "on",
            "and",
            "on",
        ]
    )
    assert written.count("42") >= 1
    times = [(word.start, word.end) for word in words]
    assert times == sorted(times)
    total = sum(len(chunk.motion) for chunk in chunks) / 25
    assert all(0 <= start <= end <= total for start, end in times)
    for chunk in chunks[:-1]:
        end = chunk.start + len(chunk.motion) / 25
        assert all(chunk.start - 0.1 <= word.start < end for word in chunk.words)


def test_same_seed_same_result_other_seed_other_result(
    tiny_pipeline: OmniTalkerPipeline, style: StylePrompt
) -> None:
    first, again, other = (run(tiny_pipeline, style, seed=seed) for seed in (1, 1, 2))
    assert np.array_equal(first[0].motion, again[0].motion)
    assert np.array_equal(first[0].samples, again[0].samples)
    assert not np.array_equal(first[0].motion, other[0].motion)


def test_wishes_for_speed_and_length_are_followed(
    tiny_pipeline: OmniTalkerPipeline, style: StylePrompt
) -> None:
    def seconds(**changes: object) -> float:
        return sum(len(chunk.motion) for chunk in run(tiny_pipeline, style, **changes)) / 25

    assert seconds(speed=2.0) < 0.7 * seconds()
    assert seconds(seconds=12.0) == pytest.approx(12.0, abs=1.2)


def test_leaving_early_stops_the_thread(
    tiny_pipeline: OmniTalkerPipeline, style: StylePrompt
) -> None:
    before = threading.active_count()
    stream = tiny_pipeline.stream(SpeakRequest(text=TEXT * 20, style=style, pacing=live()))
    next(stream)
    stream.close()  # type: ignore[attr-defined]
    assert threading.active_count() == before


@pytest.mark.parametrize("text", ["", "  \n\t", "!!! ... ?", "🎉🎉"])
def test_nothing_to_say_is_refused(
    tiny_pipeline: OmniTalkerPipeline, style: StylePrompt, text: str
) -> None:
    with pytest.raises(InputError) as caught:
        run(tiny_pipeline, style, text=text)
    assert "\n" not in str(caught.value)


def test_too_long_a_text_is_refused(style: StylePrompt) -> None:
    with pytest.raises(InputError, match="limit"):
        SpeakRequest(text="a" * 200_000, style=style)


def test_windows_cover_every_block_once() -> None:
    for blocks in range(1, 60):
        cut = list(windows(blocks, (5, 8, 14, 20), ahead=1))
        assert cut[0].start == 0
        assert cut[-1].stop == blocks
        assert all(a.stop == b.start for a, b in pairwise(cut))
        assert all(window.stop + window.ahead <= blocks for window in cut)


def test_short_clauses_are_sampled_together_where_nobody_waits(
    tiny_pipeline: OmniTalkerPipeline, style: StylePrompt
) -> None:
    text = "Yes. " + "No, not at all, my friend. We go on from here, and that is that. " * 4
    clauses = tiny_pipeline.frontend.clauses(text)

    def stretches(**changes: object) -> list[Stretch]:
        request = SpeakRequest(text=text, style=style, speed=2.0, **changes)  # type: ignore[arg-type]
        return list(plan(tiny_pipeline.duration, clauses, request))

    each, offline = stretches(pacing=live()), stretches()
    assert OFFLINE.joined_blocks is not None
    first, later = OFFLINE.joined_blocks
    assert len(each) == len(clauses) + 1
    assert len(offline) < len(each) - 2
    assert offline[0].blocks <= first
    assert all(s.blocks <= later for s in offline[1:-1])
    assert [s.is_last for s in offline] == [False] * (len(offline) - 1) + [True]
    for stretch in offline:
        starts = stretch.frames.starts
        assert (np.diff(starts) >= 0).all()
        assert starts[-1] == pytest.approx(0.16 * stretch.blocks)
        assert all(0 <= w.start < w.end <= starts[-1] for w in stretch.words)
        assert all(a.end <= b.start + 1e-9 for a, b in pairwise(stretch.words))
    words = [w.text for s in offline for w in s.words]
    assert words == [w.text for s in each for w in s.words]


def test_a_change_of_style_is_not_sampled_together(
    tiny_pipeline: OmniTalkerPipeline, style: StylePrompt
) -> None:
    yes, no = tiny_pipeline.frontend.clauses("Yes. ")[0], tiny_pipeline.frontend.clauses("No. ")[0]
    other = replace(style)
    request = SpeakRequest(text="-", style=style)
    clauses = [yes, replace(request, style=other), no]
    made = list(plan(tiny_pipeline.duration, clauses, request))
    assert [s.style for s in made] == [style, other]


def test_a_silence_a_direction_and_a_stressed_word_shape_the_stretches_that_follow(
    tiny_pipeline: OmniTalkerPipeline, style: StylePrompt
) -> None:
    request = SpeakRequest(text="-", style=style, pacing=live())

    def blocks(text: str, *before: Clause) -> list[int]:
        clause = tiny_pipeline.frontend.clauses(text)[0]
        return [s.blocks for s in plan(tiny_pipeline.duration, [*before, clause], request)]

    first, spoken, closing = blocks("Yes, of course.", Rest(0.8))
    assert first in (5, 6), "0.8 s are five blocks"
    assert closing in (2, 3)
    slower = blocks("Yes, of course.", replace(request, speed=0.5))
    assert slower[0] > spoken
    assert blocks("*Certainly* so.")[0] >= blocks("Certainly so.")[0]
    said = tiny_pipeline.frontend.clauses("*Certainly* so.")
    made = next(iter(plan(tiny_pipeline.duration, said, request)))
    assert [round(end - start, 2) > 0 for start, end in made.accents] == [True]


@pytest.mark.parametrize("passes", [0, 1, 5])
def test_nothing_more_is_made_once_nobody_listens(
    tiny_pipeline: OmniTalkerPipeline, style: StylePrompt, passes: int
) -> None:
    asked = []

    def after_pass(done: int, total: int) -> None:
        asked.append(True)
        if len(asked) > passes:
            raise InterruptedError

    request = SpeakRequest(text=TEXT * 9, style=style, pacing=live())
    made: list[AVChunk] = []
    with pytest.raises(InterruptedError):
        made.extend(stream(tiny_pipeline, request, after_pass=after_pass))
    assert len(asked) == passes + 1
    assert not any(chunk.is_last for chunk in made)


def test_sound_alone_is_made_in_the_callers_thread(
    tiny_pipeline: OmniTalkerPipeline, style: StylePrompt
) -> None:
    def helpers(request: SpeakRequest) -> list[str]:
        made = tiny_pipeline.stream(request)
        next(made)
        names = [t.name for t in threading.enumerate() if t.name == "omnitalker-speech"]
        made.close()  # type: ignore[attr-defined]
        return names

    assert helpers(SpeakRequest(TEXT * 9, style)) == []
    assert helpers(SpeakRequest(TEXT * 9, style, pacing=live())) == ["omnitalker-speech"]


def test_sound_alone_is_made_in_one_pass_and_says_the_same(
    told_pipeline: OmniTalkerPipeline, style: StylePrompt
) -> None:
    passes: list[int] = []

    def made(parts: Parts) -> list[AVChunk]:
        request = SpeakRequest(text="Short and sweet.", style=style)
        return list(stream(parts, request, after_pass=lambda done, total: passes.append(total)))

    both = made(told_pipeline.parts)
    assert set(passes) == {told_pipeline.sampling.steps}
    passes.clear()
    alone = made(told_pipeline.parts.for_sound_alone())
    assert set(passes) == {1}
    assert [len(c.samples) for c in alone] == [len(c.samples) for c in both]
    assert [w for c in alone for w in c.words] == [w for c in both for w in c.words]
    assert all(not c.motion.any() for c in alone)
    assert np.abs(np.concatenate([c.samples for c in alone])).max() > 0.01


def test_sound_made_of_noise_needs_its_face(tiny_pipeline: OmniTalkerPipeline) -> None:
    assert tiny_pipeline.transformer.mel_source == "noise"
    assert tiny_pipeline.parts.for_sound_alone().sampling == tiny_pipeline.sampling
