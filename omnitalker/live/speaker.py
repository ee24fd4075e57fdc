"""The replies of a session: text goes to the open one, a thread of its own makes the speech of each.

Replies are spoken in order. Speech is offered to the mixer, which makes the threads wait while enough is ready.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from omnitalker.base.types import FloatArray, Manner
from omnitalker.live.mixer import Mixer
from omnitalker.live.performer import Performer
from omnitalker.live.reply import Reply, ReplySettings
from omnitalker.live.sound import SoundReply

log = logging.getLogger(__name__)

Trouble = Callable[[int, Exception | None], object]
"""Called with a reply's number and what went wrong; None = it held nothing to say."""


class Speaker:
    """Methods return at once and may be called from any thread."""

    def __init__(
        self, performer: Performer, mixer: Mixer, settings: ReplySettings, trouble: Trouble
    ) -> None:
        self._performer = performer
        self._mixer = mixer
        self._settings = settings
        self._trouble = trouble
        self._lock = threading.Lock()
        self._open: Reply | None = None
        self._replies: list[tuple[Reply, threading.Thread]] = []
        self._is_closed = False
        self.count = 0

    @property
    def is_busy(self) -> bool:
        """Whether speech is being made."""
        return any(thread.is_alive() for _, thread in self._replies)

    def push(self, delta: str, manner: Manner, steps: int | None) -> None:
        """More of the open reply; begins one where none is open."""
        with self._lock:
            if isinstance(self._open, SoundReply):
                self._open.end()
                self._open = None
            if self._open is None:
                self._open = self._begin(manner, steps)
            self._open.push(delta)

    def push_sound(self, samples: FloatArray, manner: Manner) -> None:
        """More of the open reply of given sound; a text that is open ends before it."""
        with self._lock:
            if not isinstance(self._open, SoundReply):
                if self._open is not None:
                    self._open.end()
                self._open = self._start(SoundReply(self._performer, self.count + 1, manner))
            assert isinstance(self._open, SoundReply)
            self._open.push_sound(samples)

    def end(self) -> None:
        with self._lock:
            if self._open is not None:
                self._open.end()
                self._open = None

    def say(self, text: str, manner: Manner, steps: int | None) -> None:
        """A whole reply, after those before it."""
        self.end()
        with self._lock:
            reply = self._begin(manner, steps)
        reply.push(text)
        reply.end()

    def cancel(self) -> bool:
        """Stop everything, in the mixer as well; True where there was something to stop."""
        with self._lock:
            was_speaking = self._mixer.interrupt()
            pending = any(t.is_alive() and not r.is_cancelled for r, t in self._replies)
            for reply, _ in self._replies:
                reply.cancel()
            self._open = None
        return was_speaking or pending

    def close(self) -> None:
        """Cancel and wait until every thread has ended."""
        with self._lock:
            self._is_closed = True
        self.cancel()
        for _, thread in self._replies:
            thread.join()
        self._replies = []

    def first_clause_at(self, number: int) -> float | None:
        """When the first clause of a reply was certain, on `time.monotonic`'s clock."""
        found = (reply for reply, _ in self._replies if reply.number == number)
        return next((reply.first_clause_at for reply in found), None)

    def _begin(self, manner: Manner, steps: int | None) -> Reply:
        """A new reply and its thread. The lock is held."""
        reply = Reply(self._performer, self.count + 1, manner, self._settings, steps=steps)
        return self._start(reply)

    def _start(self, reply: Reply) -> Reply:
        """The thread of a reply. The lock is held."""
        self.count += 1
        if self._is_closed:
            reply.cancel()
            return reply
        self._replies = [(r, t) for r, t in self._replies if t.is_alive()]
        before = [thread for reply, thread in self._replies if not reply.is_cancelled]
        thread = threading.Thread(
            target=self._speak,
            args=(reply, self._mixer.generation, before[-1] if before else None),
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
                if not self._mixer.offer(generation, reply, frame):
                    break
            if is_silent and generation == self._mixer.generation:
                self._trouble(reply.number, None)
        except Exception as error:
            log.exception("reply %d failed", reply.number)
            self._trouble(reply.number, error)
        finally:
            frames.close()
