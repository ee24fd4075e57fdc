"""Who speaks in a dialogue: voices by manner, a face in several sizes, and the way they move at rest.

Made once per character and shared by its sessions; the weights are those of the one pipeline.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np

from omnitalker.motion.idle import idle
from omnitalker.motion.names import POSE_SLICE
from omnitalker.motion.style import MotionStyle
from omnitalker.request import SHORT_OPENING, Manner
from omnitalker.types import FloatArray, Renderer, StylePrompt

if TYPE_CHECKING:
    from omnitalker.dialogue.character import Character
    from omnitalker.pipeline import OmniTalkerPipeline

IDLE_SECONDS = 240.0
LONG_OPENING = 7
"""Blocks of 160 ms: 0.86 s of sound where a short opening gives 0.38 s."""
TOO_LONG_SECONDS, SHORT_SECONDS = 0.3, 0.2
"""Of making the second window: beyond the first a short opening may end too soon, within the second it is enough."""
WARM_UP_TEXT = "Well, let me think about that for a moment, and then I will tell you."


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
    """What replies begin with on this machine; see `note_window`."""
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

    def note_window(self, seconds: float) -> None:
        """How long the second window of a reply takes: slow machines open with more sound rather than wait."""
        if seconds > TOO_LONG_SECONDS:
            self.opening_blocks = LONG_OPENING
        elif seconds < SHORT_SECONDS:
            self.opening_blocks = SHORT_OPENING

    def warm_up(self) -> None:
        """Say a sentence to nobody, once, so that the first real one does not pay for loading."""
        from omnitalker.dialogue.reply import Reply

        with self._warming:
            if self._is_warm:
                return
            self._is_warm = True
            reply = Reply(self, manner=self.manner)
            reply.push(WARM_UP_TEXT)
            reply.end()
            for _ in reply.frames():
                pass
            self.make_renderer(self.size).frame(self.idle(self.manner)[0])


def performer_of(pipeline: OmniTalkerPipeline, character: Character | Performer | str) -> Performer:
    """One that is made ready already as it is; anything else made ready."""
    if isinstance(character, Performer):
        return character
    from omnitalker.dialogue.character import load_character, perform
    from omnitalker.studio import Studio

    person = load_character(character) if isinstance(character, str) else character
    performer = perform(Studio(pipeline), person)
    performer.warm_up()
    return performer
