"""What a face does next, joined to what it did: listening in a loop, speaking, and the ways between.

Knows no time, no sound, no threads and no pictures. Motion rows are (61,).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

import numpy as np

from omnitalker.base.types import FloatArray
from omnitalker.motion.names import EXPRESSION_SLICE, POSE_SLICE
from omnitalker.motion.track.blending import close_mouth, continue_from

CLOSING_FRAMES = 4
TO_IDLE_FRAMES = 12
TO_SPEECH_FRAMES = 8
NOD_FRAMES = 14
NOD_RADIANS = 0.06


class FaceTrack:
    """`listen` and `speak` give the next row; `begin`, `end` and `shut` say where one goes over into the other."""

    def __init__(self, idle: FloatArray) -> None:
        """idle: (F, 61) a loop of listening."""
        self._idle = idle
        self._idle_at = 0
        self._shown: deque[FloatArray] = deque([idle[-2], idle[-1]], maxlen=2)
        self._bridge: deque[FloatArray] = deque()
        self._bend: deque[FloatArray] = deque()
        self._entrance: FloatArray | None = None
        self._is_speaking = False
        self._nod = 0

    def listen(self) -> FloatArray:
        if self._is_speaking:
            self.end()
        if self._bridge:
            return self._show(self._bridge.popleft())
        row = self._idle_row(self._idle_at)
        self._idle_at += 1
        return self._show(row)

    def coming(self, count: int) -> list[FloatArray]:
        """What `listen` will give next."""
        idle = (self._idle_row(self._idle_at + step) for step in range(count))
        return [*self._bridge, *idle][:count]

    def begin(self, speech: Sequence[FloatArray]) -> None:
        """Speech goes on from what is shown, however little of it is ready yet: the row about to be spoken, and on.

        After listening, its first picture is the one that would have come anyway: it may be drawn already.
        """
        shown = list(self._shown)
        if not self._is_speaking:
            self._entrance = self._bridge[0] if self._bridge else self._idle_row(self._idle_at)
            shown, speech = [shown[-1], self._entrance], speech[1:] or speech
        ready = list(speech[:TO_SPEECH_FRAMES])
        rows = np.stack(ready + [ready[-1]] * (TO_SPEECH_FRAMES - len(ready)))
        self._bend = deque(continue_from(np.stack(shown), rows, TO_SPEECH_FRAMES) - rows)
        self._bridge.clear()
        self._is_speaking = True

    def speak(self, motion: FloatArray) -> FloatArray:
        if self._entrance is not None:
            motion, self._entrance = self._entrance, None
        elif self._bend:
            motion = motion + self._bend.popleft()
            motion[EXPRESSION_SLICE] = motion[EXPRESSION_SLICE].clip(0, 1)
        return self._show(motion)

    def end(self) -> None:
        """Speech is over, or has run dry: from what is shown back to listening."""
        self._straighten()
        self._bridge_from(list(self._shown))

    def shut(self) -> None:
        """Speech is broken off: the mouth closes first."""
        closing = list(close_mouth(np.stack(list(self._shown)), CLOSING_FRAMES))
        self._straighten()
        self._bridge_from(closing[-2:])
        self._bridge.extendleft(reversed(closing))

    def set_idle(self, idle: FloatArray) -> None:
        """Another way of listening, joined to the present one."""
        self._idle, self._idle_at = idle, 0
        if not self._is_speaking:
            self._bridge_from(list(self._shown))

    def nod(self) -> None:
        """A small nod on top of whatever the head does."""
        self._nod = self._nod or NOD_FRAMES

    def _straighten(self) -> None:
        self._is_speaking = False
        self._entrance = None
        self._bend.clear()

    def _show(self, motion: FloatArray) -> FloatArray:
        self._shown.append(motion)
        if self._nod == 0:
            return motion
        phase = 1.0 - self._nod / NOD_FRAMES
        self._nod -= 1
        nodding = motion.copy()
        nodding[POSE_SLICE.start] += NOD_RADIANS * np.sin(np.pi * phase) ** 2
        return nodding

    def _bridge_from(self, shown: list[FloatArray]) -> None:
        steps = (self._idle_at + np.arange(TO_IDLE_FRAMES)) % len(self._idle)
        joined = continue_from(np.stack(shown), self._idle[steps], TO_IDLE_FRAMES)
        self._bridge = deque(joined)
        self._idle_at += TO_IDLE_FRAMES

    def _idle_row(self, index: int) -> FloatArray:
        return self._idle[index % len(self._idle)]
