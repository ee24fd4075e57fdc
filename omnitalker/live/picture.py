"""Pictures in time: when the machine is too slow, the picture gives way, never the sound.

Steps of quality, best first: full size; half size enlarged; half size at every second frame. A frame that
is already late is shown as the one before. A listening face is drawn ahead of its time: the first sound of a reply
then comes a third sooner, since nothing is drawn while it is made.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Final

import cv2
import numpy as np

from omnitalker.base import timeline
from omnitalker.base.types import FloatArray, Frame, Renderer, RenderMemory

FRAME_SECONDS: Final = float(timeline.video_frames_to_seconds(1))
TOO_SLOW: Final = 0.8
"""Share of a frame's time that drawing may take on average."""
FAST_AGAIN: Final = 0.15
PATIENCE: Final = 25
"""Frames to judge by before a step down; ten times as many before a step up."""
SHORT_PATIENCE: Final = 15
"""Frames in a row with hardly any sound ready before a step down."""
SKIP_WHEN_LATE: Final = 1.5 * FRAME_SECONDS
LOWEST: Final = 2
AHEAD: Final = 15
"""Frames of a listening face that are kept ready: 0.6 s, in which most replies begin."""


class PictureMaker:
    """One per session, used by its one thread."""

    def __init__(
        self,
        make_renderer: Callable[[int], Renderer],
        size: int,
        *,
        adapt: bool = True,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._make = make_renderer
        self._renderers: dict[int, Renderer] = {size: make_renderer(size)}
        self._size = size
        self._adapt = adapt
        self._clock = clock
        self._memory = RenderMemory()
        self._last: Frame | None = None
        self._ready: dict[bytes, Frame] = {}
        self._has_drawn = False
        self._seconds = 0.0
        self._since = 0
        self._count = 0
        self._short = 0
        self.level = 0
        self.repeated = 0

    @property
    def size(self) -> tuple[int, int]:
        return self._renderers[self._size].size

    @property
    def render_seconds(self) -> float:
        """Recent average per drawn frame."""
        return self._seconds

    @property
    def is_at_lowest(self) -> bool:
        return self._adapt and self.level == LOWEST

    def note_sound(self, *, is_short: bool) -> None:
        """Sound that runs short needs the time that pictures take: a step down before it runs out."""
        self._short = self._short + 1 if is_short else 0
        if self._adapt and self._short >= SHORT_PATIENCE and self.level < self._lowest:
            self._step(1)

    def frame(self, motion: FloatArray, lateness: float = 0.0) -> Frame:
        """(61,) -> (H, W, 3), always of the same size."""
        self._count += 1
        skips = lateness > SKIP_WHEN_LATE or (self.level >= LOWEST and self._count % 2)
        if self._last is not None and skips:
            self.repeated += 1
            return self._last
        picture = self._ready.pop(motion.tobytes(), None)
        self._has_drawn = picture is None
        self._last = picture = self._drawn(motion, self._count) if picture is None else picture
        return picture

    def draw_ahead(self, coming: Sequence[FloatArray], seconds: float) -> None:
        """Get ready what will be shown next unless somebody speaks. `seconds` are left until it is due."""
        keys = [motion.tobytes() for motion in coming]
        self._ready = {key: self._ready[key] for key in keys if key in self._ready}
        missing = [index for index, key in enumerate(keys) if key not in self._ready]
        for index in missing[: 1 if self._has_drawn else 2]:
            if self.level > 0 or seconds <= 0:
                return
            self._ready[keys[index]] = self._drawn(coming[index], self._count + 1 + index)
            seconds -= self._seconds

    def _drawn(self, motion: FloatArray, number: int) -> Frame:
        self._memory.frame = number
        began = self._clock()
        picture = self._draw(motion)
        self._note(self._clock() - began)
        return picture

    def _draw(self, motion: FloatArray) -> Frame:
        if self.level == 0:
            return self._renderers[self._size].frame(motion, self._memory)
        small = self._size // 2
        if small not in self._renderers:
            self._renderers[small] = self._make(small)
        picture = self._renderers[small].frame(motion, self._memory)
        return np.asarray(cv2.resize(picture, self.size, interpolation=cv2.INTER_LINEAR))

    def _note(self, seconds: float) -> None:
        weight = 0.1 if self._seconds else 1.0
        self._seconds += weight * (seconds - self._seconds)
        self._since += 1
        if not self._adapt or self._since < PATIENCE:
            return
        share = self._seconds / FRAME_SECONDS
        if share > TOO_SLOW and self.level < self._lowest:
            self._step(1)
        elif share < FAST_AGAIN and self.level > 0 and self._since > 10 * PATIENCE:
            self._step(-1)

    @property
    def _lowest(self) -> int:
        return LOWEST if self._size >= 512 else 0

    def _step(self, by: int) -> None:
        self.level += by
        self._since = 0
        self._short = 0
        self._seconds = 0.0
