from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

pytest.importorskip("livekit.agents")
from livekit import rtc
from livekit.agents.voice.avatar import AudioSegmentEnd

from omnitalker.hosts.joint import JointVoice
from omnitalker.hosts.livekit import Film, OmniTalkerTTS, OmniTalkerVideo

if TYPE_CHECKING:
    from omnitalker.live.performer import Performer

pytestmark = pytest.mark.usefixtures("no_leaks")


async def spoken(voice: OmniTalkerTTS, *deltas: str) -> list[rtc.AudioFrame]:
    """What LiveKit hears, in whatever portions it makes of it."""
    async with voice.stream() as stream:
        for delta in deltas:
            stream.push_text(delta)
        stream.end_input()
        return [event.frame async for event in stream]


async def watched(video: OmniTalkerVideo, count: int) -> list[object]:
    got = []
    async for item in video:
        got.append(item)
        if len(got) == count or isinstance(item, AudioSegmentEnd):
            break
    return got


def test_sound_finds_its_pictures_again_however_it_was_cut(performer: Performer) -> None:
    async def talk() -> None:
        film = Film()
        voice = OmniTalkerTTS(JointVoice(performer), film)
        sound = await spoken(voice, "Hello the", "re, my friend. ", "How are you?")
        whole = b"".join(bytes(frame.data) for frame in sound)
        assert len(whole) == 1920 * len(film)
        pictures = [picture.tobytes() for _, picture in film._pictures]
        video = OmniTalkerVideo(voice.voice, film)
        for at in range(0, len(whole), 1000):
            piece = whole[at : at + 1000]
            await video.push_audio(rtc.AudioFrame(piece, 24_000, 1, len(piece) // 2))
        await video.push_audio(AudioSegmentEnd())
        got = await watched(video, 10_000)
        assert isinstance(got[-1], AudioSegmentEnd)
        assert b"".join(bytes(frame.data) for frame in got[1:-1:2]) == whole
        assert [bytes(frame.data) for frame in got[:-1:2]] == pictures

    asyncio.run(asyncio.wait_for(talk(), 60))


def test_after_an_interruption_old_pictures_are_gone(performer: Performer) -> None:
    async def talk() -> None:
        film = Film()
        voice = OmniTalkerTTS(JointVoice(performer), film)
        video = OmniTalkerVideo(voice.voice, film)
        sound = await spoken(voice, "One two three four five.")
        for frame in sound:
            await video.push_audio(frame)
        await watched(video, 6)
        video.clear_buffer()
        assert len(film) == 0
        idle = await asyncio.wait_for(watched(video, 3), 10)
        assert all(isinstance(item, rtc.VideoFrame) for item in idle)

    asyncio.run(asyncio.wait_for(talk(), 60))


def test_the_plain_voice_without_streaming(performer: Performer) -> None:
    async def talk() -> float:
        voice = OmniTalkerTTS(JointVoice(performer))
        async with voice.synthesize("Hello there.") as stream:
            return (await stream.collect()).duration

    assert asyncio.run(asyncio.wait_for(talk(), 60)) > 0.3
