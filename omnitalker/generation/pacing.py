"""How a stream is paced: in how large windows, joined how, begun with how much care. Two values: offline and live."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from itertools import accumulate
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from omnitalker.generation.sample import SamplingSettings

SHORT_OPENING: Final = 4
"""Blocks of the shortest first window of a live reply: 0.38 s of sound, in which five more are made."""


@dataclass(frozen=True)
class Pacing:
    """All by which one way of making speech differs from another. Blocks are of 160 ms."""

    windows: tuple[int, ...]
    """Blocks per network call; the last size repeats."""
    chunk_frames: int
    """Motion frames of a chunk, at most."""
    lead_in_seconds: float
    """Silence before the first word."""
    joined_blocks: tuple[int, int] | None
    """Short clauses are sampled together up to so much, the first ones and later ones: every network call hears
    the prompt again. None: every clause by itself, as it arrives."""
    foreign_prompt: int = 1
    """Times as much of the style prompt is continued for a text in the other language."""
    opening_prompts: tuple[float, ...] = ()
    """At most so many seconds of the style prompt for each of the first calls."""
    hurried_calls: int = 0
    """So many of the first calls save a pass."""
    usual_loudness_seconds: float = 0.0
    """How far the loudness of the style is believed beside that of what is made; 0 where there is time to measure."""
    is_awaited: bool = False
    """Somebody waits: the network runs ahead in a thread of its own even where there is nothing to render."""

    def windows_after(self, blocks: int) -> tuple[int, ...]:
        """The sizes to go on with when `blocks` were made: each no longer than what there is to play allows."""
        steps = sum(until <= blocks for until in accumulate(self.windows))
        return self.windows[min(steps, len(self.windows) - 1) :]

    def settings_of(
        self, call: int, wished: SamplingSettings, *, is_foreign: bool
    ) -> SamplingSettings:
        """How the `call`th window (from 0) is sampled."""
        seconds = wished.prompt_seconds * (self.foreign_prompt if is_foreign else 1)
        if call < len(self.opening_prompts):
            seconds = min(seconds, self.opening_prompts[call])
        steps = max(1, wished.steps - 1) if call < self.hurried_calls else wished.steps
        return replace(wished, prompt_seconds=seconds, steps=steps)


OFFLINE: Final = Pacing(
    windows=(24, 32),
    chunk_frames=24,
    lead_in_seconds=0.12,
    joined_blocks=(12, 32),
    foreign_prompt=2,  # wins back a fifth of what the change costs in similarity, for half as much time again
)
_LIVE_WINDOWS: Final = (SHORT_OPENING, 5, 7, 10, 16, 20)
_FIRST_PROMPT, _OPENING_PROMPT = 0.64, 0.8
"""Seconds. The first 0.8 s of sound are as similar to the voice with 0.64 as with 0.8 (0.758 of 64 replies each)."""


@cache
def live(opening: int = SHORT_OPENING) -> Pacing:
    """Begin with `opening` blocks; a slow machine needs more sound to make the next ones meanwhile.

    Where the opening is longer the first three calls are hurried, else a second window that is short could end
    before the third is there.
    """
    is_slow = opening > SHORT_OPENING
    return Pacing(
        windows=tuple(size for size in _LIVE_WINDOWS if size >= opening),
        chunk_frames=4,
        lead_in_seconds=0.06,
        joined_blocks=None,
        opening_prompts=(_FIRST_PROMPT,) + (_OPENING_PROMPT,) * (1 + is_slow),
        hurried_calls=3 if is_slow else 1,
        usual_loudness_seconds=3.0,
        is_awaited=True,
    )
