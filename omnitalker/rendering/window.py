"""Which part of the source a picture of another shape shows: never tighter than the head, and no more than there is.

All numbers are pixels of the source. A window that reaches beyond the source has to be filled by somebody.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from omnitalker.base.errors import InputError
from omnitalker.motion.face.head_box import HeadBox
from omnitalker.rendering.aspect import ASPECTS, Aspect

HEAD_SHARE: dict[Aspect, float] = {"1:1": 0.52, "16:9": 0.54, "9:16": 0.36, "4:5": 0.46}
"""Height of the head (hair to chin) in heights of the picture, where the source is large enough."""
HEADROOM = 0.07
"""Least air above the hair, in heights of the head, where the source has it."""
LOWEST_TOP = 0.2
"""Share of the picture that may be above the hair where the source ends below."""
BESIDE = 0.04
"""Least air beside the hair, in widths of the head."""
BELOW = 0.3
"""Least that is seen below the chin, in heights of the head."""
WIDENED = 1.6
"""How many times as wide as the source a picture becomes to show shoulders too."""
EYE_LINE = 0.42
"""Where the middle of the head is, from above."""

Filling = Literal["whole", "continued", "bars"]


@dataclass(frozen=True)
class Window:
    """What is seen of the source, and what becomes of the part beyond its edges."""

    left: float
    top: float
    width: float
    height: float
    filling: Filling
    """whole: nothing is missing; continued: the background goes on; bars: the source stands before a blur of itself."""


def frame_size(aspect: str, size: int) -> tuple[int, int]:
    """(width, height) of a picture whose shorter side has about `size` pixels; both even."""
    if aspect not in ASPECTS:
        raise InputError(f"Unknown aspect {aspect!r}. Choose one of: {', '.join(ASPECTS)}")
    across, down = ASPECTS[aspect]  # type: ignore[index]
    shorter = min(across, down)
    return 2 * round(size * across / shorter / 2), 2 * round(size * down / shorter / 2)


def choose_window(
    aspect: Aspect, head: HeadBox, source: tuple[int, int], cut_beside: bool
) -> Window:
    """The head as large as `HEAD_SHARE` says, closer where the source is too small.

    source: its (width, height); cut_beside: whether the person goes on at its left or right edge.
    """
    across, down = ASPECTS[aspect]
    shape = across / down
    width, height = source
    least = max(
        min((1 + HEADROOM + BELOW) * head.height, height),
        min((1 + 2 * BESIDE) * head.width, width) / shape,
    )
    ideal = max(least, head.height / HEAD_SHARE[aspect])
    fitting = min(height, width / shape)
    if fitting >= least:
        return _within(shape, min(ideal, fitting), head, source)
    if shape < width / height:
        return _beyond_top(shape, least, head, source)
    wide = least if cut_beside else max(least, min(ideal, WIDENED * width / shape))
    return _beyond_sides(shape, min(wide, height), head, source)


def _within(shape: float, height: float, head: HeadBox, source: tuple[int, int]) -> Window:
    width = shape * height
    left = 0.5 * (head.left + head.right) - 0.5 * width
    top = 0.5 * (head.top + head.chin) - EYE_LINE * height
    top = min(top, head.top - HEADROOM * head.height)
    return Window(
        _clip(left, 0, source[0] - width), _clip(top, 0, source[1] - height), width, height, "whole"
    )


def _beyond_top(shape: float, least: float, head: HeadBox, source: tuple[int, int]) -> Window:
    """The person stands on the lower edge, with air above; without air in the source the source stands in the middle."""
    height = max(least, min(source[0] / shape, (source[1] - head.top) / (1 - LOWEST_TOP)))
    width = shape * height
    left = _clip(0.5 * (head.left + head.right) - 0.5 * width, 0, source[0] - width)
    if head.cut:
        return Window(left, 0.5 * (source[1] - height), width, height, "bars")
    return Window(left, source[1] - height, width, height, "continued")


def _beyond_sides(shape: float, height: float, head: HeadBox, source: tuple[int, int]) -> Window:
    width = shape * height
    top = _clip(
        0.5 * (head.top + head.chin) - EYE_LINE * height,
        0,
        min(source[1] - height, max(0.0, head.top - HEADROOM * head.height)),
    )
    left = 0.5 * (head.left + head.right) - 0.5 * width
    left = _clip(left, source[0] - width, 0) if width >= source[0] else left
    return Window(left, top, width, height, "continued")


def _clip(value: float, low: float, high: float) -> float:
    return min(max(value, low), max(low, high))
