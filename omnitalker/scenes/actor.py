"""What one person's face does through a whole scene: speaks its lines, and listens to those of the others.

A listener looks at who speaks, nods where a sentence ends, blinks, and takes on a little of what is felt.

Legend: F frames at 25/s.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Final

import numpy as np

from omnitalker.base import timeline
from omnitalker.base.types import FloatArray
from omnitalker.motion.made.gaze import GAZE_LIMIT, set_gaze
from omnitalker.motion.made.idle import idle
from omnitalker.motion.made.manners import shape_offsets
from omnitalker.motion.made.style import MotionStyle
from omnitalker.motion.names import EXPRESSION_SLICE, GAZE_SLICE, INDEX, MOTION_DIM, POSE_SLICE
from omnitalker.motion.track.blending import continue_from
from omnitalker.scenes.timing import Placed

IDLE_SECONDS: Final = 60.0
TO_SPEECH_FRAMES, TO_LISTENING_FRAMES = 8, 12
LISTENER_TURNS, SPEAKER_TURNS = 0.16, 0.06
"""Radians of the head towards the other; the eyes go as far again."""
TURN_RATE: Final = 0.14
"""Per frame, in two steps: a head takes about half a second."""
NOD_FRAMES, NOD_RADIANS = 16, 0.07
NOD_SHARE: Final = 0.6
"""Of the ends of sentences, at which somebody who listens nods."""
SENTENCE_PAUSE: Final = 0.25
"""Seconds between words, from which a sentence seems to end."""
ANSWERS: Final = {"happy": "happy", "sad": "sad", "angry": "fearful", "fearful": "fearful", "surprised": "surprised",
                  "disgusted": "disgusted", "calm": "calm"}  # fmt: skip
"""What shows on a listener's face, by what the speaker feels."""
ANSWER_STRENGTH, ANSWER_RATE = 0.3, 0.06


class Actor:
    """Goes through the scene once, from its beginning. Keeps nothing of what was asked before."""

    def __init__(self, name: str, posture: FloatArray, seed: int, direction: float = 0.0) -> None:
        """posture: (6,) pose in which the voice's clip holds the head. direction: where the others are, -1 (the viewer's
        left) to 1; 0 is towards the viewer."""
        rotation = np.clip(posture[:3], -0.2, 0.2)
        person = MotionStyle(posture=(rotation[0], rotation[1], rotation[2]))
        self.name = name
        self._idle = idle(IDLE_SECONDS, person, seed=seed).values
        self._direction = direction
        self._random = random.Random(seed)
        self._shown: deque[FloatArray] = deque([self._idle[-2], self._idle[-1]], maxlen=2)
        self._bend: deque[FloatArray] = deque()
        self._speaking: int | None = None
        self._turn = np.zeros(2)
        self._answer: FloatArray = np.zeros(MOTION_DIM, np.float32)
        self._nods: deque[int] = deque()
        self._asked_about: set[int] = set()

    def motion(self, start: int, stop: int, lines: Sequence[Placed]) -> FloatArray:
        """(stop - start, 61). lines: all that sound in between, and those that were last before."""
        self._plan_nods(lines, start)
        rows = np.stack([self._row(frame, lines) for frame in range(start, stop)])
        return rows.astype(np.float32)

    def _row(self, frame: int, lines: Sequence[Placed]) -> FloatArray:
        own = _sounding(frame, (p for p in lines if p.line.speaker == self.name))
        if (own.index if own else None) != self._speaking:
            self._speaking = own.index if own else None
            self._begin_bend(frame, own)
        row = (own.spoken.motion[frame - own.start] if own else self._listening(frame)).copy()
        if self._bend:
            row += self._bend.popleft()
            row[EXPRESSION_SLICE] = row[EXPRESSION_SLICE].clip(0, 1)
        self._shown.append(row.copy())
        self._look(row, is_speaking=own is not None)
        others = (p for p in lines if p.line.speaker != self.name)
        self._react(row, None if own else _sounding(frame, others))
        self._nod(row, frame)
        return row

    def _listening(self, frame: int) -> FloatArray:
        return self._idle[frame % len(self._idle)]

    def _begin_bend(self, frame: int, own: Placed | None) -> None:
        """What comes goes on from what was shown, without a jump."""
        if own is not None:
            count, at = TO_SPEECH_FRAMES, frame - own.start
            coming = own.spoken.motion[at : at + count]
        else:
            count = TO_LISTENING_FRAMES
            coming = np.stack([self._listening(frame + i) for i in range(count)])
        if len(coming) > 1:
            self._bend = deque(continue_from(np.stack(list(self._shown)), coming, count) - coming)

    def _look(self, row: FloatArray, *, is_speaking: bool) -> None:
        """The head turns a little, the eyes the rest."""
        wanted = self._direction * (SPEAKER_TURNS if is_speaking else LISTENER_TURNS)
        self._turn[0] += TURN_RATE * (wanted - self._turn[0])
        self._turn[1] += TURN_RATE * (self._turn[0] - self._turn[1])
        if abs(self._turn[1]) < 1e-4 and not wanted:
            return
        row[INDEX["headRotY"]] += self._turn[1]
        gaze = row[None, GAZE_SLICE].copy()
        gaze[:, ::2] = (gaze[:, ::2] + self._turn[0]).clip(-GAZE_LIMIT, GAZE_LIMIT)
        set_gaze(row[None], gaze)

    def _react(self, row: FloatArray, speaking: Placed | None) -> None:
        """The listener's own face, a little after the speaker's."""
        wanted = np.zeros(MOTION_DIM, np.float32)
        if speaking is not None:
            delivery = speaking.line.order.delivery
            if answer := ANSWERS.get(delivery.emotion):
                for column, strength in shape_offsets(answer).items():
                    wanted[column] = ANSWER_STRENGTH * min(delivery.intensity, 1.0) * strength
        self._answer += ANSWER_RATE * (wanted - self._answer)
        shapes = row[EXPRESSION_SLICE] + self._answer[EXPRESSION_SLICE]
        row[EXPRESSION_SLICE] = shapes.clip(0, 1)

    def _plan_nods(self, lines: Iterable[Placed], start: int) -> None:
        """Where sentences of others end, for lines not seen before."""
        known = set()
        for placed in lines:
            known.add(placed.index)
            if placed.index in self._asked_about or placed.line.speaker == self.name:
                continue
            for seconds in sentence_ends(placed):
                if self._random.random() < NOD_SHARE:
                    self._nods.append(placed.start + timeline.seconds_to_video_frames(seconds))
        self._asked_about = known
        while self._nods and self._nods[0] + NOD_FRAMES < start:
            self._nods.popleft()

    def _nod(self, row: FloatArray, frame: int) -> None:
        for begun in self._nods:
            phase = (frame - begun) / NOD_FRAMES
            if 0 <= phase < 1 and self._speaking is None:
                row[POSE_SLICE.start] += NOD_RADIANS * np.sin(np.pi * phase) ** 2


def sentence_ends(placed: Placed) -> list[float]:
    """Seconds into a line at which somebody who listens takes a sentence for ended."""
    words = placed.spoken.words
    gaps = [a.end for a, b in pairwise(words) if b.start - a.end > SENTENCE_PAUSE]
    return [*gaps, *(word.end for word in words[-1:])]


def _sounding(frame: int, lines: Iterable[Placed]) -> Placed | None:
    """The last begun of those that sound."""
    found = [placed for placed in lines if placed.start <= frame < placed.end]
    return max(found, key=lambda placed: placed.start, default=None)
