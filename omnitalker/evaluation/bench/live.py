"""`omnitalker bench live`: what a user feels, measured on this machine with real sessions, part by part."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

from omnitalker.agent.character import Character, perform
from omnitalker.base.config import unknown_choice
from omnitalker.base.errors import InputError
from omnitalker.evaluation.bench.live_reactions import reactions
from omnitalker.evaluation.bench.live_talk import Note, continuous, interruption, together, turns
from omnitalker.live.performer import Performer
from omnitalker.live.warmup import warm_up
from omnitalker.studio.casting import Casting
from omnitalker.studio.order import parse

Part = Literal["turns", "continuous", "interruption", "reactions", "together", "webrtc"]
PARTS: tuple[Part, ...] = get_args(Part)
MOST_REACTIONS = 30
TOGETHER_SECONDS = 30.0


@dataclass(frozen=True)
class BenchSettings:
    turns: int = 20
    seconds: float = 30.0
    sessions: int = 4
    size: int = 512
    renderer: str = "warp"
    checkpoint: str = "checkpoints/tiny"
    webrtc_minutes: float = 1.0
    """Watch the sound and picture of a WebRTC peer for so long."""
    parts: tuple[Part, ...] = PARTS[:-1]
    """`turns`: latency and memory."""

    def __post_init__(self) -> None:
        for part in self.parts:
            if part not in PARTS:
                raise InputError(unknown_choice("part", part, PARTS))


def measure(settings: BenchSettings, keep: Note = lambda _: None) -> dict[str, Any]:
    """Every figure by name; times in milliseconds unless the name says otherwise.

    `keep` gets all there is whenever there is more, so that a run that is stopped leaves what it measured.
    """
    studio = Casting.from_pretrained(settings.checkpoint)
    order = parse({"renderer": settings.renderer, "size": settings.size})
    character = Character("bench", "A voice.", order)
    performer = perform(studio, character)
    warm_up(performer)
    figures: dict[str, Any] = {"settings": asdict(settings), "processors": os.cpu_count()}

    def note(more: dict[str, Any]) -> None:
        figures.update(more)
        keep(figures)

    for part in settings.parts:
        load = {"load_average": round(os.getloadavg()[0], 2)}
        made = _WORK[part](settings, performer, studio, note)
        note({name: {**values, **load} for name, values in made.items()})
    return figures


def _reactions(
    settings: BenchSettings, performer: Performer, _: Casting, __: Note
) -> dict[str, Any]:
    return {"reactions_ms": reactions(performer, min(settings.turns // 2, MOST_REACTIONS))}


def _webrtc(
    settings: BenchSettings, performer: Performer, studio: Casting, note: Note
) -> dict[str, Any]:
    from omnitalker.evaluation.bench.live_webrtc import webrtc

    made = webrtc(
        performer,
        studio,
        settings.webrtc_minutes,
        settings.size,
        lambda figures: note({"webrtc": figures}),
    )
    return {"webrtc": made}


_WORK: dict[Part, Callable[[BenchSettings, Performer, Casting, Note], dict[str, Any]]] = {
    "turns": lambda s, p, _, note: turns(p, s.turns, note),
    "continuous": lambda s, p, _, note: continuous(p, s.seconds, note),
    "interruption": lambda s, p, _, note: interruption(p, min(s.turns // 2, MOST_REACTIONS), note),
    "reactions": _reactions,
    "together": lambda s, p, *_: together(p, s.sessions, min(s.seconds / 2, TOGETHER_SECONDS)),
    "webrtc": _webrtc,
}
