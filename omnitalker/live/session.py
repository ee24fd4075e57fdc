"""A live avatar: text in at any moment, 25 frames a second of sound and picture out, for as long as it is open.

    async with open_session(pipeline, "ava") as session:  # omnitalker.agent.casting
        session.push_text("Hello "); session.push_text("there."); session.end_text()
        async for chunk in session: ...

One thread keeps the beat (`_keep_time`), one thread per reply makes speech ahead of it (`speaker`). All
methods return at once and may be called from any thread.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from types import TracebackType

from omnitalker.base import timeline
from omnitalker.base.errors import InputError
from omnitalker.base.types import AVChunk, FloatArray, Frame, Manner
from omnitalker.live.delivery import Delivery
from omnitalker.live.events import (
    EventKind,
    Listener,
    SessionEvent,
    SessionSettings,
    SessionStats,
    Subscriber,
)
from omnitalker.live.mixer import Mixer, Moment
from omnitalker.live.outlet import Outlet
from omnitalker.live.pacer import Pacer
from omnitalker.live.performer import Performer
from omnitalker.live.picture import AHEAD, PictureMaker
from omnitalker.live.speaker import Speaker
from omnitalker.marks.picture import marked

__all__ = ["AvatarSession", "SessionEvent", "SessionSettings", "SessionStats"]
log = logging.getLogger(__name__)
FEWER_STEPS = 2
"""Network passes of a reply that begins while the machine is far too slow."""


class AvatarSession:
    """See the module. Begins to play when entered or when `start()` is called."""

    def __init__(
        self,
        performer: Performer,
        settings: SessionSettings | None = None,
        *,
        pacer: Pacer | None = None,
    ) -> None:
        self.performer = performer
        self.settings = settings or SessionSettings()
        self.stats = SessionStats()
        self.manner: Manner = performer.manner
        size = performer.size if self.settings.size is None else self.settings.size
        self.pictures = (
            PictureMaker(performer.make_renderer, size, adapt=self.settings.adapt) if size else None
        )
        self.mixer = Mixer(performer.idle(self.manner))
        self.pacer = pacer or Pacer()
        self._delivery = Delivery(self.settings.outlet_frames)
        self._speaker = Speaker(performer, self.mixer, self.settings.reply, self._on_trouble)
        self._silenced = 0
        """Replies up to this number were interrupted."""
        self._closed = threading.Event()
        self._thread = threading.Thread(
            target=self._keep_time, name="omnitalker-session", daemon=True
        )

    def push_text(self, delta: str) -> None:
        """More of the current reply; the first text after `end_text` begins a new one."""
        self._check_open()
        if delta:
            self._speaker.push(delta, self.manner, self._steps)

    def push_sound(self, samples: FloatArray) -> None:
        """(N,) mono at 24 kHz of a voice that the host makes: heard as it is, with our face, 0.28 s later.

        The first sound after `end_sound` begins a new reply.
        """
        self._check_open()
        if samples.ndim != 1:
            raise InputError(f"sound is one channel (N,) at 24 kHz; got {samples.shape}")
        if len(samples):
            self._speaker.push_sound(samples, self.manner)

    def end_sound(self) -> None:
        """The current reply's sound is complete."""
        self._speaker.end()

    def end_text(self) -> None:
        """The current reply is complete."""
        self._speaker.end()

    def say(self, text: str, manner: Manner | None = None) -> None:
        """A whole reply at once, after whatever is being said."""
        self._check_open()
        self._speaker.say(text, manner or self.manner, self._steps)

    def interrupt(self) -> None:
        """Fall silent now: at most the frame that is on its way is still old speech."""
        last = self._speaker.count
        was_busy = self._speaker.cancel()
        self._delivery.clear()
        if was_busy:
            self._silenced = last
            self.stats.interruptions += 1
            self._tell("interrupted", last)

    def set_manner(self, manner: Manner) -> None:
        """How the avatar listens from now on, and speaks from its next reply on."""
        idle = self.performer.idle(manner)
        self.manner = manner
        self.mixer.set_idle(idle)
        self._tell("manner", detail=manner)

    def nod(self) -> None:
        self.mixer.nod()

    @property
    def is_speaking(self) -> bool:
        """Whether something is being said or about to be."""
        return self.mixer.is_speaking or self._speaker.is_busy

    @property
    def time(self) -> float:
        """Seconds of sound and picture delivered."""
        return float(timeline.video_frames_to_seconds(self.stats.frames))

    def subscribe(self, subscriber: Subscriber) -> Callable[[], None]:
        """Called with every chunk from the session's own thread; returns what ends the subscription."""
        return self._delivery.subscribe(subscriber)

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Called with every event, from whichever thread it happens in."""
        return self._delivery.listen(listener)

    def open_outlet(self) -> Outlet[AVChunk]:
        """A bounded queue of chunks for the running event loop; close it when done."""
        return self._delivery.open_outlet()

    async def __aiter__(self) -> AsyncIterator[AVChunk]:
        outlet = self.open_outlet()
        try:
            async for chunk in outlet:
                yield chunk
        finally:
            outlet.close()

    def start(self) -> AvatarSession:
        self._thread.start()
        return self

    def close(self) -> None:
        """Stop at once and wait until every thread has ended. Closing twice does nothing."""
        self._closed.set()
        self._delivery.close()
        self._speaker.close()
        if self._thread.is_alive() and threading.current_thread() is not self._thread:
            self._thread.join()

    def __enter__(self) -> AvatarSession:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    async def __aenter__(self) -> AvatarSession:
        return self.start()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await asyncio.to_thread(self.close)

    @property
    def _steps(self) -> int | None:
        """Fewer network passes where lesser pictures did not help; None = the usual number."""
        is_slow = self.pictures is not None and self.pictures.is_at_lowest
        return FEWER_STEPS if is_slow else None

    def _keep_time(self) -> None:
        while not self._closed.is_set():
            self.pacer.wait(self.mixer.has_news)
            if self._delivery.is_held_back:
                self.stats.held_back += 1
                continue
            try:
                self._deliver(self.mixer.take())
                if self.pictures is not None and not self.is_speaking:
                    self.pictures.draw_ahead(self.mixer.coming(AHEAD), -self.pacer.lateness)
            except Exception as error:
                log.exception("a frame of the session is lost")
                self._tell("error", detail=str(error))

    def _deliver(self, moment: Moment) -> None:
        level = self.pictures.level if self.pictures else 0
        frames: tuple[Frame, ...] = ()
        if self.pictures is not None:
            self.pictures.note_sound(is_short=self.mixer.is_short)
            picture = self.pictures.frame(moment.motion, self.pacer.lateness)
            frames = (marked(picture, self.time),)
        if not moment.is_idle and moment.reply <= self._silenced:  # while its picture was drawn
            moment = replace(moment, words=(), is_first=False, is_last=False)
        chunk = self._chunk(moment, frames)
        if moment.is_first:
            self._note_first(moment.reply)
            self._tell("speech_started", moment.reply)
        self._delivery.deliver(chunk)
        self.stats.frames += 1
        self.stats.speech_frames += not moment.is_idle
        if moment.is_last:
            self._tell("speech_ended", moment.reply)
        if self.pictures is not None and self.pictures.level != level:
            self._tell("quality", detail=str(self.pictures.level))

    def _chunk(self, moment: Moment, frames: tuple[Frame, ...]) -> AVChunk:
        shift = self.time - moment.speech_time
        words = tuple(replace(w, start=w.start + shift, end=w.end + shift) for w in moment.words)
        return AVChunk(
            index=self.stats.frames,
            start=self.time,
            samples=moment.samples,
            motion=moment.motion[None],
            frames=frames,
            words=words,
            utterance=moment.reply,
            is_idle=moment.is_idle,
            is_last=moment.is_last,
        )

    def _note_first(self, number: int) -> None:
        self.stats.replies = self._speaker.count
        began = self._speaker.first_clause_at(number)
        if began is not None:
            self.stats.first_chunk_seconds.append(time.monotonic() - began)

    def _on_trouble(self, number: int, error: Exception | None) -> None:
        if error is None:
            self._tell("speech_ended", number, "there was nothing to say")
        else:
            self._tell("error", number, str(error))

    def _tell(self, kind: EventKind, utterance: int = 0, detail: str = "") -> None:
        self._delivery.tell(SessionEvent(kind, self.time, utterance, detail))

    def _check_open(self) -> None:
        if self._closed.is_set():
            raise InputError("this session is closed; open a new one")
