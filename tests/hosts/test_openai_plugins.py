"""The hosts' own OpenAI plug-ins, each against a real server of ours."""

from __future__ import annotations

import asyncio

import pytest


@pytest.mark.parametrize(
    ("model", "response_format"), [("gpt-4o-mini-tts", "mp3"), ("tts-1", "pcm")]
)
def test_livekits_openai_voice(address: str, key: str, model: str, response_format: str) -> None:
    """`gpt-4o-mini-tts` asks for server-sent events, `tts-1` for the plain sound."""
    openai = pytest.importorskip("livekit.plugins.openai")

    async def speak() -> float:
        voice = openai.TTS(
            base_url=f"http://{address}/v1", api_key=key, voice="ada", model=model,
            response_format=response_format,
        )  # fmt: skip
        try:
            async with voice.synthesize("Hello there.") as stream:
                return float((await stream.collect()).duration)
        finally:
            await voice.aclose()

    seconds = asyncio.run(asyncio.wait_for(speak(), 120))
    assert 0.3 < seconds < 10


def test_pipecats_openai_service(address: str, key: str) -> None:
    pytest.importorskip("pipecat")
    from pipecat.frames.frames import ErrorFrame, TTSAudioRawFrame, TTSSpeakFrame
    from pipecat.services.openai.tts import OpenAITTSService
    from pipecat.tests.utils import SleepFrame, run_test

    async def speak() -> list[object]:
        service = OpenAITTSService(
            api_key=key, base_url=f"http://{address}/v1", sample_rate=24_000,
            settings=OpenAITTSService.Settings(voice="alloy", model="omnitalker"),
        )  # fmt: skip
        down, up = await run_test(
            service, frames_to_send=[TTSSpeakFrame("Hello there."), SleepFrame(4.0)]
        )
        return [*down, *up]

    frames = asyncio.run(asyncio.wait_for(speak(), 120))
    assert not [frame for frame in frames if isinstance(frame, ErrorFrame)]
    sound = b"".join(frame.audio for frame in frames if isinstance(frame, TTSAudioRawFrame))
    assert 0.3 < len(sound) / 48_000 < 10
