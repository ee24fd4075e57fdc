"""Speech with its pictures for hosts that keep the time themselves: as fast as it is made, 40 ms a piece."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterator
from dataclasses import dataclass

from omnitalker.audio.pcm import pcm_bytes
from omnitalker.base import timeline
from omnitalker.base.prefetch import Prefetch
from omnitalker.base.types import FloatArray, Frame, Manner, Renderer, RenderMemory, TimedWord
from omnitalker.live.face_track import FaceTrack
from omnitalker.live.performer import Performer
from omnitalker.live.reply import Reply
from omnitalker.live.sound import SoundReply
from omnitalker.marks.picture import marked

AHEAD_FRAMES = 50


@dataclass(frozen=True)
class Piece:
    """40 ms: 960 samples of 16-bit sound and their picture."""

    sound: bytes
    picture: Frame
    words: tuple[TimedWord, ...]
    is_last: bool


class JointVoice:
    """The avatar of one user in such a host: replies one after the other, idle pictures in between."""

    def __init__(self, performer: Performer, manner: Manner | None = None) -> None:
        """`manner`: None = as the character is from the outset."""
        self.performer = performer
        self.manner: Manner = manner or performer.manner
        self._renderer: Renderer = performer.make_renderer(performer.size)
        self._memory = RenderMemory()
        self._face = FaceTrack(performer.idle(self.manner))
        self._replies = 0
        self._drawn_frames = 0

    @property
    def size(self) -> tuple[int, int]:
        return self._renderer.size

    def reply(self) -> Reply:
        """A reply to push text into; `pieces` speaks it."""
        self._replies += 1
        return Reply(self.performer, self._replies, self.manner)

    def sound_reply(self) -> SoundReply:
        """A reply to push the host's own sound into; `pieces` gives it its pictures."""
        self._replies += 1
        return SoundReply(self.performer, self._replies, self.manner)

    async def pieces(self, reply: Reply) -> AsyncGenerator[Piece, None]:
        """Safe to abandon at any moment; the reply is cancelled then."""
        made = Prefetch(self._drawn(reply), AHEAD_FRAMES, "omnitalker-joint")
        pieces = iter(made)
        try:
            while (piece := await asyncio.to_thread(next, pieces, None)) is not None:
                yield piece
        finally:
            reply.cancel()
            await asyncio.shield(asyncio.to_thread(made.close))

    def idle_picture(self) -> Frame:
        """The next picture of listening, joined to what was last shown."""
        return self._draw(self._face.listen())

    def _drawn(self, reply: Reply) -> Iterator[Piece]:
        for number, frame in enumerate(reply.frames()):
            if number == 0:
                self._face.begin([frame.motion])
            picture = self._draw(self._face.speak(frame.motion))
            yield Piece(pcm_bytes(frame.samples), picture, frame.words, frame.is_last)

    def _draw(self, motion: FloatArray) -> Frame:
        self._drawn_frames += 1
        seconds = timeline.video_frames_to_seconds(self._drawn_frames)
        return marked(self._renderer.frame(motion, self._memory), float(seconds))
