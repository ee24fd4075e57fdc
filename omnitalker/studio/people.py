"""Who there is to choose from: built-in voices and presenters, with what people are told of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from omnitalker.base import assets
from omnitalker.base.config import read_yaml
from omnitalker.reference.library import FOLDER, StyleLibrary

VOICES_FILE = "voices.yaml"
"""Beside the voices of a checkpoint: NAME: {sex, language, description}."""


@dataclass(frozen=True)
class VoiceFacts:
    """A built-in voice; facts are empty where they are not known."""

    name: str
    emotions: tuple[str, ...]
    sex: str = ""
    language: str = ""
    description: str = ""


@dataclass(frozen=True)
class Presenter:
    name: str
    title: str
    description: str
    picture: Path | None
    voice: str | None
    """The built-in voice that goes with the face."""


def voices(checkpoint: str | Path = assets.DEFAULT_CHECKPOINT) -> tuple[VoiceFacts, ...]:
    """Those of a checkpoint, without loading anything."""
    folder = assets.checkpoint_dir(checkpoint)
    sheet = folder / FOLDER / VOICES_FILE
    known = read_yaml(sheet) if sheet.is_file() else {}
    return tuple(
        VoiceFacts(name, emotions, *(str(_of(known, name).get(fact) or "") for fact in _FACTS))
        for name, emotions in StyleLibrary(folder).catalogue().items()
    )


_FACTS = ("sex", "language", "description")


def presenters(voices: tuple[str, ...] = ()) -> tuple[Presenter, ...]:
    """The built-in ones that have a file here, in alphabetical order; `voices`: those of the checkpoint."""
    table = assets.find(Path(assets.PRESENTERS) / "presenters.yaml")
    known = read_yaml(table) if table else {}
    found = []
    for name in assets.presenter_names():
        facts = _of(known, name)
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


def _of(known: dict[str, Any], name: str) -> dict[str, Any]:
    facts = known.get(name)
    return facts if isinstance(facts, dict) else {}
