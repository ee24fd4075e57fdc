from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import numpy as np
import pytest

pytest.importorskip("pipecat")
from pipecat.frames.frames import (
    InterruptionFrame,
    OutputImageRawFrame,
    TTSAudioRawFrame,
    TTSStartedFrame,
    TTSStoppedFrame,
)
from pipecat.tests.utils import SleepFrame, run_test

from omnitalker.hosts.joint import JointVoice
from omnitalker.hosts.pipecat_sound import OmniTalkerFace

if TYPE_CHECKING:
    from pipecat.frames.frames import Frame

    from omnitalker.live.performer import Performer

pytestmark = pytest.mark.usefixtures("no_leaks")


def run(performer: Performer, *frames: Frame) -> list[Frame]:
    face = OmniTalkerFace(JointVoice(performer))
    down, _ = asyncio.run(run_test(face, frames_to_send=list(frames)))
    return list(down)


def speech(seconds: float) -> tuple[bytes, list[Frame]]:
    samples = np.random.default_rng(0).integers(-9000, 9000, int(24000 * seconds)).astype(np.int16)
    whole = samples.tobytes()
    parts = [whole[at : at + 3840] for at in range(0, len(whole), 3840)]
    return whole, [TTSAudioRawFrame(part, 24_000, 1) for part in parts]


def test_any_voice_comes_out_with_a_picture_before_each_40_ms(performer: Performer) -> None:
    whole, frames = speech(0.8)
    down = run(performer, TTSStartedFrame(), *frames, TTSStoppedFrame(), SleepFrame(2.0))
    media = [f for f in down if isinstance(f, OutputImageRawFrame | TTSAudioRawFrame)]
    sounds = [f for f in media if isinstance(f, TTSAudioRawFrame)]
    assert b"".join(f.audio for f in sounds)[: len(whole)] == whole
    for image, sound in zip(media[::2], media[1::2], strict=True):
        assert isinstance(image, OutputImageRawFrame)
        assert image.sync_with_audio
        assert isinstance(sound, TTSAudioRawFrame)
    kinds = [type(f) for f in down]
    assert kinds.index(TTSStoppedFrame) > max(
        i for i, k in enumerate(kinds) if k is TTSAudioRawFrame
    )


def test_an_interruption_ends_it(performer: Performer) -> None:
    whole, frames = speech(6.0)
    down = run(
        performer, TTSStartedFrame(), *frames, SleepFrame(0.5), InterruptionFrame(), SleepFrame(1.0)
    )
    heard = b"".join(f.audio for f in down if isinstance(f, TTSAudioRawFrame))
    assert len(heard) < len(whole)
    at = next(i for i, f in enumerate(down) if isinstance(f, InterruptionFrame))
    assert not any(isinstance(f, TTSAudioRawFrame) for f in down[at + 1 :])
