"""Who the avatar is: face, voice by manner, persona, greeting, and what it does unasked."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from omnitalker.base import assets
from omnitalker.base.config import load_config, unknown_choice
from omnitalker.base.errors import ConfigError, InputError
from omnitalker.base.types import MANNERS, Manner, Renderer, StylePrompt
from omnitalker.live.performer import Performer

if TYPE_CHECKING:
    from omnitalker.studio.casting import Studio

FOLDER = assets.data_path("characters")


@dataclass(frozen=True)
class Proactive:
    """What the avatar says when the user is silent; each line once, then no more."""

    after_seconds: float = 25.0
    lines: tuple[str, ...] = ("Are you still there?",)


@dataclass(frozen=True)
class Lines:
    """Said in character when something cannot be done."""

    brain_down: str = "I am sorry, I lost my train of thought. Please ask me again in a moment."
    agitated: str = "I hear you. Let us take it one step at a time."


@dataclass(frozen=True)
class Character:
    """One file of `omnitalker/data/characters`. Paths in it count from the file's own folder."""

    name: str
    persona: str
    presenter: str | None = None
    """A built-in presenter, an identity file, or a portrait or clip. None = the first built-in one."""
    voice: str | None = None
    """A built-in voice or a style file. None = the checkpoint's first, or that of `reference`."""
    reference: str | None = None
    """A clip of one's own that lends the voice (and the face, unless `presenter` is given)."""
    voices: dict[str, str] = field(default_factory=dict)
    """Another voice or style file for some manners."""
    manner: Manner = "neutral"
    """How the character is from the outset."""
    language: Literal["auto", "en", "zh"] = "auto"
    speed: float = 1.0
    expressiveness: float = 1.0
    size: int = 512
    renderer: Literal["warp", "refined", "sketch"] = "warp"
    greeting: str = ""
    backchannels: tuple[str, ...] = ("Mm-hm.", "I see.")
    proactive: Proactive = field(default_factory=Proactive)
    lines: Lines = field(default_factory=Lines)

    def __post_init__(self) -> None:
        if not self.name.strip() or not self.persona.strip():
            raise ValueError("a character needs a name and a persona")
        for manner in self.voices:
            if manner not in MANNERS:
                raise ValueError(unknown_choice("voices: manner", manner, MANNERS))
        if self.voice and self.reference:
            raise ValueError("give either 'voice' or 'reference', not both")


def load_character(path: str | Path) -> Character:
    """A character from its file, or a built-in one by its short name."""
    built_in = FOLDER / f"{path}.yaml"
    found = built_in if built_in.is_file() else Path(path)
    if not found.exists():
        raise ConfigError(unknown_choice("character", str(path), character_names()))
    character = load_config(Character, found)
    return _with_paths(character, found.parent)


def character_names() -> tuple[str, ...]:
    return tuple(sorted(path.stem for path in FOLDER.glob("*.yaml")))


def perform(studio: Studio, character: Character) -> Performer:
    """The performer of a character; missing voices and faces are found out here, not in mid-reply."""
    performer = Performer(
        parts=studio.parts,
        find_style=lambda manner: _style(studio, character, manner),
        make_renderer=lambda size: _renderer(studio, character, size),
        size=character.size,
        language=character.language,
        speed=character.speed,
        expressiveness=character.expressiveness,
        name=character.name,
        manner=character.manner,
    )
    performer.style(character.manner)
    return performer


def check(studio: Studio, character: Character) -> list[str]:
    """What will not work as written, in words; empty when all is well."""
    problems = []
    for manner in MANNERS:
        try:
            _named_style(studio, character, manner)
        except InputError as error:
            if manner in (character.manner, "neutral") or manner in character.voices:
                problems.append(f"manner {manner}: {error}")
    try:
        _renderer(studio, character, character.size)
    except InputError as error:
        problems.append(f"presenter: {error}")
    spoken = (character.greeting, *character.backchannels, *character.proactive.lines,
              character.lines.brain_down, character.lines.agitated)  # fmt: skip
    for line in filter(None, spoken):
        try:
            studio.parts.frontend.prepare(line, character.language)
        except InputError as error:
            problems.append(f"cannot say {line!r}: {error}")
    return problems


def _style(studio: Studio, character: Character, manner: Manner) -> StylePrompt:
    """A voice that lacks a manner speaks in its neutral one."""
    try:
        return _named_style(studio, character, manner)
    except InputError:
        if manner == "neutral":
            raise
        return _named_style(studio, character, "neutral")


def _named_style(studio: Studio, character: Character, manner: Manner) -> StylePrompt:
    voice = character.voices.get(manner, character.voice)
    if voice is None and character.reference is not None:
        return studio.style(ref=character.reference)
    return studio.style(style=voice, manner=manner)


def _renderer(studio: Studio, character: Character, size: int) -> Renderer:
    presenter = character.presenter or character.reference
    return studio.renderer(presenter, kind=character.renderer, size=size)


def _with_paths(character: Character, folder: Path) -> Character:
    """Relative file names become paths beside the character's file."""

    def placed(name: str | None) -> str | None:
        if name is not None and Path(name).suffix and (folder / name).exists():
            return str(folder / name)
        return name

    return replace(
        character,
        presenter=placed(character.presenter),
        voice=placed(character.voice),
        reference=placed(character.reference),
        voices={manner: placed(name) or name for manner, name in character.voices.items()},
    )
