"""LiveKit Agents with any voice: a VideoGenerator that gives the agent's own sound a face.

    AvatarRunner(room, audio_recv=QueueAudioOutput(sample_rate=24000), video_gen=OmniTalkerSoundVideo(voice), options=...)

Whatever TTS the agent uses; it needs not live in this process. See docs/hosts/livekit.md.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import numpy as np

from omnitalker.audio.pcm import from_int16
from omnitalker.base import timeline
from omnitalker.base.errors import MissingExtra
from omnitalker.hosts.joint import JointVoice, Piece
from omnitalker.hosts.livekit_media import audio_of, check_sound, options_of, video_of
from omnitalker.live.sound import SoundReply

try:
    from livekit import rtc
    from livekit.agents.voice.avatar import AudioSegmentEnd, AvatarOptions, VideoGenerator
except ImportError as error:
    raise MissingExtra("livekit-agents", "livekit", "the LiveKit plug-in") from error


class OmniTalkerSoundVideo(VideoGenerator):
    """One per user; 0.28 s behind the sound that it is given."""

    def __init__(self, voice: JointVoice) -> None:
        self._voice = voice
        self._reply: SoundReply | None = None
        self._drawing: asyncio.Task[None] | None = None
        self._out: asyncio.Queue[tuple[int, Piece | None]] = asyncio.Queue()
        self._generation = 0

    @property
    def options(self) -> AvatarOptions:
        return options_of(self._voice)

    async def push_audio(self, frame: rtc.AudioFrame | AudioSegmentEnd) -> None:
        if isinstance(frame, AudioSegmentEnd):
            if self._reply is not None:
                self._reply.end()
                self._reply = None
            else:
                self._out.put_nowait((self._generation, None))
            return
        check_sound(frame)
        if self._reply is None:
            self._reply = self._voice.sound_reply()
            self._drawing = asyncio.create_task(
                self._draw(self._reply, self._generation, self._drawing)
            )
        self._reply.push_sound(from_int16(np.frombuffer(bytes(frame.data), np.int16)))

    def clear_buffer(self) -> None:
        """What was sent is not said any more."""
        self._generation += 1
        if self._reply is not None:
            self._reply.cancel()
            self._reply = None
        if self._drawing is not None:
            self._drawing.cancel()
        while not self._out.empty():
            self._out.get_nowait()

    async def aclose(self) -> None:
        self.clear_buffer()
        if self._drawing is not None:
            await asyncio.gather(self._drawing, return_exceptions=True)

    async def _draw(
        self, reply: SoundReply, generation: int, before: asyncio.Task[None] | None
    ) -> None:
        """Pieces of one segment, after those of the segment before it; None ends them."""
        if before is not None:
            await asyncio.gather(before, return_exceptions=True)
        pieces = self._voice.pieces(reply)
        try:
            async for piece in pieces:
                self._out.put_nowait((generation, piece))
            self._out.put_nowait((generation, None))
        finally:
            await pieces.aclose()

    async def __aiter__(self) -> AsyncIterator[rtc.VideoFrame | rtc.AudioFrame | AudioSegmentEnd]:
        """A picture, then its sound; pictures of listening where there is no sound."""
        while True:
            try:
                generation, piece = await asyncio.wait_for(self._out.get(), 1 / timeline.VIDEO_FPS)
            except asyncio.TimeoutError:
                if self._reply is None and (self._drawing is None or self._drawing.done()):
                    yield video_of(await asyncio.to_thread(self._voice.idle_picture))
                continue
            if generation != self._generation:
                continue
            if piece is None:
                yield AudioSegmentEnd()
                continue
            yield video_of(piece.picture)
            if generation == self._generation:
                yield audio_of(piece.sound)
