"""When each line of a scene begins: one after the other, or breaking in on the one before.

Lines begin on whole blocks, as the mark in their sound does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from omnitalker.base import timeline
from omnitalker.scenes.lines import Spoken
from omnitalker.scenes.scene import Line, Scene

BREAKS_IN_SECONDS: Final = 1.0
"""So long before the last word of a line has ended begins one that breaks in on it, or in its middle if it is shorter."""


@dataclass(frozen=True)
class Placed:
    """A line in its place."""

    index: int
    line: Line
    spoken: Spoken
    start: int
    """First frame."""

    @property
    def end(self) -> int:
        """The frame after its last."""
        return self.start + self.spoken.frames

    @property
    def seconds(self) -> float:
        return float(timeline.video_frames_to_seconds(self.start))


def placed(scene: Scene, lines: Iterable[tuple[Line, Spoken]]) -> Iterator[Placed]:
    """Each as soon as it is made. Starts never go back."""
    before: Placed | None = None
    free = 0
    """The frame after everything so far."""
    own_ends: dict[str, int] = {}
    for index, (line, spoken) in enumerate(lines):
        pause = line.pause + (scene.gap if before else 0.0)
        start = free + timeline.seconds_to_video_frames(pause)
        if line.overlaps and before is not None:
            start = max(_breaks_in(before), own_ends.get(line.speaker, 0))
        start = _on_a_block(start)
        before = Placed(index, line, spoken, start)
        own_ends[line.speaker] = before.end
        free = max(free, before.end)
        yield before


def _breaks_in(before: Placed) -> int:
    last = before.spoken.last_word
    seconds = max(last - BREAKS_IN_SECONDS, last / 2)
    return before.start + timeline.seconds_to_video_frames(seconds)


def _on_a_block(frame: int) -> int:
    return -(-frame // timeline.BLOCK_VIDEO_FRAMES) * timeline.BLOCK_VIDEO_FRAMES
