from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import numpy as np
import pytest

pytest.importorskip("livekit.agents")
from livekit import rtc
from livekit.agents.voice.avatar import AudioSegmentEnd

from omnitalker.base.errors import InputError
from omnitalker.hosts.joint import JointVoice
from omnitalker.hosts.livekit_sound import OmniTalkerSoundVideo

if TYPE_CHECKING:
    from omnitalker.live.performer import Performer

pytestmark = pytest.mark.usefixtures("no_leaks")


def frames_of(seconds: float, size: int = 1200) -> tuple[bytes, list[rtc.AudioFrame]]:
    samples = np.random.default_rng(0).integers(-9000, 9000, int(24000 * seconds)).astype(np.int16)
    whole = samples.tobytes()
    parts = [whole[at : at + 2 * size] for at in range(0, len(whole), 2 * size)]
    return whole, [rtc.AudioFrame(part, 24_000, 1, len(part) // 2) for part in parts]


def test_any_voice_comes_back_with_a_picture_before_each_40_ms(performer: Performer) -> None:
    async def talk() -> None:
        video = OmniTalkerSoundVideo(JointVoice(performer))
        whole, frames = frames_of(0.6)
        for frame in frames:
            await video.push_audio(frame)
        await video.push_audio(AudioSegmentEnd())
        got: list[object] = []
        async for item in video:
            if got or not isinstance(item, rtc.VideoFrame) or video._reply is None:
                got.append(item)
            if isinstance(item, AudioSegmentEnd):
                break
        sounds = [item for item in got if isinstance(item, rtc.AudioFrame)]
        assert b"".join(bytes(frame.data) for frame in sounds)[: len(whole)] == whole
        first = next(i for i, item in enumerate(got) if isinstance(item, rtc.AudioFrame))
        kinds = [type(item) for item in got[first - 1 : -1]]
        assert kinds == [rtc.VideoFrame, rtc.AudioFrame] * (len(kinds) // 2)
        await video.aclose()

    asyncio.run(asyncio.wait_for(talk(), 60))


def test_after_an_interruption_nothing_old_is_heard(performer: Performer) -> None:
    async def talk() -> None:
        video = OmniTalkerSoundVideo(JointVoice(performer))
        for frame in frames_of(4.0)[1]:
            await video.push_audio(frame)
        stream = video.__aiter__()
        while not isinstance(await stream.__anext__(), rtc.AudioFrame):
            pass
        video.clear_buffer()
        after = [await stream.__anext__() for _ in range(10)]
        assert all(isinstance(item, rtc.VideoFrame) for item in after)
        await stream.aclose()
        await video.aclose()

    asyncio.run(asyncio.wait_for(talk(), 60))


def test_another_rate_is_told(performer: Performer) -> None:
    async def talk() -> None:
        video = OmniTalkerSoundVideo(JointVoice(performer))
        with pytest.raises(InputError, match="16000 Hz"):
            await video.push_audio(rtc.AudioFrame(b"\0" * 640, 16_000, 1, 320))

    asyncio.run(talk())
