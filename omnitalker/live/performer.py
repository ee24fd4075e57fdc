"""Who speaks in a dialogue: voices by manner, a face in several sizes, and the way they move at rest.

Made once per character and shared by its sessions; the weights are those of the one pipeline.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Literal

import numpy as np

from omnitalker.base import timeline
from omnitalker.base.types import FloatArray, Renderer, StylePrompt
from omnitalker.generation.request import SHORT_OPENING, Manner
from omnitalker.motion.made.idle import idle
from omnitalker.motion.made.style import MotionStyle
from omnitalker.motion.names import POSE_SLICE

if TYPE_CHECKING:
    from omnitalker.agent.character import Character
    from omnitalker.pipeline import OmniTalkerPipeline

IDLE_SECONDS = 240.0
OPENINGS = {SHORT_OPENING: 1.0, 5: 0.8, 7: 1.1}
"""Blocks of 160 ms that replies may begin with, and what the second window after them costs in comparison.

The fewer, the sooner the first sound, and the sooner it must go on. All but the shortest save a pass.
"""
MARGIN = 0.75
"""Share of an opening's sound that the second window may be expected to take."""
BAD_NEWS, GOOD_NEWS = 0.5, 0.2
"""How far a single reply changes what is expected of the next."""
WARM_UP_TEXT = "Well, let me think about that for a moment, and then I will tell you."
WARM_UP_FRAMES = 30
DRAWING_COST = 1.4
"""In earnest pictures are drawn beside the second window, which takes so much longer then."""


@dataclass
class Performer:
    """`styles` and `renderers` are asked at most once per manner and size."""

    pipeline: OmniTalkerPipeline
    find_style: Callable[[Manner], StylePrompt]
    make_renderer: Callable[[int], Renderer]
    """A new renderer of a size; a session keeps its own."""
    size: int = 512
    language: Literal["auto", "en", "zh"] = "auto"
    speed: float = 1.0
    expressiveness: float = 1.0
    name: str = "avatar"
    manner: Manner = "neutral"
    """How it is from the outset."""
    opening_blocks: int = SHORT_OPENING
    """What replies begin with on this machine; see `note_second_window`."""
    _pace: float | None = field(default=None, init=False, repr=False)
    """Seconds that the window after the shortest opening takes."""
    _styles: dict[Manner, StylePrompt] = field(default_factory=dict, repr=False)
    _idles: dict[Manner, FloatArray] = field(default_factory=dict, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _warming: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _is_warm: bool = field(default=False, repr=False)

    def style(self, manner: Manner) -> StylePrompt:
        with self._lock:
            if manner not in self._styles:
                self._styles[manner] = self.find_style(manner)
            return self._styles[manner]

    def idle(self, manner: Manner) -> FloatArray:
        """(F, 61) a loop of listening in the posture that the voice's clip has."""
        posture = self.style(manner).motion[:, POSE_SLICE].mean(axis=0)
        with self._lock:
            if manner not in self._idles:
                rotation = np.clip(posture[:3], -0.2, 0.2)
                person = MotionStyle(posture=(rotation[0], rotation[1], rotation[2]))
                self._idles[manner] = idle(IDLE_SECONDS, person, manner).values
            return self._idles[manner]

    def sound_of(self, opening: int) -> float:
        """Seconds of sound that an opening gives at once; the vocoder holds some back until the second window comes."""
        held_back = timeline.mel_frames_to_seconds(self.pipeline.vocoder.latency_frames)
        return float(opening * timeline.BLOCK_SECONDS - held_back)

    def second_window(self, opening: int) -> float | None:
        """Seconds that the window after an opening is expected to take; None before there was any."""
        return None if self._pace is None else OPENINGS[opening] * self._pace

    def note_second_window(self, opening: int, seconds: float) -> None:
        """It took so long; the next reply opens with just enough sound to play meanwhile."""
        pace = seconds / OPENINGS[opening]
        before = pace if self._pace is None else self._pace
        self._pace = before + (BAD_NEWS if pace > before else GOOD_NEWS) * (pace - before)
        self.opening_blocks = next(
            (o for o in OPENINGS if (self.second_window(o) or 0.0) <= MARGIN * self.sound_of(o)),
            max(OPENINGS),
        )

    def warm_up(self) -> None:
        """Begin a sentence to nobody, so that the first real one does not pay for loading."""
        from omnitalker.live.reply import Reply

        with self._warming:
            if self._is_warm:
                return
            self._is_warm = True
            for _ in range(2):  # the first time tells nothing about the speed of this machine
                self._pace, self.opening_blocks = None, SHORT_OPENING
                reply = Reply(self, manner=self.manner)
                reply.push(WARM_UP_TEXT)
                reply.end()
                with closing(reply.frames()) as frames:
                    for _ in islice(frames, WARM_UP_FRAMES):
                        pass
            if (alone := self.second_window(SHORT_OPENING)) is not None:
                self._pace = None
                self.note_second_window(SHORT_OPENING, DRAWING_COST * alone)
            self.make_renderer(self.size).frame(self.idle(self.manner)[0])


def performer_of(pipeline: OmniTalkerPipeline, character: Character | Performer | str) -> Performer:
    """One that is made ready already as it is; anything else made ready."""
    if isinstance(character, Performer):
        return character
    from omnitalker.agent.character import load_character, perform
    from omnitalker.studio.casting import Studio

    person = load_character(character) if isinstance(character, str) else character
    performer = perform(Studio(pipeline), person)
    performer.warm_up()
    return performer
