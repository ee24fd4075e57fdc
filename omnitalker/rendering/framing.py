"""Other pictures around the same head: back into the original frame, cut out, or on a background of any shape."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

import cv2
import numpy as np

from omnitalker.base.errors import InputError
from omnitalker.base.types import FloatArray, Frame, Identity

Aspect = Literal["1:1", "16:9", "9:16", "4:5"]
ASPECTS: dict[Aspect, tuple[int, int]] = {
    "1:1": (1, 1),
    "16:9": (16, 9),
    "9:16": (9, 16),
    "4:5": (4, 5),
}
_CLOSER: dict[Aspect, float] = {"4:5": 1.1, "9:16": 1.3}
"""Upright pictures are closer: what is lost at the sides is shoulders."""
_BLUR = 0.03
"""Softness of a blurred background, in picture widths."""


class CutoutRenderer(Protocol):
    """A renderer that can leave its background out."""

    identity: Identity
    size: tuple[int, int]

    def frame(self, coefficients: FloatArray) -> Frame: ...

    def person(self, coefficients: FloatArray) -> Frame:
        """(61,) -> (H, W, 4) premultiplied RGB and coverage."""
        ...


def over(person: Frame, background: Frame) -> Frame:
    """Lay a premultiplied cut-out (H, W, 4) over a picture (H, W, 3)."""
    away = cv2.cvtColor(cv2.bitwise_not(cv2.extractChannel(person, 3)), cv2.COLOR_GRAY2RGB)
    behind = cv2.multiply(background, away, scale=1 / 255)
    return cv2.add(cv2.cvtColor(person, cv2.COLOR_RGBA2RGB), behind)


def straight_alpha(person: Frame) -> Frame:
    """(H, W, 4) premultiplied -> ordinary RGBA, as PNG and most editors want it."""
    alpha = np.maximum(person[..., 3:].astype(np.float32), 1)
    colour = np.clip(person[..., :3] * (255 / alpha), 0, 255)
    return np.concatenate([np.rint(colour).astype(np.uint8), person[..., 3:]], axis=2)


@dataclass(frozen=True)
class Backdrop:
    """What is behind the person: one colour, the person's own background out of focus, or a picture."""

    kind: Literal["own", "blur", "colour", "image"] = "own"
    colour: tuple[int, int, int] = (236, 238, 241)
    image: Frame | None = None

    def picture(self, identity: Identity, size: tuple[int, int]) -> Frame:
        """(H, W, 3), filled to the edge."""
        width, height = size
        if self.kind == "colour":
            return np.full((height, width, 3), self.colour, np.uint8)
        if self.kind == "image":
            if self.image is None:
                raise InputError("Backdrop kind 'image' needs an image, got none.")
            return _cover(self.image, size)
        own = _cover(identity.background, size)
        return cv2.GaussianBlur(own, (0, 0), _BLUR * width) if self.kind == "blur" else own


def _cover(picture: Frame, size: tuple[int, int]) -> Frame:
    """Scale and cut the middle so that the picture fills the frame."""
    width, height = size
    scale = max(width / picture.shape[1], height / picture.shape[0])
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    whole = (
        max(width, round(picture.shape[1] * scale)),
        max(height, round(picture.shape[0] * scale)),
    )
    large = cv2.resize(picture, whole, interpolation=method)
    left, top = (large.shape[1] - width) // 2, (large.shape[0] - height) // 2
    return np.ascontiguousarray(large[top : top + height, left : left + width])


class FramedRenderer:
    """A head on a backdrop, in landscape, portrait or square; the person stands on the lower edge."""

    def __init__(self, renderer: CutoutRenderer, aspect: Aspect, backdrop: Backdrop) -> None:
        if aspect not in ASPECTS:
            raise InputError(f"Unknown aspect {aspect!r}. Choose one of: {', '.join(ASPECTS)}")
        across, down = ASPECTS[aspect]
        side = renderer.size[0]
        width, height = (
            (side * across / down, side) if across >= down else (side, side * down / across)
        )
        self.size = (2 * round(width / 2), 2 * round(height / 2))
        self._renderer = renderer
        self._background = backdrop.picture(renderer.identity, self.size)
        self._side = round(side * _CLOSER.get(aspect, 1.0))
        self._left = (self.size[0] - self._side) // 2
        self._top = self.size[1] - self._side
        self._edge = _fade(renderer.identity, side) if self._left > 0 else None

    def frame(self, coefficients: FloatArray) -> Frame:
        person = self._renderer.person(coefficients)
        if self._edge is not None:
            person = cv2.multiply(person, self._edge, scale=1 / 255)
        if self._left < 0:
            person = cv2.resize(person, (self._side, self._side), interpolation=cv2.INTER_CUBIC)
            person = np.ascontiguousarray(person[:, -self._left : self.size[0] - self._left])
        picture = self._background.copy()
        left = max(0, self._left)
        place = picture[self._top :, left : left + person.shape[1]]
        place[:] = over(person, np.ascontiguousarray(place))
        return picture


def _fade(identity: Identity, side: int) -> Frame:
    """(S, S, 4) 255, and less towards the sides where shoulders are cut off by the crop."""
    ramp = np.clip((np.arange(side) + 0.5) / (0.08 * side), 0, 1)
    ramp = np.minimum(ramp, ramp[::-1])
    cut = max(identity.matte[:, 0].max(), identity.matte[:, -1].max()) > 127
    row = 255 * (ramp * ramp * (3 - 2 * ramp) if cut else np.ones(side))
    return np.ascontiguousarray(np.broadcast_to(row[None, :, None], (side, side, 4))).astype(
        np.uint8
    )


class PasteBackRenderer:
    """The talking head put back into the whole frame it was cut from."""

    def __init__(self, renderer: CutoutRenderer) -> None:
        identity = renderer.identity
        if identity.original is None:
            raise InputError(f"Identity '{identity.name}' was saved without its original frame.")
        framing = identity.framing
        height, width = identity.original.shape[:2]
        self._original = identity.original[: height - height % 2, : width - width % 2]
        self.size = (self._original.shape[1], self._original.shape[0])
        self._renderer = renderer
        side = renderer.size[0]
        k = framing.side / side
        self._affine = np.array(
            [[k, 0, framing.left + 0.5 * k - 0.5], [0, k, framing.top + 0.5 * k - 0.5]], np.float32
        )
        ramp = np.clip((np.arange(side) + 0.5) / (0.05 * side), 0, 1).astype(np.float32)
        whole_left = framing.left < 1
        whole_right = framing.left + framing.side > framing.width - 1
        whole_top = framing.top < 1
        whole_bottom = framing.top + framing.side > framing.height - 1
        across = _ends(ramp, whole_left, whole_right)
        down = _ends(ramp, whole_top, whole_bottom)
        window = down[:, None] * across[None, :]
        self._window = cv2.warpAffine(window, self._affine, self.size, flags=cv2.INTER_LINEAR)

    def frame(self, coefficients: FloatArray) -> Frame:
        head = cv2.warpAffine(
            self._renderer.frame(coefficients), self._affine, self.size, flags=cv2.INTER_AREA
        )
        return cv2.blendLinear(head, self._original, self._window, 1 - self._window)


def _ends(ramp: FloatArray, whole_start: bool, whole_end: bool) -> FloatArray:
    """Fade at those ends of the crop that do not lie on the edge of the original frame."""
    start = np.ones_like(ramp) if whole_start else ramp
    end = np.ones_like(ramp) if whole_end else ramp[::-1]
    return np.minimum(start, end)
