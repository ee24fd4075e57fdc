"""LiveKit Agents: a TTS plug-in, and a VideoGenerator that finds the picture of every 40 ms of its sound.

LiveKit hands an avatar sound, never text. So the TTS makes both, sends the sound the usual way and leaves the
pictures in a shared `Film`; when the same sound comes back to the generator, it takes them from there.
Both must live in one process. See docs/hosts/livekit.md.
"""

from __future__ import annotations

import asyncio
import uuid
from collections import deque
from collections.abc import AsyncIterator

from omnitalker.base import timeline
from omnitalker.base.errors import MissingExtra
from omnitalker.base.types import Frame
from omnitalker.hosts.joint import JointVoice
from omnitalker.hosts.livekit_media import audio_of, check_sound, options_of, video_of
from omnitalker.live.reply import Reply

try:
    from livekit import rtc
    from livekit.agents import DEFAULT_API_CONNECT_OPTIONS, APIConnectOptions, tts
    from livekit.agents.voice.avatar import AudioSegmentEnd, AvatarOptions, VideoGenerator
except ImportError as error:
    raise MissingExtra("livekit-agents", "livekit", "the LiveKit plug-in") from error

FRAME_BYTES = 2 * timeline.SAMPLES_PER_VIDEO_FRAME


class Film:
    """Pictures by the sound they belong to, first in, first out. Bounded: it forgets what is never asked."""

    def __init__(self, most: int = 120 * timeline.VIDEO_FPS) -> None:
        self._pictures: deque[tuple[bytes, Frame]] = deque(maxlen=most)

    def __len__(self) -> int:
        return len(self._pictures)

    def add(self, sound: bytes, picture: Frame) -> None:
        self._pictures.append((sound, picture))

    def take(self, sound: bytes) -> Frame | None:
        """The picture of these 40 ms; older ones were skipped by the host and are dropped."""
        for place, (known, picture) in enumerate(self._pictures):
            if known == sound:
                for _ in range(place + 1):
                    self._pictures.popleft()
                return picture
        return None

    def clear(self) -> None:
        self._pictures.clear()


class OmniTalkerTTS(tts.TTS):
    """`AgentSession(tts=OmniTalkerTTS(voice, film), ...)`. Without `film` it is a plain voice."""

    def __init__(self, voice: JointVoice, film: Film | None = None) -> None:
        super().__init__(
            capabilities=tts.TTSCapabilities(streaming=True),
            sample_rate=timeline.SAMPLE_RATE,
            num_channels=1,
        )
        self.voice = voice
        self.film = film

    def synthesize(
        self, text: str, *, conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS
    ) -> tts.ChunkedStream:
        return _Whole(tts=self, input_text=text, conn_options=conn_options)

    def stream(
        self, *, conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS
    ) -> tts.SynthesizeStream:
        return _Stream(tts=self, conn_options=conn_options)

    async def speak(self, reply: Reply, emitter: tts.AudioEmitter) -> None:
        """What is pushed into `reply`, as it is made."""
        pieces = self.voice.pieces(reply)
        try:
            async for piece in pieces:
                if self.film is not None:
                    self.film.add(piece.sound, piece.picture)
                emitter.push(piece.sound)
        finally:
            await pieces.aclose()


class _Whole(tts.ChunkedStream):
    async def _run(self, output_emitter: tts.AudioEmitter) -> None:
        owner = self._tts
        assert isinstance(owner, OmniTalkerTTS)
        _initialise(output_emitter, stream=False)
        reply = owner.voice.reply()
        reply.push(self._input_text)
        reply.end()
        await owner.speak(reply, output_emitter)
        output_emitter.flush()


class _Stream(tts.SynthesizeStream):
    """Speaks from the first clause; a flush ends a segment."""

    async def _run(self, output_emitter: tts.AudioEmitter) -> None:
        owner = self._tts
        assert isinstance(owner, OmniTalkerTTS)
        _initialise(output_emitter, stream=True)
        reply: Reply | None = None
        speaking: asyncio.Task[None] | None = None
        try:
            async for part in self._input_ch:
                if isinstance(part, str):
                    if reply is None:
                        self._mark_started()
                        output_emitter.start_segment(segment_id=uuid.uuid4().hex)
                        reply = owner.voice.reply()
                        speaking = asyncio.create_task(owner.speak(reply, output_emitter))
                    reply.push(part)
                elif reply is not None and speaking is not None:
                    reply.end()
                    await speaking
                    output_emitter.end_segment()
                    reply, speaking = None, None
        finally:
            if speaking is not None:
                speaking.cancel()
                await asyncio.gather(speaking, return_exceptions=True)


class OmniTalkerVideo(VideoGenerator):
    """For `AvatarRunner(room, audio_recv=QueueAudioOutput(sample_rate=24000), video_gen=..., options=...)`."""

    def __init__(self, voice: JointVoice, film: Film) -> None:
        self._voice = voice
        self._film = film
        self._held = b""
        self._queue: deque[bytes | AudioSegmentEnd] = deque()
        self._arrived = asyncio.Event()
        self._generation = 0

    @property
    def options(self) -> AvatarOptions:
        return options_of(self._voice)

    async def push_audio(self, frame: rtc.AudioFrame | AudioSegmentEnd) -> None:
        if isinstance(frame, AudioSegmentEnd):
            if self._held:
                self._queue.append(self._held.ljust(FRAME_BYTES, b"\0"))
                self._held = b""
            self._queue.append(frame)
        else:
            check_sound(frame)
            sound = self._held + bytes(frame.data)
            whole = len(sound) // FRAME_BYTES * FRAME_BYTES
            self._queue.extend(sound[i : i + FRAME_BYTES] for i in range(0, whole, FRAME_BYTES))
            self._held = sound[whole:]
        self._arrived.set()

    def clear_buffer(self) -> None:
        self._generation += 1
        self._queue.clear()
        self._held = b""
        self._film.clear()

    async def __aiter__(self) -> AsyncIterator[rtc.VideoFrame | rtc.AudioFrame | AudioSegmentEnd]:
        """A picture, then its sound; pictures of listening where there is no sound."""
        while True:
            if not self._queue:
                self._arrived.clear()
                try:
                    await asyncio.wait_for(self._arrived.wait(), 1 / timeline.VIDEO_FPS)
                except asyncio.TimeoutError:
                    yield video_of(await asyncio.to_thread(self._voice.idle_picture))
                continue
            item = self._queue.popleft()
            if isinstance(item, AudioSegmentEnd):
                yield item
                continue
            generation = self._generation
            picture = self._film.take(item)
            if picture is None:  # sound that is not ours, such as a recorded greeting
                picture = await asyncio.to_thread(self._voice.idle_picture)
            yield video_of(picture)
            if generation == self._generation:
                yield audio_of(item)


def _initialise(emitter: tts.AudioEmitter, *, stream: bool) -> None:
    emitter.initialize(
        request_id=uuid.uuid4().hex,
        sample_rate=timeline.SAMPLE_RATE,
        num_channels=1,
        mime_type="audio/pcm",
        frame_size_ms=40,
        stream=stream,
    )
