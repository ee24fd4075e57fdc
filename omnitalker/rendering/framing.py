"""A talking head in a picture of any shape: in its own surroundings, or cut out before something else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

import cv2
import numpy as np

from omnitalker.base.errors import InputError
from omnitalker.base.types import FloatArray, Frame, Identity, RenderMemory
from omnitalker.motion.face import regions as face_regions
from omnitalker.motion.face.head_box import HeadBox, head_box
from omnitalker.rendering.backdrop import Backdrop, over, surroundings
from omnitalker.rendering.placement import Placement, Rims, source_square
from omnitalker.rendering.window import Aspect, Window, choose_window, frame_size

ENLARGED = 1.15
"""From this on a head drawn smaller than it is shown is worth a note."""
_SOLID = 127


class CutoutRenderer(Protocol):
    """A renderer that can leave its background out."""

    identity: Identity
    size: tuple[int, int]

    def frame(self, coefficients: FloatArray, memory: RenderMemory | None = None) -> Frame: ...

    def person(self, coefficients: FloatArray, memory: RenderMemory | None = None) -> Frame:
        """(61,) -> (H, W, 4) premultiplied RGB and coverage."""
        ...


class FramedRenderer:
    """Every frame: the square of the head, scaled and laid into a picture that stands still."""

    def __init__(
        self,
        renderer: CutoutRenderer,
        aspect: Aspect,
        backdrop: Backdrop,
        size: int | None = None,
    ) -> None:
        """size: pixels of the shorter side, those of the renderer by itself."""
        identity, drawn = renderer.identity, renderer.size[0]
        self.size = frame_size(aspect, size or drawn)
        self._renderer, self._cut_out = renderer, not _at_home(identity, backdrop)
        window = _window(identity, aspect, self._cut_out)
        square = source_square(identity, self._cut_out)
        self._place = Placement(window, square, self.size, drawn)
        self.notes = _notes(identity, aspect, window, drawn, self._place.side)
        """What whoever asked for the picture should be told."""
        cuts = _cut_sides(identity)
        if self._cut_out:
            self.background = backdrop.picture(identity, self.size)
            fade = np.rint(255 * self._place.fade(cuts)).astype(np.uint8)
            self._fade = cv2.merge([fade] * 4) if fade.min() < 255 else None
        else:
            self.background = surroundings(identity, self._place.window, self.size)
            soft = _inner_sides(identity) if window.filling != "continued" else (True,) * 4
            self._rims = Rims(self._place.fade(soft))

    def frame(self, coefficients: FloatArray, memory: RenderMemory | None = None) -> Frame:
        picture = self.background.copy()
        spot = picture[self._place.rows, self._place.columns]
        if not self._cut_out:
            self._rims.lay(self._place.visible(self._renderer.frame(coefficients, memory)), spot)
            return picture
        person = self._place.visible(self._renderer.person(coefficients, memory))
        if self._fade is not None:
            person = cv2.multiply(person, self._fade, scale=1 / 255)
        spot[:] = over(person, np.ascontiguousarray(spot))
        return picture


class PasteBackRenderer:
    """The talking head put back into the whole frame it was cut from."""

    def __init__(self, renderer: CutoutRenderer) -> None:
        identity = renderer.identity
        if identity.original is None:
            raise InputError(f"Identity '{identity.name}' was saved without its original frame.")
        height, width = identity.original.shape[:2]
        self.size = (width - width % 2, height - height % 2)
        self._original = identity.original[: self.size[1], : self.size[0]]
        window = Window(0.0, 0.0, float(self.size[0]), float(self.size[1]), "whole")
        self._place = Placement(window, source_square(identity, False), self.size)
        self._renderer = renderer
        self._rims = Rims(self._place.fade(_inner_sides(identity)))

    def frame(self, coefficients: FloatArray, memory: RenderMemory | None = None) -> Frame:
        picture = self._original.copy()
        head = self._place.visible(self._renderer.frame(coefficients, memory))
        self._rims.lay(head, picture[self._place.rows, self._place.columns])
        return picture


def framed(
    identity: Identity,
    make: Callable[[Identity, int], CutoutRenderer],
    aspect: Aspect,
    backdrop: Backdrop,
    size: int,
) -> FramedRenderer:
    """A framed renderer whose head is drawn at the size it is seen at, as far as the identity has the pixels.

    make: the renderer of an identity at a size; size: pixels of the shorter side.
    """
    cut_out = not _at_home(identity, backdrop)
    window = _window(identity, aspect, cut_out)
    ideal = Placement(window, source_square(identity, cut_out), frame_size(aspect, size)).side
    side = max(64, 2 * round(min(ideal, identity.size) / 2))
    return FramedRenderer(make(identity, side), aspect, backdrop, size)


def _at_home(identity: Identity, backdrop: Backdrop) -> bool:
    """Whether the head stays in the frame it was cut from."""
    return backdrop.kind == "own" and identity.original is not None


def _window(identity: Identity, aspect: Aspect, cut_out: bool) -> Window:
    head = head_box(identity.matte, identity.landmarks)
    left, _, right, _ = _cut_sides(identity)
    if not cut_out:
        framing = identity.framing
        inner = _inner_sides(identity)
        head = head.placed(framing.side / identity.size, framing.left, framing.top)
        head = replace(head, cut=head.cut and not inner[1])
        beside = (left and not inner[0]) or (right and not inner[2])
        return choose_window(aspect, head, (framing.width, framing.height), beside)
    if aspect == "1:1":
        return Window(0.0, 0.0, identity.size, identity.size, "whole")
    if head.cut:  # better hair cropped at the sides than a flat head in mid-frame
        face = identity.landmarks[list(face_regions.OVAL), 0]
        head = HeadBox(float(face.min()), head.top, float(face.max()), head.chin)
    return choose_window(aspect, head, (identity.size, identity.size), left or right)


def _cut_sides(identity: Identity) -> tuple[bool, bool, bool, bool]:
    """Whether the person goes on beyond the left, upper, right and lower side of the square."""
    matte = identity.matte
    sides = matte[:, 0], matte[0], matte[:, -1], matte[-1]
    left, top, right, bottom = (bool(side.max() > _SOLID) for side in sides)
    return left, top, right, bottom


def _inner_sides(identity: Identity) -> tuple[bool, bool, bool, bool]:
    """Whether the original frame goes on beyond the left, upper, right and lower side of the square."""
    framing = identity.framing
    return (
        framing.left >= 1,
        framing.top >= 1,
        framing.left + framing.side <= framing.width - 1,
        framing.top + framing.side <= framing.height - 1,
    )


def _notes(
    identity: Identity, aspect: str, window: Window, drawn: int, shown: int
) -> tuple[str, ...]:
    notes = []
    if window.filling == "continued" and identity.original is not None:
        notes.append(
            f"the picture of '{identity.name}' is too small around the head for {aspect}: its background goes on "
            "out of focus"
        )
    if window.filling == "bars":
        notes.append(
            f"the head of '{identity.name}' touches the upper edge of its picture, so for {aspect} the picture stands "
            "before a blurred copy of itself; one with room above the head fills the frame"
        )
    if shown > ENLARGED * drawn:
        notes.append(f"the head is drawn {drawn} pixels large and enlarged to {shown}")
    return tuple(notes)
