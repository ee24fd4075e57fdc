"""Who the avatar is: face, voice by manner, persona, greeting, and what it does unasked."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

from omnitalker.base import assets
from omnitalker.base.config import build, read_yaml, unknown_choice
from omnitalker.base.errors import ConfigError, InputError
from omnitalker.base.types import MANNERS, Manner, Renderer, StylePrompt
from omnitalker.live.performer import Performer
from omnitalker.studio.option import options_of
from omnitalker.studio.order import ALIASES, Delivery, Look, Order, Voice, normal, parse
from omnitalker.studio.produce import fitted

if TYPE_CHECKING:
    from omnitalker.studio.casting import Casting
from omnitalker.studio.directed import heeded

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
    order: Order = field(default_factory=Order)
    """Voice, delivery and look. In the file its options stand by their names beside the rest."""
    voices: dict[str, str] = field(default_factory=dict)
    """Another voice or style file for some emotions."""
    greeting: str = ""
    backchannels: tuple[str, ...] = ("Mm-hm.", "I see.")
    proactive: Proactive = field(default_factory=Proactive)
    lines: Lines = field(default_factory=Lines)

    def __post_init__(self) -> None:
        if not self.name.strip() or not self.persona.strip():
            raise ValueError("a character needs a name and a persona")
        for emotion in self.voices:
            if emotion not in MANNERS:
                raise ValueError(unknown_choice("voices: emotion", emotion, MANNERS))

    @property
    def manner(self) -> Manner:
        """How the character is from the outset."""
        return cast(Manner, self.order.delivery.emotion)


_OPTIONS = {name for part in (Voice, Delivery, Look) for name in options_of(part)} - {"seconds"}
"""What of an order a character may say: all but the text and its length."""
_OWN = {item.name for item in fields(Character)} - {"order"}


def load_character(path: str | Path) -> Character:
    """A character from its file, or a built-in one by its short name."""
    built_in = FOLDER / f"{path}.yaml"
    found = built_in if built_in.is_file() else Path(path)
    if not found.exists():
        raise ConfigError(unknown_choice("character", str(path), character_names()))
    values = read_yaml(found)
    own = {name: values.pop(name) for name in _OWN & set(values)}
    try:
        wishes = normal({name: value for name, value in values.items() if _is_option(name)})
        order = parse(_placed(wishes, found.parent))
    except InputError as error:
        raise ConfigError(f"{found}: {error}") from error
    if left := [name for name in values if not _is_option(name)]:
        raise ConfigError(unknown_choice(f"{found}: key", left[0], _OWN | _OPTIONS))
    character = build(Character, own, str(found))
    return replace(character, order=order, voices=_placed(character.voices, found.parent))


def _is_option(name: str) -> bool:
    return ALIASES.get(name, name) in _OPTIONS


def character_names() -> tuple[str, ...]:
    return tuple(sorted(path.stem for path in FOLDER.glob("*.yaml")))


def perform(studio: Casting, character: Character) -> Performer:
    """The performer of a character; missing voices and faces are found out here, not in mid-reply."""
    delivery, _ = heeded(character.order.delivery, studio.parts)
    character = replace(character, order=replace(character.order, delivery=delivery))
    performer = Performer(
        parts=fitted(studio.parts, delivery),
        find_style=lambda manner: _style(studio, character, manner),
        make_renderer=lambda size: _renderer(studio, character, size),
        size=character.order.look.size,
        delivery=delivery,
        name=character.name,
    )
    performer.style(character.manner)
    return performer


def check(studio: Casting, character: Character) -> list[str]:
    """What will not work as written, in words; empty when all is well."""
    problems = []
    for manner in MANNERS:
        try:
            _named_style(studio, character, manner)
        except InputError as error:
            if manner in (character.manner, "neutral") or manner in character.voices:
                problems.append(f"emotion {manner}: {error}")
    try:
        _renderer(studio, character, character.order.look.size)
    except InputError as error:
        problems.append(f"face: {error}")
    spoken = (character.greeting, *character.backchannels, *character.proactive.lines,
              character.lines.brain_down, character.lines.agitated)  # fmt: skip
    for line in filter(None, spoken):
        try:
            studio.parts.frontend.prepare(line, character.order.delivery.language)
        except InputError as error:
            problems.append(f"cannot say {line!r}: {error}")
    return problems


def _style(studio: Casting, character: Character, manner: Manner) -> StylePrompt:
    """A voice that lacks a manner speaks in its neutral one."""
    try:
        return _named_style(studio, character, manner)
    except InputError:
        if manner == "neutral":
            raise
        return _named_style(studio, character, "neutral")


def _named_style(studio: Casting, character: Character, manner: Manner) -> StylePrompt:
    order = character.order
    voice = order.voice
    if manner in character.voices:
        voice = Voice(voice=character.voices[manner])
    return studio.style(voice, manner, order.delivery.intensity, order.look.face)


def _renderer(studio: Casting, character: Character, size: int) -> Renderer:
    order = character.order
    face = order.look.face or order.voice.ref
    return studio.renderer(replace(order.look, size=size), face)


def _placed(names: dict[str, str], folder: Path) -> dict[str, str]:
    """Relative file names become paths beside the character's file."""
    return {
        key: str(folder / name)
        if isinstance(name, str) and Path(name).suffix and (folder / name).exists()
        else name
        for key, name in names.items()
    }
