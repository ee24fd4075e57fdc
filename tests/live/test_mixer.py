from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from omnitalker.live.mixer import RESUME_FRAMES, Mixer
from omnitalker.live.reply import Reply, SpeechFrame
from omnitalker.motion.names import INDEX, MOTION_DIM, POSE_SLICE

if TYPE_CHECKING:
    from omnitalker.live.performer import Performer


@pytest.fixture
def mixer() -> Mixer:
    return Mixer(np.zeros((50, MOTION_DIM), np.float32))


@pytest.fixture
def reply(performer: Performer) -> Reply:
    made = Reply(performer, 1)
    made.waits_for_text = False
    return made


def speak(mixer: Mixer, reply: Reply, count: int, *, is_last: bool = False) -> None:
    for index in range(count):
        frame = SpeechFrame(
            np.ones(960, np.float32), np.zeros(MOTION_DIM, np.float32), index / 25,
            is_last=is_last and index == count - 1,
        )  # fmt: skip
        assert mixer.offer(0, reply, frame)


def test_a_quick_machine_begins_at_once(mixer: Mixer, reply: Reply) -> None:
    speak(mixer, reply, 1)
    assert mixer.take().is_first


def test_a_slow_machine_begins_when_enough_is_there(mixer: Mixer, reply: Reply) -> None:
    reply.lead_frames = 8
    speak(mixer, reply, 7)
    assert mixer.take().is_idle
    speak(mixer, reply, 1)
    assert mixer.take().is_first


def test_what_is_whole_or_waits_for_text_is_not_held_back(mixer: Mixer, reply: Reply) -> None:
    reply.lead_frames = 30
    speak(mixer, reply, 3, is_last=True)
    assert mixer.take().is_first
    other = Mixer(np.zeros((50, MOTION_DIM), np.float32))
    reply.waits_for_text = True
    speak(other, reply, 3)
    assert other.take().is_first


def test_after_running_dry_there_is_one_pause_not_many(mixer: Mixer, reply: Reply) -> None:
    speak(mixer, reply, 2)
    assert [mixer.take().is_idle for _ in range(3)] == [False, False, True]
    assert mixer.starved == 1
    speak(mixer, reply, RESUME_FRAMES - 1)
    assert mixer.take().is_idle
    speak(mixer, reply, 1)
    assert not mixer.take().is_idle
    assert mixer.starved == 1
    while not mixer.take().is_idle:
        pass
    assert mixer.starved == 2
    speak(mixer, reply, 2 * RESUME_FRAMES - 1)
    assert mixer.take().is_idle
    speak(mixer, reply, 1)
    assert not mixer.take().is_idle


def test_an_interruption_calls_for_its_beat(mixer: Mixer, reply: Reply) -> None:
    speak(mixer, reply, 3)
    mixer.take()
    mixer.interrupt()
    assert mixer.has_news.is_set()
    mixer.take()
    mixer.interrupt()
    assert not mixer.has_news.is_set()


def test_sound_that_runs_short_is_noticed_before_it_is_gone(mixer: Mixer, reply: Reply) -> None:
    speak(mixer, reply, 30)
    mixer.take()
    assert not mixer.is_short
    for _ in range(20):
        mixer.take()
    assert mixer.is_short
    reply.waits_for_text = True
    assert not mixer.is_short


def test_speech_that_may_begin_calls_for_its_beat(mixer: Mixer, reply: Reply) -> None:
    reply.lead_frames = 3
    speak(mixer, reply, 2)
    assert not mixer.has_news.is_set()
    speak(mixer, reply, 1)
    assert mixer.has_news.is_set()
    mixer.take()
    speak(mixer, reply, 1)
    assert not mixer.has_news.is_set()


@pytest.mark.parametrize("is_cut", [True, False])
def test_sound_that_breaks_off_and_goes_on_makes_no_click(
    mixer: Mixer, reply: Reply, is_cut: bool
) -> None:
    speak(mixer, reply, 5)  # of nothing but ones
    heard = [mixer.take() for _ in range(5)]
    if is_cut:
        mixer.interrupt()
    heard += [mixer.take(), mixer.take()]
    assert [moment.is_idle for moment in heard] == [False] * 5 + [True] * 2
    for index in range(RESUME_FRAMES):
        frame = SpeechFrame(np.ones(960, np.float32), np.zeros(MOTION_DIM, np.float32), index / 25)
        assert mixer.offer(mixer.generation, reply, frame)
    heard.append(mixer.take())
    sound = np.concatenate([moment.samples for moment in heard])
    assert np.abs(np.diff(sound)).max() < 0.05
    assert not heard[-2].samples.any()
    assert sound.min() >= 0.0
    assert sound.max() == pytest.approx(1.0)


def test_the_join_is_smooth_with_a_single_frame_ready(mixer: Mixer, reply: Reply) -> None:
    far = np.full(MOTION_DIM, 0.4, np.float32)
    shown = [mixer.take().motion]
    for index in range(12):
        frame = SpeechFrame(np.ones(960, np.float32), far, index / 25)
        assert mixer.offer(0, reply, frame)
        shown.append(mixer.take().motion)
    assert np.abs(np.diff(shown, axis=0)).max() < 0.4 / 4
    assert np.allclose(shown[-1], far)


def test_an_interruption_closes_the_mouth_in_four_frames_and_lets_the_head_coast(
    mixer: Mixer, reply: Reply
) -> None:
    steps = np.linspace(0, 1, 10)
    for index, share in enumerate(steps):
        motion = np.zeros(MOTION_DIM, np.float32)
        motion[INDEX["jawOpen"]] = 0.6
        motion[POSE_SLICE] = 0.2 * share**2
        assert mixer.offer(0, reply, SpeechFrame(np.ones(960, np.float32), motion, index / 25))
    shown = [mixer.take().motion for _ in steps]
    mixer.interrupt()
    after = [mixer.take() for _ in range(30)]
    assert all(moment.is_idle for moment in after)
    assert not any(moment.samples.any() for moment in after[1:])
    jaws = [float(moment.motion[INDEX["jawOpen"]]) for moment in after]
    assert jaws[0] > 0.3  # no snap
    assert max(jaws[3:]) < 0.03
    track = np.stack([*shown, *(moment.motion for moment in after)])
    head = np.abs(np.diff(track[:, POSE_SLICE], axis=0)).max(axis=1)
    assert head[9:].max() < 1.3 * head[:9].max()
    assert np.abs(track[-1]).max() < 0.01  # back to the listening face
