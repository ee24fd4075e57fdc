from __future__ import annotations

import asyncio
import itertools
import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from omnitalker.agent.casting import open_session
from omnitalker.agent.character import Character
from omnitalker.base.errors import ConfigError, InputError
from omnitalker.base.types import AVChunk, FloatArray, Frame, Latents, Manner, StylePrompt
from omnitalker.generation.pacing import SHORT_OPENING
from omnitalker.generation.sample import generate
from omnitalker.hosts.joint import JointVoice
from omnitalker.live.mixer import AHEAD_FRAMES, Moment
from omnitalker.live.opening import MARGIN, OPENINGS
from omnitalker.live.picture import AHEAD
from omnitalker.live.reply import Reply, ReplySettings
from omnitalker.live.session import AvatarSession, SessionEvent, SessionSettings
from omnitalker.motion.names import INDEX, POSE_SLICE
from tests.live.waiting import wait_until
from tests.live_fixtures import sketched

if TYPE_CHECKING:
    from omnitalker.live.performer import Performer
    from omnitalker.pipeline import OmniTalkerPipeline

pytestmark = pytest.mark.usefixtures("no_leaks")
LONG = "This is a long sentence that goes on for a while, and then another one follows it. " * 6


class Recorder:
    """A session with everything that came out of it."""

    def __init__(self, performer: Performer, **reply: float) -> None:
        settings = SessionSettings(reply=ReplySettings(**reply))  # type: ignore[arg-type]
        self.session = AvatarSession(performer, settings)
        self.chunks: list[AVChunk] = []
        self.events: list[SessionEvent] = []
        self.session.subscribe(self.chunks.append)
        self.session.listen(self.events.append)

    def __enter__(self) -> Recorder:
        self.session.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.session.close()

    def kinds(self) -> list[str]:
        return [event.kind for event in self.events]

    def wait_for(self, kind: str, count: int = 1) -> None:
        wait_until(lambda: self.kinds().count(kind) >= count)


def test_speech_begins_before_the_text_is_complete(performer: Performer) -> None:
    with Recorder(performer) as live:
        for delta in ("Well, let ", "me see, my", " friend, and "):
            live.session.push_text(delta)
        live.wait_for("speech_started")
        live.session.push_text("then we go.")
        live.session.end_text()
        live.wait_for("speech_ended")
    spoken = [word.text.lower().strip(".,!?") for chunk in live.chunks for word in chunk.words]
    assert spoken == ["well", "let", "me", "see", "my", "friend", "and", "then", "we", "go"]


def test_every_chunk_is_40_ms_of_both_and_time_goes_on(performer: Performer) -> None:
    with Recorder(performer) as live:
        live.session.say("Hello there.")
        live.wait_for("speech_ended")
    assert [chunk.index for chunk in live.chunks] == list(range(len(live.chunks)))
    assert all(len(c.samples) == 960 and len(c.frames) == 1 for c in live.chunks)
    assert all(c.frames[0].shape == (64, 64, 3) for c in live.chunks)
    idle = [c for c in live.chunks if c.is_idle]
    assert idle
    assert not any(c.samples[120:].any() for c in idle)  # what broke off dies away in 5 ms
    spoken = [c for c in live.chunks if not c.is_idle]
    assert [c.is_last for c in spoken] == [False] * (len(spoken) - 1) + [True]
    for chunk in spoken:
        for word in chunk.words:
            assert chunk.start - 1e-6 <= word.start <= chunk.start + 0.04


def test_an_interruption_lets_at_most_one_frame_pass_and_closes_the_mouth(
    performer: Performer,
) -> None:
    with Recorder(performer) as live:
        live.session.push_text(LONG)
        live.wait_for("speech_started")
        wait_until(lambda: live.session.stats.speech_frames > 10)
        at = len(live.chunks)
        live.session.interrupt()
        live.session.interrupt()
        wait_until(lambda: len(live.chunks) > at + 12)
        late = [c for c in live.chunks[at:] if not c.is_idle]
        assert len(late) <= 1
        first = next(i for i in range(at - 1, len(live.chunks)) if live.chunks[i].is_idle)
        assert live.chunks[first + 4].motion[0, INDEX["jawOpen"]] < 0.06
        live.session.say("Yes?")
        live.wait_for("speech_ended")
    assert live.kinds().count("interrupted") == 1


@pytest.mark.parametrize("what", ["is_first", "words"])
def test_nothing_begins_that_was_interrupted_while_its_picture_was_drawn(
    performer: Performer, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    with Recorder(performer) as live:
        take = live.session.mixer.take

        def take_and_break_in() -> Moment:
            moment = take()
            if getattr(moment, what):
                live.session.interrupt()
            return moment

        monkeypatch.setattr(live.session.mixer, "take", take_and_break_in)
        live.session.say("One two three.")
        live.wait_for("interrupted")
        at = len(live.chunks)
        wait_until(lambda: len(live.chunks) > at + 3)
    assert live.kinds() == (
        ["interrupted"] if what == "is_first" else ["speech_started", "interrupted"]
    )
    assert live.events[-1].utterance == 1
    assert not any(chunk.words for chunk in live.chunks)


def test_the_face_never_jumps(performer: Performer) -> None:
    """Head steps at the seams are no larger than inside speech."""
    with Recorder(performer) as live:
        live.session.say("One, two, three.")
        live.wait_for("speech_ended")
        wait_until(lambda: bool(live.chunks) and live.chunks[-1].is_idle)
        live.session.push_text(LONG)
        live.wait_for("speech_started", 2)
        wait_until(lambda: live.session.stats.speech_frames > 80)
        live.session.interrupt()
        count = len(live.chunks)
        wait_until(lambda: len(live.chunks) > count + 15)
    head = np.array([c.motion[0, POSE_SLICE] for c in live.chunks])
    steps = np.abs(np.diff(head, axis=0)).max(axis=1)
    is_seam = np.array([a.is_idle != b.is_idle for a, b in itertools.pairwise(live.chunks)])
    inside = np.array([not a.is_idle and not b.is_idle for a, b in itertools.pairwise(live.chunks)])
    assert is_seam.sum() >= 4
    assert steps[is_seam].max() <= steps[inside].max() * 1.5


def test_manner_tags_change_the_style_and_are_not_spoken(performer: Performer) -> None:
    with Recorder(performer) as live:
        live.session.say("Hello you. [happy] Good news! <emotion=neutral> And on.")
        live.wait_for("speech_ended")
    assert [w.text.lower().strip(".,!?") for c in live.chunks for w in c.words] == [
        "hello", "you", "good", "news", "and", "on",
    ]  # fmt: skip
    times = [w.start for c in live.chunks for w in c.words]
    assert times == sorted(times)


def test_a_closed_tag_goes_back_to_the_manner_that_the_reply_began_in(performer: Performer) -> None:
    asked: list[str] = []

    def find_style(manner: Manner) -> StylePrompt:
        asked.append(manner)
        return performer.find_style(manner)

    calm = replace(
        performer, delivery=replace(performer.delivery, emotion="calm"), find_style=find_style
    )
    reply = Reply(calm, 1, "calm")
    reply.push("One. <emotion=happy>Two.</emotion> Three.")
    reply.end()
    assert "".join(w.text for f in reply.frames() for w in f.words) == "One.Two.Three."
    assert reply.manner == "calm"
    assert asked == ["calm", "happy"]
    assert JointVoice(calm).manner == "calm"


def test_text_without_words_and_foreign_letters_are_left_out(performer: Performer) -> None:
    with Recorder(performer) as live:
        live.session.say("😀 🎉 ... !!! ```code```")
        live.session.push_text("")
        live.session.end_text()
        live.wait_for("speech_ended")
        live.session.say("Привет. Fine.")
        live.wait_for("speech_ended", count=2)
    assert [w.text.lower().strip(".,!?") for c in live.chunks for w in c.words] == ["fine"]
    assert "error" not in live.kinds()


def test_text_that_stops_is_spoken_and_the_reply_ends_by_itself(performer: Performer) -> None:
    with Recorder(performer, clause_wait=0.1, stall=0.4) as live:
        live.session.push_text("and so we")
        live.wait_for("speech_ended")
    assert [w.text.lower().strip(".,!?") for c in live.chunks for w in c.words] == [
        "and",
        "so",
        "we",
    ]


def test_a_long_reply_does_not_pile_up(performer: Performer) -> None:
    with Recorder(performer) as live:
        live.session.say("word " * 10_000)
        live.wait_for("speech_started")
        time.sleep(0.3)
        assert live.session.mixer.waiting <= AHEAD_FRAMES


def test_closing_is_quick_whatever_is_going_on(performer: Performer) -> None:
    for text in ("", "Half a clause", LONG):
        live = Recorder(performer)
        with live:
            live.session.push_text(text)
            live.session.interrupt() if not text else None
            began = time.monotonic()
        assert time.monotonic() - began < 3.0  # the long text takes half a minute
        with pytest.raises(InputError, match="closed"):
            live.session.push_text("x")


def test_a_reader_that_never_reads_stops_the_clock_but_loses_nothing(performer: Performer) -> None:
    async def talk() -> list[AVChunk]:
        session = AvatarSession(performer, SessionSettings(outlet_frames=5))
        outlet = session.open_outlet()
        with session:
            session.say("One two three.")
            await asyncio.sleep(0.6)
            assert session.stats.frames == 5
            assert session.stats.held_back > 0
            chunks = []
            async for chunk in outlet:
                chunks.append(chunk)
                if chunk.is_last:
                    break
        return chunks

    chunks = asyncio.run(talk())
    assert [c.index for c in chunks] == list(range(len(chunks)))


def test_async_iteration_ends_when_the_session_closes(performer: Performer) -> None:
    async def talk() -> int:
        session = AvatarSession(performer).start()
        asyncio.get_running_loop().call_later(0.3, session.close)
        return len([chunk async for chunk in session])

    assert asyncio.run(talk()) > 3


def test_a_session_of_a_pipeline_and_a_character(tiny_pipeline: OmniTalkerPipeline) -> None:
    ada = Character("Ada", "You are Ada.", sketched("ada", emotion="happy"))

    async def talk() -> list[AVChunk]:
        chunks = []
        async with open_session(tiny_pipeline, ada) as session:
            assert session.manner == "happy"
            session.push_text("Hello ")
            session.push_text("there.")
            session.end_text()
            async for chunk in session:
                chunks.append(chunk)
                if chunk.is_last:
                    break
        return chunks

    chunks = asyncio.run(talk())
    assert chunks[0].frames[0].shape == (256, 256, 3)
    assert [word.text for chunk in chunks for word in chunk.words] == ["Hello", "there."]
    with pytest.raises(ConfigError, match="character"):
        open_session(tiny_pipeline, "nobody")


def test_a_manner_tag_makes_no_gap(performer: Performer) -> None:
    with Recorder(performer) as live:
        live.session.say("One and two. [happy] Three and four.")
        live.wait_for("speech_ended")
    words = {w.text.lower(): w for c in live.chunks for w in c.words}
    assert list(words) == ["one", "and", "two.", "three", "four."]
    plain = Reply(performer, 1)
    plain.push("One and two. Three and four.")
    plain.end()
    spoken = {w.text.lower(): w for f in plain.frames() for w in f.words}
    tagged = words["three"].start - words["two."].end
    untagged = spoken["three"].start - spoken["two."].end
    assert tagged == pytest.approx(untagged, abs=0.25)


def test_replies_open_with_just_enough_sound_for_the_second_window_to_be_made(
    performer: Performer,
) -> None:
    performer = replace(performer)
    assert performer.opening.second_window(SHORT_OPENING) is None
    for seconds in (0.2, 0.35, 0.45, 0.9, 0.9, 0.2):
        before = performer.opening.blocks
        performer.opening.note_second_window(before, seconds)
        expected = performer.opening.second_window(performer.opening.blocks)
        assert expected is not None
        fits = expected <= MARGIN * performer.opening.sound_of(performer.opening.blocks)
        assert fits or performer.opening.blocks == max(OPENINGS)
        if seconds == 0.2 and before == SHORT_OPENING:
            assert performer.opening.blocks == SHORT_OPENING
        if seconds == 0.9:
            assert performer.opening.blocks > SHORT_OPENING
    for _ in range(20):
        performer.opening.note_second_window(performer.opening.blocks, 0.1)
    assert performer.opening.blocks == SHORT_OPENING


def test_a_reply_measures_its_second_window(
    performer: Performer, monkeypatch: pytest.MonkeyPatch
) -> None:
    performer = replace(performer)
    windows = []

    def slow_generate(*args: Any, **kwargs: Any) -> Latents:
        windows.append(1)
        time.sleep(0.6 if len(windows) == 2 else 0.0)
        return generate(*args, **kwargs)

    monkeypatch.setattr("omnitalker.generation.stream.generate", slow_generate)
    reply = Reply(performer, 1)
    reply.push(LONG)
    reply.end()
    began = time.monotonic()
    for _ in reply.frames():
        pass
    expected = performer.opening.second_window(SHORT_OPENING)
    assert expected is not None
    assert 0.6 < expected < time.monotonic() - began
    assert performer.opening.blocks > SHORT_OPENING


def test_text_that_comes_late_says_nothing_of_the_machine(performer: Performer) -> None:
    performer = replace(performer)
    reply = Reply(performer, 1)
    reply.push("Well, here we are, ")

    def go_on() -> None:
        reply.push("and that took a while, as it should. " * 3)
        reply.end()

    threading.Timer(1.0, go_on).start()
    for _ in reply.frames():
        pass
    assert (performer.opening.second_window(SHORT_OPENING) or 0.0) < 0.8


def test_next_to_nothing_is_drawn_while_the_first_sound_is_made(performer: Performer) -> None:
    with Recorder(performer) as live:
        pictures = live.session.pictures
        assert pictures is not None
        wait_until(lambda: len(pictures._ready) == AHEAD)
        drawn: list[bool] = []
        draw = pictures._drawn

        def note(motion: FloatArray, number: int) -> Frame:
            drawn.append(live.session.mixer.is_speaking)
            return draw(motion, number)

        pictures._drawn = note  # type: ignore[method-assign]
        at = len(live.chunks)
        live.session.say("One two three.")
        wait_until(lambda: any(drawn))
    waited = next(c for c in live.chunks if not c.is_idle).index - at
    on_their_way = 2  # they may have begun before somebody spoke
    assert drawn.index(True) <= max(0, waited - AHEAD) + on_their_way
