"""The replies of a session, spoken in order: text goes to the open one, a worker makes the speech of each.

Speech is offered to the mixer, which makes the worker wait while enough is ready. There is one worker; where an
interruption leaves it in the middle of a network pass, a second begins the next reply at once.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from omnitalker.base import timeline
from omnitalker.base.errors import InputError
from omnitalker.base.types import FloatArray, Manner
from omnitalker.live.mixer import Mixer
from omnitalker.live.performer import Performer
from omnitalker.live.reply import Reply, ReplySettings
from omnitalker.live.sound import SoundReply

log = logging.getLogger(__name__)

MOST_WORKERS = 3
MOST_REPLIES = 8
MOST_CHARACTERS = 100_000
"""Of all replies that are not finished: an hour and a half of speech."""
MOST_SOUND_SECONDS = 600
MOST_SAMPLES = timeline.seconds_to_samples(MOST_SOUND_SECONDS)

Trouble = Callable[[int, Exception | None], object]
"""Called with a reply's number and what went wrong; None = it held nothing to say."""


@dataclass
class _Task:
    reply: Reply
    generation: int
    characters: int = 0
    samples: int = 0
    """Of given sound."""

    def add(self, text: str) -> None:
        self.characters += len(text)
        self.reply.push(text)


@dataclass
class _Worker:
    """A thread with its queue."""

    thread: threading.Thread
    tasks: deque[_Task] = field(default_factory=deque)
    """The first is being made."""

    @property
    def pending(self) -> list[_Task]:
        return [task for task in self.tasks if not task.reply.is_cancelled]


class Speaker:
    """Methods return at once and may be called from any thread."""

    def __init__(
        self, performer: Performer, mixer: Mixer, settings: ReplySettings, trouble: Trouble
    ) -> None:
        self._performer = performer
        self._mixer = mixer
        self._settings = settings
        self._trouble = trouble
        self._changed = threading.Condition()
        self._open: _Task | None = None
        self._last: Reply | None = None
        self._workers: list[_Worker] = []
        self._is_closed = False
        self.count = 0

    @property
    def is_busy(self) -> bool:
        """Whether speech is being made."""
        return any(worker.tasks for worker in self._workers)

    def push(self, delta: str, manner: Manner, steps: int | None) -> None:
        """More of the open reply; begins one where none is open."""
        with self._changed:
            self._check_room(delta)
            if self._open is not None and isinstance(self._open.reply, SoundReply):
                self._end()
            if self._open is None:
                self._open = self._begin(manner, steps)
            self._open.add(delta)

    def push_sound(self, samples: FloatArray, manner: Manner) -> None:
        """More of the open reply of given sound; a text that is open ends before it."""
        with self._changed:
            open_ = self._open.reply if self._open is not None else None
            if not isinstance(open_, SoundReply):
                self._end()
                open_ = SoundReply(self._performer, self.count + 1, manner)
                self._open = self._queue(open_)
            assert self._open is not None
            self._open.samples += len(samples)
            if self._open.samples > MOST_SAMPLES:
                raise InputError(f"a reply of given sound lasts up to {MOST_SOUND_SECONDS} s")
            open_.push_sound(samples)

    def end(self) -> None:
        with self._changed:
            self._end()

    def say(self, text: str, manner: Manner, steps: int | None) -> None:
        """A whole reply, after those before it."""
        with self._changed:
            self._check_room(text)
            self._end()
            task = self._begin(manner, steps)
            task.add(text)
            task.reply.end()

    def cancel(self) -> bool:
        """Stop everything, in the mixer as well; True where there was something to stop."""
        with self._changed:
            was_speaking = self._mixer.interrupt()
            pending = [task for worker in self._workers for task in worker.pending]
            for task in pending:
                task.reply.cancel()
            self._open = None
        return was_speaking or bool(pending)

    def close(self) -> None:
        """Cancel and wait until every thread has ended."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()
        self.cancel()
        for worker in self._workers:
            worker.thread.join()
        self._workers = []

    def first_clause_at(self, number: int) -> float | None:
        """When the first clause of a reply was certain, on `time.monotonic`'s clock."""
        with self._changed:
            tasks = [task.reply for worker in self._workers for task in worker.tasks]
        found = (reply for reply in (*tasks, self._last) if reply and reply.number == number)
        return next((reply.first_clause_at for reply in found), None)

    def _begin(self, manner: Manner, steps: int | None) -> _Task:
        """A new reply in a worker's queue. The lock is held, here and below."""
        reply = Reply(self._performer, self.count + 1, manner, self._settings, steps=steps)
        return self._queue(reply)

    def _queue(self, reply: Reply) -> _Task:
        waiting = sum(len(worker.pending) for worker in self._workers)
        if waiting >= MOST_REPLIES:
            raise InputError(f"{waiting} replies wait to be spoken; wait until one has ended")
        self.count += 1
        task = _Task(reply, self._mixer.generation)
        if self._is_closed:
            reply.cancel()
            return task
        self._worker().tasks.append(task)
        self._changed.notify_all()
        return task

    def _worker(self) -> _Worker:
        """The one with replies that are still wanted, or one that is free, or a new one; else the last."""
        for worker in self._workers:
            if worker.pending:
                return worker
        for worker in self._workers:
            if not worker.tasks:
                return worker
        if len(self._workers) == MOST_WORKERS:
            return self._workers[-1]
        thread = threading.Thread(target=self._work, name="omnitalker-reply", daemon=True)
        worker = _Worker(thread)
        self._workers.append(worker)
        thread.start()
        return worker

    def _check_room(self, text: str) -> None:
        waiting = sum(t.characters for worker in self._workers for t in worker.pending)
        if waiting + len(text) > MOST_CHARACTERS:
            raise InputError(
                f"{waiting:,} characters wait to be spoken; up to {MOST_CHARACTERS:,} may wait"
            )

    def _end(self) -> None:
        if self._open is not None:
            self._open.reply.end()
            self._open = None

    def _work(self) -> None:
        """One reply after the other, ahead of their playing."""
        me = threading.current_thread()
        worker = next(worker for worker in self._workers if worker.thread is me)
        while True:
            with self._changed:
                self._changed.wait_for(lambda: worker.tasks or self._is_closed)
                if not worker.tasks:
                    return
                task = worker.tasks[0]
            self._speak(task.reply, task.generation)
            with self._changed:
                self._last = task.reply
                worker.tasks.popleft()

    def _speak(self, reply: Reply, generation: int) -> None:
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
