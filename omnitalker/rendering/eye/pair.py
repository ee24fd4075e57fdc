"""Both eyes of an identity: the one door to what is drawn of them."""

from __future__ import annotations

from omnitalker.base.types import FloatArray, Identity
from omnitalker.rendering.eye.closed import OwnLids
from omnitalker.rendering.eye.eyeball import LEFT, RIGHT, Eye
from omnitalker.rendering.eye.lid_patch import DrawnFace, LidCover
from omnitalker.rendering.eye.lids import LidSlide
from omnitalker.rendering.eye.looks import OwnLooks


class EyePair:
    """Lids from the person's bank where there is one, eyeballs between them."""

    def __init__(self, identity: Identity) -> None:
        self._eyes = Eye(identity, LEFT), Eye(identity, RIGHT)
        self._slide = LidSlide(identity)
        self._lids = _own_lids(identity)

    def source(self, rest: FloatArray, points: FloatArray, zoom: float) -> FloatArray:
        """(V, 2) where in the picture the sheet takes its skin from: see `LidSlide`."""
        return self._slide.source(rest, points, zoom)

    def draw(self, drawn: DrawnFace, zoom: float) -> None:
        covers = self._lids.draw(drawn) if self._lids else (LidCover(), LidCover())
        for eye, cover in zip(self._eyes, covers, strict=True):
            eye.draw(drawn.frame, drawn.points, drawn.motion, zoom, cover)


def _own_lids(identity: Identity) -> OwnLids | OwnLooks | None:
    """A clip shows closed lids at best; stills show every look."""
    bank = identity.lids
    if bank is None:
        return None
    return OwnLids(identity, bank) if len(bank.crops) == 1 else OwnLooks(identity, bank)
