"""Decides what is heard and seen in every 40 ms: speech where there is some, a listening face where not.

    reply threads ── offer(generation, frame) ──> speech ─┐
                                                          ├─> take() -> Moment, without a jump of the face
    idle loop ────────────────────────────────────────────┘

Interrupting raises the generation: frames of an older one are dropped wherever they are.
How the face goes from one to the other is `FaceTrack`'s. Knows no time and no pictures: it can be tested frame by frame.
"""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np

from omnitalker.base import timeline
from omnitalker.base.types import FloatArray, TimedWord
from omnitalker.live.face_track import TO_SPEECH_FRAMES, FaceTrack
from omnitalker.live.reply import Reply, SpeechFrame

SILENCE: FloatArray = np.zeros(timeline.SAMPLES_PER_VIDEO_FRAME, np.float32)
SILENCE.setflags(write=False)
INAUDIBLE = 1e-3
_FADE: FloatArray = np.cos(np.linspace(0, np.pi / 2, 121, dtype=np.float32)[1:]) ** 2
"""(120,), 5 ms."""
AHEAD_FRAMES = 75
"""How much speech may wait to be played: more only delays what an interruption throws away."""
RESUME_FRAMES = 10
"""After running dry in mid-reply, so much must be there before it goes on, and twice as much the next time: one
pause, not ten."""
MOST_RESUME_FRAMES = AHEAD_FRAMES - 10
SHORT_FRAMES = 12
"""With less speech than this ready, the machine is hardly keeping up."""


@dataclass(frozen=True)
class Moment:
    """40 ms without its picture."""

    samples: FloatArray
    motion: FloatArray
    reply: int = 0
    words: tuple[TimedWord, ...] = ()
    speech_time: float = 0.0
    is_idle: bool = True
    is_first: bool = False
    is_last: bool = False


@dataclass(frozen=True)
class _Item:
    reply: Reply
    frame: SpeechFrame


class Mixer:
    """`offer` blocks while enough is waiting; `take` never blocks."""

    def __init__(self, idle: FloatArray) -> None:
        self._changed = threading.Condition()
        self._speech: deque[_Item] = deque()
        self._generation = 0
        self._face = FaceTrack(idle)
        self._speaking: Reply | None = None
        self._begun: Reply | None = None
        self._dry: Reply | None = None
        self._pauses = 0
        """Of the present reply, which ran dry so often."""
        self._last_sample = 0.0
        self._was_idle = True
        self.has_news = threading.Event()
        """Set while speech waits to begin, or has been broken off: the next frame need not wait for the beat."""
        self.dropped = 0
        self.starved = 0

    @property
    def generation(self) -> int:
        return self._generation

    @property
    def waiting(self) -> int:
        """Frames of speech that are ready."""
        return len(self._speech)

    @property
    def is_short(self) -> bool:
        """Whether sound that is being played may soon run out, though its text is there."""
        speaking = self._speaking
        if speaking is None or speaking.waits_for_text or len(self._speech) >= SHORT_FRAMES:
            return False
        return not (self._speech and self._speech[-1].frame.is_last)

    @property
    def is_speaking(self) -> bool:
        return self._speaking is not None or bool(self._speech)

    def offer(self, generation: int, reply: Reply, frame: SpeechFrame) -> bool:
        """Queue a frame of speech; False when its generation is over."""
        with self._changed:
            while generation == self._generation and len(self._speech) >= AHEAD_FRAMES:
                self._changed.wait()
            if generation != self._generation:
                self.dropped += 1
                return False
            self._speech.append(_Item(reply, frame))
            if self._speaking is None and self._may_begin(self._speech[0].reply):
                self.has_news.set()
            return True

    def interrupt(self) -> bool:
        """Drop all speech and close the mouth; True when something was being said or waiting."""
        with self._changed:
            self._generation += 1
            was_speaking = self._speaking is not None or bool(self._speech)
            self.dropped += len(self._speech)
            self._speech.clear()
            self.has_news.clear()
            self._dry = None
            if self._speaking is not None:
                self._speaking = None
                self._face.shut()
                self.has_news.set()
            self._changed.notify_all()
            return was_speaking

    def set_idle(self, idle: FloatArray) -> None:
        """Another way of listening, joined to the present one."""
        with self._changed:
            self._face.set_idle(idle)

    def nod(self) -> None:
        """A small nod on top of whatever the head does."""
        with self._changed:
            self._face.nod()

    def coming(self, count: int) -> list[FloatArray]:
        """What will be shown next if nobody speaks."""
        with self._changed:
            return self._face.coming(count)

    def take(self) -> Moment:
        """The next 40 ms."""
        with self._changed:
            self.has_news.clear()
            moment = self._take_speech() or Moment(SILENCE, self._face.listen())
            self._changed.notify_all()
            return self._without_click(moment)

    def _without_click(self, moment: Moment) -> Moment:
        """Sound that breaks off in the middle of a wave dies away, and that goes on in one grows."""
        before, self._last_sample = self._last_sample, float(moment.samples[-1])
        was_idle, self._was_idle = self._was_idle, moment.is_idle
        count = len(_FADE)
        if moment.is_idle and abs(before) > INAUDIBLE:
            samples = SILENCE.copy()
            samples[:count] = before * _FADE
        elif was_idle and not moment.is_idle:
            samples = moment.samples.copy()
            samples[:count] *= _FADE[::-1]
        else:
            return moment
        return replace(moment, samples=samples)

    def _take_speech(self) -> Moment | None:
        if not self._speech:
            if self._speaking is not None:
                self._note_shortage(self._speaking)
                self._speaking = None
                self._face.end()
            return None
        item = self._speech[0]
        if self._speaking is None:
            if not self._may_begin(item.reply):
                return None
            ready = islice(self._speech, 1 + TO_SPEECH_FRAMES)
            self._face.begin([waiting.frame.motion for waiting in ready])
        self._speech.popleft()
        motion = self._face.speak(item.frame.motion)
        is_first = item.reply is not self._begun
        if is_first:
            self._pauses = 0
        self._speaking = self._begun = item.reply
        self._dry = None
        if item.frame.is_last:
            self._speaking = None
            if not self._speech:
                self._face.end()
        frame = item.frame
        return Moment(
            frame.samples, motion, item.reply.number, frame.words, frame.time,
            is_idle=False, is_first=is_first, is_last=frame.is_last,
        )  # fmt: skip

    def _note_shortage(self, reply: Reply) -> None:
        """Waiting for text is a pause; waiting for ourselves is a fault worth counting."""
        self._dry = reply
        if not reply.waits_for_text:
            self.starved += 1
            self._pauses += 1

    def _may_begin(self, reply: Reply) -> bool:
        """A slow machine begins later rather than running dry, and after that later still."""
        needed = 1
        if reply is self._dry:
            more = RESUME_FRAMES * 2 ** max(0, self._pauses - 1)
            needed = min(max(reply.lead_frames, more), MOST_RESUME_FRAMES)
        elif reply is not self._begun:
            needed = reply.lead_frames
        if len(self._speech) >= needed or any(item.frame.is_last for item in self._speech):
            return True
        return reply.waits_for_text and reply is not self._dry
