"""The picture around the head: what an order's look says, put before a renderer of the head."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal, cast

from omnitalker.base.errors import InputError
from omnitalker.base.types import FloatArray, Frame, Identity, Renderer, RenderMemory
from omnitalker.media.reader import read_clip
from omnitalker.rendering.aspect import Aspect
from omnitalker.rendering.backdrop import Backdrop, covering, straight_alpha
from omnitalker.rendering.framing import (
    CutoutRenderer,
    FramedRenderer,
    PasteBackRenderer,
    framed,
)
from omnitalker.studio.order import Look

MakeHead = Callable[[Identity, int], CutoutRenderer]
"""The renderer of an identity's head at a size."""
COLOURS: dict[str, str] = {
    "white": "#ffffff", "black": "#000000", "grey": "#808080", "gray": "#808080", "red": "#ff0000",
    "green": "#00b140", "blue": "#0047bb", "yellow": "#ffd700", "orange": "#ff8c00", "pink": "#ffc0cb",
    "purple": "#800080", "brown": "#8b4513", "beige": "#f5f5dc", "navy": "#1f2a44", "teal": "#008080",
}  # fmt: skip
"""By name; green and blue are those that editors key out."""
BACKDROP_SECONDS = 8.0
"""Of a video behind the person, which then goes back and forth."""


def in_picture(
    identity: Identity, make: MakeHead, look: Look, *, cut_out: bool = False
) -> Renderer:
    """`cut_out`: transparent around the person where the look names no background."""
    if look.paste_back:
        return PasteBackRenderer(make(identity, look.size))
    if cut_out and look.background is None:
        return CutOutRenderer(make(identity, look.size))
    background, aspect = look.background or "own", cast(Aspect, look.aspect)
    if aspect == "1:1" and background == "own":
        return make(identity, look.size)
    backdrop = plain_backdrop(background)
    if backdrop is not None:
        return framed(identity, make, aspect, backdrop, look.size)
    pictures = read_clip(background, max_seconds=BACKDROP_SECONDS).frames
    if not pictures:
        raise InputError(f"background {Path(background).name} holds no picture")
    still = framed(identity, make, aspect, Backdrop("image", image=pictures[0]), look.size)
    return MovingBackdropRenderer(still, pictures) if len(pictures) > 1 else still


def plain_backdrop(background: str) -> Backdrop | None:
    """For own, blur and colours; None for what must be the path of a picture or video."""
    if background in ("own", "blur"):
        return Backdrop(kind=cast(Literal["own", "blur"], background))
    background = COLOURS.get(background.lower(), background)
    if re.fullmatch(r"#[0-9a-fA-F]{6}", background):
        red, green, blue = (int(background[i : i + 2], 16) for i in (1, 3, 5))
        return Backdrop(kind="colour", colour=(red, green, blue))
    return None


class CutOutRenderer:
    """The person alone: frames are (H, W, 4), ordinary RGBA."""

    def __init__(self, renderer: CutoutRenderer) -> None:
        self.size = renderer.size
        self._renderer = renderer

    def frame(self, coefficients: FloatArray, memory: RenderMemory | None = None) -> Frame:
        return straight_alpha(self._renderer.person(coefficients, memory))


class MovingBackdropRenderer:
    """Every frame asked for stands before the next picture of the background, forth and back for ever.

    Unlike other renderers it counts: make one per video.
    """

    def __init__(self, renderer: FramedRenderer, pictures: Sequence[Frame]) -> None:
        self.size = renderer.size
        self.notes = renderer.notes
        self._renderer = renderer
        self._pictures = [covering(picture, renderer.size) for picture in pictures]
        self._count = 0

    def frame(self, coefficients: FloatArray, memory: RenderMemory | None = None) -> Frame:
        turn = 2 * len(self._pictures) - 2
        place = self._count % turn
        self._renderer.background = self._pictures[min(place, turn - place)]
        self._count += 1
        return self._renderer.frame(coefficients, memory)
