"""A sentence to nobody, so that the first real one does not pay for loading and knows how fast this machine is."""

from __future__ import annotations

from contextlib import closing
from itertools import islice
from typing import Final

from omnitalker.generation.pacing import SHORT_OPENING
from omnitalker.live.performer import Performer
from omnitalker.live.reply import Reply

TEXT: Final = "Well, let me think about that for a moment, and then I will tell you."
FRAMES: Final = 30
DRAWING_COST: Final = 1.4
"""In earnest pictures are drawn beside the second window, which takes so much longer then."""


def warm_up(performer: Performer) -> None:
    """Once per performer; whoever comes while it is done waits for it."""
    with performer.warming:
        if performer.is_warm:
            return
        performer.is_warm = True
        opening = performer.opening
        for _ in range(2):  # the first time tells nothing about the speed of this machine
            opening.begin_anew()
            reply = Reply(performer, manner=performer.manner)
            reply.push(TEXT)
            reply.end()
            with closing(reply.frames()) as frames:
                for _ in islice(frames, FRAMES):
                    pass
        if (alone := opening.second_window(SHORT_OPENING)) is not None:
            opening.begin_anew(DRAWING_COST * alone)
        performer.make_renderer(performer.size).frame(performer.idle(performer.manner)[0])
