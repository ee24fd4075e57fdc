"""A video behind the person."""

from __future__ import annotations

from collections.abc import Sequence

from omnitalker.base.types import FloatArray, Frame
from omnitalker.rendering.backdrop import Backdrop
from omnitalker.rendering.framing import CutoutRenderer, FramedRenderer
from omnitalker.rendering.window import Aspect


class MovingBackdropRenderer(FramedRenderer):
    """Every frame asked for stands before the next picture of the background, forth and back for ever.

    Unlike other renderers it counts: make one per video.
    """

    def __init__(self, renderer: CutoutRenderer, aspect: Aspect, pictures: Sequence[Frame]) -> None:
        super().__init__(renderer, aspect, Backdrop("image", image=pictures[0]))
        self._pictures = [
            Backdrop("image", image=picture).picture(renderer.identity, self.size)
            for picture in pictures
        ]
        self._count = 0

    def frame(self, coefficients: FloatArray) -> Frame:
        turn = 2 * len(self._pictures) - 2
        place = self._count % turn if turn else 0
        self._background = self._pictures[min(place, turn - place)]
        self._count += 1
        return super().frame(coefficients)
