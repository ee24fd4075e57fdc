"""A live avatar: text in at any moment, 25 frames a second of sound and picture out, for as long as it is open.

    session = AvatarSession(performer)
    async with session:
        session.push_text("Hello "); session.push_text("there."); session.end_text()
        async for chunk in session: ...

One thread keeps the beat (`_keep_time`), one thread per reply makes speech ahead of it. All methods return
at once and may be called from any thread.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Literal

from omnitalker import timeline
from omnitalker.dialogue.mixer import Mixer, Moment
from omnitalker.dialogue.outlet import Outlet
from omnitalker.dialogue.pacer import Pacer
from omnitalker.dialogue.performer import Performer
from omnitalker.dialogue.picture import PictureMaker
from omnitalker.dialogue.reply import Reply, ReplySettings
from omnitalker.errors import InputError
from omnitalker.request import Manner
from omnitalker.types import AVChunk, Frame

log = logging.getLogger(__name__)

EventKind = Literal["speech_started", "speech_ended", "interrupted", "manner", "quality", "error"]
Subscriber = Callable[[AVChunk], object]
Listener = Callable[["SessionEvent"], object]


@dataclass(frozen=True)
class SessionEvent:
    """`time` counts in seconds on the session's own clock, that of its chunks."""

    kind: EventKind
    time: float
    utterance: int = 0
    detail: str = ""


@dataclass(frozen=True)
class SessionSettings:
    size: int | None = None
    """Side of the picture; None = the performer's own. 0 = no pictures, sound and motion only."""
    outlet_frames: int = 50
    """A reader that is further behind than this makes the avatar wait for it."""
    adapt: bool = True
    """Lower the quality of the picture where the machine is too slow."""
    reply: ReplySettings = field(default_factory=ReplySettings)


@dataclass
class SessionStats:
    """Counters since the session began."""

    frames: int = 0
    speech_frames: int = 0
    replies: int = 0
    interruptions: int = 0
    held_back: int = 0
    """Beats on which a reader was too far behind."""
    first_chunk_seconds: deque[float] = field(default_factory=lambda: deque(maxlen=1000))
    """First clause of text to first playable chunk, reply by reply."""


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
        self.manner: Manner = "neutral"
        size = performer.size if self.settings.size is None else self.settings.size
        self.pictures = (
            PictureMaker(performer.make_renderer, size, adapt=self.settings.adapt) if size else None
        )
        self.mixer = Mixer(performer.idle(self.manner))
        self.pacer = pacer or Pacer()
        self._lock = threading.Lock()
        self._open_reply: Reply | None = None
        self._replies: list[tuple[Reply, threading.Thread]] = []
        self._subscribers: list[Subscriber] = []
        self._listeners: list[Listener] = []
        self._outlets: list[Outlet[AVChunk]] = []
        self._closed = threading.Event()
        self._speech_start = 0.0
        self._thread = threading.Thread(
            target=self._keep_time, name="omnitalker-session", daemon=True
        )

    def push_text(self, delta: str) -> None:
        """More of the current reply; the first text after `end_text` begins a new one."""
        self._check_open()
        if not delta:
            return
        with self._lock:
            if self._open_reply is None:
                self._open_reply = self._begin()
            self._open_reply.push(delta)

    def end_text(self) -> None:
        """The current reply is complete."""
        with self._lock:
            if self._open_reply is not None:
                self._open_reply.end()
                self._open_reply = None

    def say(self, text: str, manner: Manner | None = None) -> None:
        """A whole reply at once, after whatever is being said."""
        with self._lock:
            if self._open_reply is not None:
                self._open_reply.end()
            reply = self._begin(manner)
            self._open_reply = None
        reply.push(text)
        reply.end()

    def interrupt(self) -> None:
        """Fall silent now: at most the frame that is on its way is still old speech."""
        with self._lock:
            was_speaking = self.mixer.interrupt()
            pending = any(t.is_alive() and not r.is_cancelled for r, t in self._replies)
            for reply, _ in self._replies:
                reply.cancel()
            self._open_reply = None
            for outlet in self._outlets:
                outlet.clear()
        if was_speaking or pending:
            self.stats.interruptions += 1
            self._tell("interrupted")

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
        return self.mixer.is_speaking or any(thread.is_alive() for _, thread in self._replies)

    @property
    def time(self) -> float:
        """Seconds of sound and picture delivered."""
        return float(timeline.video_frames_to_seconds(self.stats.frames))

    def subscribe(self, subscriber: Subscriber) -> Callable[[], None]:
        """Called with every chunk from the session's own thread; returns what ends the subscription."""
        self._subscribers.append(subscriber)
        return lambda: self._subscribers.remove(subscriber)

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Called with every event, from whichever thread it happens in."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def open_outlet(self) -> Outlet[AVChunk]:
        """A bounded queue of chunks for the running event loop; close it when done."""
        outlet: Outlet[AVChunk] = Outlet(self.settings.outlet_frames)
        if self._closed.is_set():
            outlet.close()
        self._outlets.append(outlet)
        return outlet

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
        self.mixer.interrupt()
        with self._lock:
            replies, self._replies, self._open_reply = self._replies, [], None
        for reply, _ in replies:
            reply.cancel()
        for outlet in self._outlets:
            outlet.close()
        for _, thread in replies:
            thread.join()
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

    def _begin(self, manner: Manner | None = None) -> Reply:
        """A new reply and its thread. The lock is held."""
        self.stats.replies += 1
        slow = self.pictures is not None and self.pictures.level >= 2
        reply = Reply(
            self.performer,
            self.stats.replies,
            manner or self.manner,
            self.settings.reply,
            steps=2 if slow else None,
        )
        self._replies = [(r, t) for r, t in self._replies if t.is_alive()]
        before = [thread for reply, thread in self._replies if not reply.is_cancelled]
        thread = threading.Thread(
            target=self._speak,
            args=(reply, self.mixer.generation, before[-1] if before else None),
            name="omnitalker-reply",
            daemon=True,
        )
        self._replies.append((reply, thread))
        thread.start()
        return reply

    def _speak(self, reply: Reply, generation: int, before: threading.Thread | None) -> None:
        """Makes one reply ahead of its playing, after the reply before it."""
        if before is not None:
            before.join()
        frames = reply.frames()
        is_silent = True
        try:
            for frame in frames:
                is_silent = False
                if not self.mixer.offer(generation, reply, frame):
                    break
            if is_silent and generation == self.mixer.generation:
                self._tell("speech_ended", reply.number, "there was nothing to say")
        except Exception as error:
            log.exception("reply %d failed", reply.number)
            self._tell("error", reply.number, str(error))
        finally:
            frames.close()

    def _keep_time(self) -> None:
        while not self._closed.is_set():
            self.pacer.wait()
            if self._is_held_back():
                self.stats.held_back += 1
                continue
            try:
                self._deliver(self.mixer.take())
            except Exception as error:
                log.exception("a frame of the session is lost")
                self._tell("error", detail=str(error))

    def _is_held_back(self) -> bool:
        """A reader that is behind stops the avatar's time; one that left is forgotten."""
        with self._lock:
            self._outlets = [outlet for outlet in self._outlets if not outlet.is_closed]
        return any(outlet.is_full for outlet in self._outlets)

    def _deliver(self, moment: Moment) -> None:
        level = self.pictures.level if self.pictures else 0
        frames: tuple[Frame, ...] = ()
        if self.pictures is not None:
            frames = (self.pictures.frame(moment.motion, self.pacer.lateness),)
        chunk = self._chunk(moment, frames)
        if moment.is_first:
            self._note_first(moment.reply)
            self._tell("speech_started", moment.reply)
        generation = self.mixer.generation
        for outlet in self._outlets:
            outlet.offer(chunk)
        for subscriber in tuple(self._subscribers):
            subscriber(chunk)
        self.stats.frames += 1
        self.stats.speech_frames += not moment.is_idle
        if moment.is_last and generation == self.mixer.generation:
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
        for reply, _ in self._replies:
            if reply.number == number and reply.first_clause_at is not None:
                self.stats.first_chunk_seconds.append(time.monotonic() - reply.first_clause_at)

    def _tell(self, kind: EventKind, utterance: int = 0, detail: str = "") -> None:
        event = SessionEvent(kind, self.time, utterance, detail)
        for listener in tuple(self._listeners):
            listener(event)

    def _check_open(self) -> None:
        if self._closed.is_set():
            raise InputError("this session is closed; open a new one")
