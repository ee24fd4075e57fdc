"""Pipecat with any voice: a processor after the TTS that gives its sound a face.

    pipeline = Pipeline([transport.input(), stt, context.user(), llm, tts,
                         OmniTalkerFace(JointVoice(performer)), transport.output(), context.assistant()])

See docs/hosts/pipecat.md for the transport's settings.
"""

from __future__ import annotations

import asyncio
from typing import Any

import numpy as np

from omnitalker.audio.pcm import from_int16
from omnitalker.audio.resample import resample
from omnitalker.base import timeline
from omnitalker.base.errors import MissingExtra
from omnitalker.hosts.joint import JointVoice
from omnitalker.live.sound import SoundReply

try:
    from pipecat.frames.frames import (
        CancelFrame,
        EndFrame,
        Frame,
        InterruptionFrame,
        OutputImageRawFrame,
        TTSAudioRawFrame,
        TTSStoppedFrame,
    )
    from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
except ImportError as error:
    raise MissingExtra("pipecat-ai", "pipecat", "the Pipecat service") from error


class OmniTalkerFace(FrameProcessor):
    """One per user. Swallows the sound of the TTS and sends it on 0.28 s later, each 40 ms after its picture."""

    def __init__(self, voice: JointVoice, **options: Any) -> None:
        super().__init__(**options)
        self._joint = voice
        self._reply: SoundReply | None = None
        self._sending: asyncio.Task[None] | None = None

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        await super().process_frame(frame, direction)
        if isinstance(frame, TTSAudioRawFrame):
            self._push(frame)
            return
        if isinstance(frame, TTSStoppedFrame) and self._reply is not None:
            self._reply.end()
            self._reply = None
            if self._sending is not None:
                await asyncio.gather(self._sending, return_exceptions=True)
        elif isinstance(frame, InterruptionFrame | CancelFrame | EndFrame):
            await self._break_off()
        await self.push_frame(frame, direction)

    async def cleanup(self) -> None:
        await self._break_off()
        await super().cleanup()

    def _push(self, frame: TTSAudioRawFrame) -> None:
        samples = np.frombuffer(frame.audio, np.int16).reshape(-1, frame.num_channels)
        sound = from_int16(samples[:, 0])
        if frame.sample_rate != timeline.SAMPLE_RATE:
            sound = resample(sound, frame.sample_rate, timeline.SAMPLE_RATE)
        if self._reply is None:
            self._reply = self._joint.sound_reply()
            self._sending = self.create_task(self._send(self._reply, frame.context_id))
        self._reply.push_sound(sound)

    async def _send(self, reply: SoundReply, context_id: str | None) -> None:
        pieces = self._joint.pieces(reply)
        try:
            async for piece in pieces:
                image = OutputImageRawFrame(piece.picture.tobytes(), self._joint.size, "RGB")
                image.sync_with_audio = True
                await self.push_frame(image)
                await self.push_frame(
                    TTSAudioRawFrame(piece.sound, timeline.SAMPLE_RATE, 1, context_id=context_id)
                )
        finally:
            await pieces.aclose()

    async def _break_off(self) -> None:
        if self._reply is not None:
            self._reply.cancel()
            self._reply = None
        if self._sending is not None:
            await self.cancel_task(self._sending)
            self._sending = None
