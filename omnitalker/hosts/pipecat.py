"""Pipecat: a TTS service whose every 40 ms of sound comes with its picture.

    pipeline = Pipeline([transport.input(), stt, context.user(), llm,
                         OmniTalkerService(JointVoice(performer)), transport.output(), context.assistant()])

See docs/hosts/pipecat.md for the transport's settings.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

from omnitalker.base import timeline
from omnitalker.base.errors import MissingExtra
from omnitalker.base.types import Frame as Picture
from omnitalker.hosts.joint import JointVoice

try:
    from pipecat.frames.frames import (
        BotStartedSpeakingFrame,
        BotStoppedSpeakingFrame,
        CancelFrame,
        EndFrame,
        Frame,
        OutputImageRawFrame,
        StartFrame,
        TTSAudioRawFrame,
    )
    from pipecat.processors.frame_processor import FrameDirection
    from pipecat.services.settings import TTSSettings
    from pipecat.services.tts_service import TTSService
except ImportError as error:
    raise MissingExtra("pipecat-ai", "pipecat", "the Pipecat service") from error


class OmniTalkerService(TTSService):
    """One per user. Between replies it shows a listening face, unless `idle` is off."""

    def __init__(self, voice: JointVoice, *, idle: bool = True, **options: Any) -> None:
        options.setdefault(
            "settings", TTSSettings(model="omnitalker", voice=voice.performer.name, language=None)
        )
        super().__init__(
            sample_rate=timeline.SAMPLE_RATE,
            push_start_frame=True,
            push_stop_frames=True,
            # Emoji and code have no sound, which is no reason to give up.
            max_consecutive_zero_audio_contexts=0,
            **options,
        )
        self._joint = voice
        self._shows_idle = idle
        self._bot_speaks = False
        self._making = 0
        self._idle_task: asyncio.Task[None] | None = None

    async def start(self, frame: StartFrame) -> None:
        await super().start(frame)
        if self._shows_idle:
            self._idle_task = self.create_task(self._idle())

    async def stop(self, frame: EndFrame) -> None:
        await self._stop_idle()
        await super().stop(frame)

    async def cancel(self, frame: CancelFrame) -> None:
        await self._stop_idle()
        await super().cancel(frame)

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        if isinstance(frame, BotStartedSpeakingFrame):
            self._bot_speaks = True
        elif isinstance(frame, BotStoppedSpeakingFrame):
            self._bot_speaks = False
        await super().process_frame(frame, direction)

    async def run_tts(self, text: str, context_id: str) -> AsyncGenerator[Frame | None, None]:
        """A picture, then its 40 ms of sound, and so on. An interruption cancels this generator."""
        reply = self._joint.reply()
        reply.push(text)
        reply.end()
        self._making += 1
        pieces = self._joint.pieces(reply)
        try:
            async for piece in pieces:
                yield self._image(piece.picture, in_step=True)
                yield TTSAudioRawFrame(piece.sound, timeline.SAMPLE_RATE, 1, context_id=context_id)
        finally:
            self._making -= 1
            await pieces.aclose()

    async def _idle(self) -> None:
        """25 pictures a second while nothing is said; the transport plays sound on its own clock."""
        loop = asyncio.get_running_loop()
        beat = loop.time()
        while True:
            beat = max(beat + 1 / timeline.VIDEO_FPS, loop.time())
            await asyncio.sleep(beat - loop.time())
            if self._making or self._bot_speaks:
                continue
            picture = await asyncio.to_thread(self._joint.idle_picture)
            if not self._making:
                await self.push_frame(self._image(picture, in_step=False))

    async def _stop_idle(self) -> None:
        if self._idle_task is not None:
            await self.cancel_task(self._idle_task)
            self._idle_task = None

    def _image(self, picture: Picture, *, in_step: bool) -> OutputImageRawFrame:
        frame = OutputImageRawFrame(picture.tobytes(), self._joint.size, "RGB")
        frame.sync_with_audio = in_step
        return frame
