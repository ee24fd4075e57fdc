"""What is behind a person: their own background, carried on beyond its edges where need be, a colour, or a picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np

from omnitalker.base.errors import InputError
from omnitalker.base.types import FloatArray, Frame, Identity
from omnitalker.rendering.window import Window

_BLUR = 0.03
"""Softness of a blurred background, in picture widths."""
FAR = 0.05
"""Softness of what is made up beyond the edges of the source, in picture widths."""
SOFTENS = 0.03
"""Over which distance from the edge it gets so soft, in picture widths."""
BEHIND_BARS = 0.45
"""Brightness of the blurred copy behind a picture that does not fill the frame."""


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
            return covering(self.image, size)
        own = covering(identity.background, size)
        return cv2.GaussianBlur(own, (0, 0), _BLUR * width) if self.kind == "blur" else own


def covering(picture: Frame, size: tuple[int, int]) -> Frame:
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


def surroundings(identity: Identity, window: Window, size: tuple[int, int]) -> Frame:
    """(H, W, 3) all that stands still in a window of the frame that the identity was cut from."""
    assert identity.original is not None
    original = identity.original
    if window.filling == "bars":
        return _before_itself(original, window, size)
    shown = _seen(original, window, size)
    if window.filling == "whole":
        return shown
    carried = _seen(_emptied(identity), window, size)
    soft = cv2.GaussianBlur(carried, (0, 0), FAR * min(size), borderType=cv2.BORDER_REFLECT_101)
    away = _beyond(window, original.shape[:2], size)
    far = np.clip(away / (SOFTENS * min(size)), 0, 1)[..., None]
    beyond = carried + far * (soft.astype(np.float32) - carried)
    return np.where(away[..., None] > 0, np.rint(beyond), shown).astype(np.uint8)


def _emptied(identity: Identity) -> Frame:
    """The original frame without the person, as far as that is known."""
    framing, original = identity.framing, identity.original
    assert original is not None
    left, top = round(framing.left), round(framing.top)
    right = min(round(framing.left + framing.side), original.shape[1])
    bottom = min(round(framing.top + framing.side), original.shape[0])
    empty = original.copy()
    empty[top:bottom, left:right] = cv2.resize(
        identity.background, (right - left, bottom - top), interpolation=cv2.INTER_AREA
    )
    return empty


def _seen(picture: Frame, window: Window, size: tuple[int, int]) -> Frame:
    """The window of a picture; beyond its edges it is mirrored."""
    zoom = size[1] / window.height
    shift = np.array([window.left, window.top])
    offset = (0.5 - shift) * zoom - 0.5
    if zoom < 1:
        picture = cv2.GaussianBlur(picture, (0, 0), 0.4 / zoom)
    affine = np.array([[zoom, 0, offset[0]], [0, zoom, offset[1]]], np.float32)
    return cv2.warpAffine(
        picture, affine, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT_101
    )


def _beyond(window: Window, source: tuple[int, ...], size: tuple[int, int]) -> FloatArray:
    """(H, W) 0 inside the source, elsewhere how far it is away, pixels of the picture."""
    zoom = size[1] / window.height
    x = np.arange(size[0], dtype=np.float32) / zoom + window.left
    y = np.arange(size[1], dtype=np.float32) / zoom + window.top
    away_x = np.maximum(np.maximum(-x, x - source[1]), 0)
    away_y = np.maximum(np.maximum(-y, y - source[0]), 0)
    return np.asarray(np.maximum(away_x[None, :], away_y[:, None]) * zoom, np.float32)


def _before_itself(original: Frame, window: Window, size: tuple[int, int]) -> Frame:
    """The source, as wide or high as the frame, before a blurred, darker copy that fills it."""
    behind = cv2.GaussianBlur(covering(original, size), (0, 0), FAR * min(size))
    picture = np.asarray(np.rint(behind * BEHIND_BARS), np.uint8)
    inside = _beyond(window, original.shape, size) == 0
    picture[inside] = _seen(original, window, size)[inside]
    return picture
