"""Who can be seen and heard: built-in presenters, built-in voices, and the visitor's saved styles."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import yaml

from omnitalker.base import assets

FROM_REFERENCE = "my reference"
SAVED = "saved: "


@dataclass(frozen=True)
class Presenter:
    name: str
    title: str
    description: str
    picture: Path | None
    voice: str | None
    """The built-in voice that goes with the face."""


def presenters(voices: tuple[str, ...]) -> tuple[Presenter, ...]:
    """The built-in ones that have a file here, in alphabetical order."""
    table = assets.find(Path(assets.PRESENTERS) / "presenters.yaml")
    known = yaml.safe_load(table.read_text(encoding="utf-8")) if table else {}
    found = []
    for name in assets.presenter_names():
        facts = known.get(name, {})
        wanted = facts.get("voice") or name
        found.append(
            Presenter(
                name=name,
                title=facts.get("title", name.title()),
                description=facts.get("description", ""),
                picture=assets.find(Path(assets.PRESENTERS) / f"{name}.jpg"),
                voice=wanted if wanted in voices else next(iter(voices), None),
            )
        )
    return tuple(found)
