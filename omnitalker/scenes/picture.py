"""Who is seen where: the layouts of a scene, drawn frame by frame from what each face does."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil, sqrt
from typing import Final

import cv2
import numpy as np

from omnitalker.base import timeline
from omnitalker.base.types import FloatArray, Frame, Renderer, RenderMemory
from omnitalker.marks.picture import marked
from omnitalker.scenes.scene import Scene, Speaker
from omnitalker.scenes.timing import Placed
from omnitalker.studio.order import SIZES, Look

REACTION_FRAMES: Final = timeline.seconds_to_video_frames(0.5)
"""So long a listener is seen before it speaks."""
INSET: Final = 0.3
"""Height of the small picture, of the large one's."""
INSET_MARGIN: Final = 0.04
SHARED: Final = ("side-by-side", "grid")

MakeRenderer = Callable[[Look, str | None], Renderer]


@dataclass(frozen=True)
class Shot:
    """From this frame on: who is looked at, in which layout."""

    start: int
    layout: str
    subject: str
    """The speaker, or who listens where the speaker is not to be seen."""
    partner: str | None = None
    """Who was looked at before."""


class Camera:
    """Decides on the shots as lines come."""

    def __init__(self, scene: Scene) -> None:
        self._seen = [speaker.name for speaker in scene.seen()]
        self._last: Shot | None = None

    def shot(self, placed: Placed) -> Shot:
        """Of a line: it begins with half a second in which its speaker still listens."""
        layout, name = placed.line.layout, placed.line.speaker
        last = self._last.subject if self._last else None
        subject = name if name in self._seen else last or self._seen[0]
        if layout == "voice-over" and subject == name:
            others = [other for other in (last, *self._seen) if other not in (None, name)]
            subject = others[0] if others else name
        begin = placed.start - (REACTION_FRAMES if layout == "cut" and subject == name else 0)
        begin = max(begin, self._last.start if self._last else 0)
        partner = last if last != subject else (self._last.partner if self._last else None)
        partner = partner or next((other for other in self._seen if other != subject), None)
        self._last = Shot(begin if self._last else 0, layout, subject, partner)
        return self._last


class Stage:
    """Draws frames of one size, however often the layout changes. Renderers are made when they are needed."""

    def __init__(self, scene: Scene, make: MakeRenderer) -> None:
        self._people: Mapping[str, Speaker] = {s.name: s for s in scene.seen()}
        self._make = make
        self._drawn: dict[tuple[str, int], tuple[Renderer, RenderMemory]] = {}
        first = next(iter(self._people.values()))
        look = first.order.look
        is_shared = bool(scene.layouts & set(SHARED)) and len(self._people) > 1
        if is_shared and look.aspect == "1:1" and look.renderer != "sketch":
            look = replace(look, aspect="16:9")
        self._look = look
        self.notes: tuple[str, ...] = ()
        self.size = self._whole(first.name)[0].size

    def frame(self, shot: Shot, rows: Mapping[str, FloatArray], seconds: float) -> Frame:
        """rows: (61,) of each person who is seen."""
        if shot.layout in SHARED and len(self._people) > 1:
            picture = self._shared(rows, in_row=shot.layout == "side-by-side")
        else:
            picture = self._large(shot.subject, rows)
            if shot.layout == "picture-in-picture" and shot.partner is not None:
                picture = self._with_inset(picture, shot.partner, rows)
        return marked(picture, seconds)

    def _large(self, name: str, rows: Mapping[str, FloatArray]) -> Frame:
        renderer, memory = self._whole(name)
        return _filling(renderer.frame(rows[name], memory), self.size)

    def _shared(self, rows: Mapping[str, FloatArray], *, in_row: bool) -> Frame:
        tiles = self.tiles(in_row=in_row)
        picture = np.zeros((self.size[1], self.size[0], 3), np.uint8)
        for name, (left, top, width, height) in tiles.items():
            renderer, memory = self._square(name, max(width, height))
            tile = _filling(renderer.frame(rows[name], memory), (width, height))
            picture[top : top + height, left : left + width] = tile
        return picture

    def tiles(self, *, in_row: bool) -> dict[str, tuple[int, int, int, int]]:
        """Left, top, width and height of everybody: those of the left side first."""
        names = by_side(list(self._people.values()))
        columns = len(names) if in_row else ceil(sqrt(len(names)))
        rows = ceil(len(names) / columns)
        width, height = self.size
        found = {}
        for place, name in enumerate(names):
            column, row = place % columns, place // columns
            in_this = min(columns, len(names) - row * columns)
            left, right = width * column // in_this, width * (column + 1) // in_this
            top, bottom = height * row // rows, height * (row + 1) // rows
            found[name] = (left, top, right - left, bottom - top)
        return found

    def _with_inset(self, picture: Frame, name: str, rows: Mapping[str, FloatArray]) -> Frame:
        side, margin = round(INSET * self.size[1]), round(INSET_MARGIN * self.size[1])
        renderer, memory = self._square(name, side)
        small = _filling(renderer.frame(rows[name], memory), (side, side))
        right, bottom = self.size[0] - margin, self.size[1] - margin
        picture = picture.copy()
        picture[bottom - side - 2 : bottom + 2, right - side - 2 : right + 2] = 255
        picture[bottom - side : bottom, right - side : right] = small
        return picture

    def _whole(self, name: str) -> tuple[Renderer, RenderMemory]:
        look = self._people[name].order.look
        return self._renderer(
            name, 0, replace(look, aspect=self._look.aspect, size=self._look.size)
        )

    def _square(self, name: str, side: int) -> tuple[Renderer, RenderMemory]:
        size = next((size for size in SIZES if size >= side), SIZES[-1])
        look = self._people[name].order.look
        return self._renderer(name, size, replace(look, aspect="1:1", size=size, paste_back=False))

    def _renderer(self, name: str, kind: int, look: Look) -> tuple[Renderer, RenderMemory]:
        if (name, kind) not in self._drawn:
            person = self._people[name]
            renderer = self._make(look, person.order.look.face or person.order.voice.ref)
            self.notes = (*self.notes, *getattr(renderer, "notes", ()))
            self._drawn[name, kind] = renderer, RenderMemory()
        return self._drawn[name, kind]


def by_side(people: Sequence[Speaker]) -> list[str]:
    """Names from left to right."""
    order = {"left": 0, "auto": 1, "right": 2}
    return [speaker.name for speaker in sorted(people, key=lambda speaker: order[speaker.side])]


def directions(people: Sequence[Speaker]) -> dict[str, float]:
    """Where each finds the others: 1 to the viewer's right, -1 to the left; between them, half as far."""
    names = by_side(people)
    last = max(len(names) - 1, 1)
    return {
        name: 1 - 2 * place / last if len(names) > 1 else 0.0 for place, name in enumerate(names)
    }


def _filling(picture: Frame, size: tuple[int, int]) -> Frame:
    """Scaled to cover a size (width, height), its middle."""
    height, width = picture.shape[:2]
    if (width, height) == size:
        return picture
    scale = max(size[0] / width, size[1] / height)
    if scale != 1.0:
        wanted = max(size[0], round(width * scale)), max(size[1], round(height * scale))
        kind = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
        picture = cv2.resize(picture, wanted, interpolation=kind)
        height, width = picture.shape[:2]
    left, top = (width - size[0]) // 2, (height - size[1]) // 2
    return picture[top : top + size[1], left : left + size[0]]
