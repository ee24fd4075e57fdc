from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

pytest.importorskip("pipecat")
from pipecat.frames.frames import (
    InterruptionFrame,
    LLMFullResponseEndFrame,
    LLMFullResponseStartFrame,
    LLMTextFrame,
    OutputImageRawFrame,
    TTSAudioRawFrame,
)
from pipecat.tests.utils import SleepFrame, run_test

from omnitalker.hosts.joint import JointVoice
from omnitalker.hosts.pipecat import OmniTalkerService

if TYPE_CHECKING:
    from pipecat.frames.frames import Frame

    from omnitalker.live.performer import Performer

pytestmark = pytest.mark.usefixtures("no_leaks")


def run(performer: Performer, *frames: Frame, idle: bool = False) -> list[Frame]:
    service = OmniTalkerService(JointVoice(performer), idle=idle)
    down, _ = asyncio.run(run_test(service, frames_to_send=list(frames)))
    return list(down)


def reply(text: str) -> list[Frame]:
    return [LLMFullResponseStartFrame(), LLMTextFrame(text), LLMFullResponseEndFrame()]


def test_every_40_ms_of_sound_follow_their_picture(performer: Performer) -> None:
    down = run(performer, *reply("Hello there."), SleepFrame(3.0))
    media = [f for f in down if isinstance(f, OutputImageRawFrame | TTSAudioRawFrame)]
    assert len(media) > 20
    assert len(media) % 2 == 0
    for image, sound in zip(media[::2], media[1::2], strict=True):
        assert isinstance(image, OutputImageRawFrame)
        assert image.sync_with_audio
        assert image.size == (64, 64)
        assert isinstance(sound, TTSAudioRawFrame)
        assert len(sound.audio) == 1920
        assert sound.sample_rate == 24_000


def test_an_interruption_ends_the_reply(performer: Performer) -> None:
    long = "This is a long answer and it goes on for quite a while until it ends. " * 20
    down = run(
        performer, *reply(long), SleepFrame(0.7), InterruptionFrame(), SleepFrame(1.0),
        *reply("Yes?"), SleepFrame(3.0),
    )  # fmt: skip
    at = next(i for i, f in enumerate(down) if isinstance(f, InterruptionFrame))
    after = [f for f in down[at:] if isinstance(f, TTSAudioRawFrame)]
    assert 0 < len(after) < 150


def test_a_listening_face_between_replies(performer: Performer) -> None:
    down = run(performer, SleepFrame(1.0), idle=True)
    images = [f for f in down if isinstance(f, OutputImageRawFrame)]
    assert 10 < len(images) < 35
    assert not any(image.sync_with_audio for image in images)
