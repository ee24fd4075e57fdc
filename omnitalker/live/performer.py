"""Who speaks in a dialogue: voices by manner, a face in several sizes, and the way they move at rest.

Made once per character and shared by its sessions; the weights are those of the one checkpoint.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import cast

import numpy as np

from omnitalker.base.types import FloatArray, Manner, Renderer, StylePrompt
from omnitalker.generation.parts import Parts
from omnitalker.live.opening import Opening
from omnitalker.motion.made.idle import idle
from omnitalker.motion.made.style import MotionStyle
from omnitalker.motion.names import POSE_SLICE
from omnitalker.reference.style import wearing, with_intensity
from omnitalker.studio.order import Delivery
from omnitalker.text.direction import FAINT

IDLE_SECONDS = 240.0


@dataclass
class Performer:
    """`find_style` and `make_renderer` are asked at most once per manner, and once per session."""

    parts: Parts
    find_style: Callable[[Manner], StylePrompt]
    make_renderer: Callable[[int], Renderer]
    """A new renderer of a size; a session keeps its own."""
    size: int = 512
    delivery: Delivery = field(default_factory=Delivery)
    name: str = "avatar"
    opening: Opening = field(init=False, repr=False)
    """What replies begin with on this machine."""
    warming: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)
    is_warm: bool = field(default=False, init=False, repr=False)
    """Whether `warm_up` has been here, or is on its way while `warming` is held."""

    def __post_init__(self) -> None:
        self.opening = Opening(self.parts.vocoder.latency_frames)
        self._styles: dict[Manner, StylePrompt] = {}
        self._idles: dict[Manner, FloatArray] = {}
        self._lock = threading.Lock()

    @property
    def manner(self) -> Manner:
        """How it is from the outset."""
        return cast(Manner, self.delivery.emotion)

    def style(self, manner: Manner) -> StylePrompt:
        with self._lock:
            if manner not in self._styles:
                self._styles[manner] = self.find_style(manner)
            return self._styles[manner]

    def styled(self, manner: str, intensity: float = 1.0) -> StylePrompt:
        """In a manner at an intensity; what is faint is seen and not heard."""
        if manner != "neutral" and intensity < FAINT:
            return wearing(self.style("neutral"), manner, intensity)
        return with_intensity(self.style(cast(Manner, manner)), intensity)

    def idle(self, manner: Manner) -> FloatArray:
        """(F, 61) a loop of listening in the posture that the voice's clip has."""
        posture = self.style(manner).motion[:, POSE_SLICE].mean(axis=0)
        with self._lock:
            if manner not in self._idles:
                rotation = np.clip(posture[:3], -0.2, 0.2)
                person = MotionStyle(posture=(rotation[0], rotation[1], rotation[2]))
                self._idles[manner] = idle(IDLE_SECONDS, person, manner).values
            return self._idles[manner]
