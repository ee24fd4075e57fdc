"""From a character, or its name, to somebody who performs it, and to an open session."""

from __future__ import annotations

from omnitalker.agent.character import Character, load_character, perform
from omnitalker.live.events import SessionSettings
from omnitalker.live.performer import Performer
from omnitalker.live.session import AvatarSession
from omnitalker.live.warmup import warm_up
from omnitalker.pipeline import OmniTalkerPipeline


def performer_of(pipeline: OmniTalkerPipeline, character: Character | str) -> Performer:
    """Made ready, which takes a second: face, voice, and a word to nobody."""
    person = load_character(character) if isinstance(character, str) else character
    performer = perform(pipeline.casting, person)
    warm_up(performer)
    return performer


def open_session(
    pipeline: OmniTalkerPipeline,
    character: Character | str = "ava",
    settings: SessionSettings | None = None,
) -> AvatarSession:
    """A session of a built-in character, a character's file, or a `Character`; begins to play when entered."""
    return AvatarSession(performer_of(pipeline, character), settings)
