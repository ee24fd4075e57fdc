"""What all connections share: one pipeline, the characters, the voices, and the places there are."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import cast

from omnitalker.agent.brain import Brain
from omnitalker.agent.character import Character, perform
from omnitalker.agent.hearing import recogniser_of
from omnitalker.base.config import unknown_choice
from omnitalker.base.errors import InputError
from omnitalker.base.types import MANNERS, Manner
from omnitalker.live.performer import Performer
from omnitalker.live.session import AvatarSession
from omnitalker.server.admission import Admission
from omnitalker.server.settings import ServeConfig
from omnitalker.studio.casting import Casting
from omnitalker.studio.order import Order
from omnitalker.studio.order import Voice as VoiceWish

OPENAI_VOICES = (
    "alloy", "ash", "ballad", "coral", "echo", "fable", "nova", "onyx", "sage", "shimmer", "verse",
    "marin", "cedar",
)  # fmt: skip


@dataclass(frozen=True)
class Voice:
    """What a client's voice name stands for."""

    performer: Performer
    manner: Manner


class ServerState:
    """Safe under threads. Performers are made when first asked for, and once."""

    def __init__(
        self,
        studio: Casting,
        characters: dict[str, Character],
        config: ServeConfig | None = None,
        brain: Brain | None = None,
        performers: dict[str, Performer] | None = None,
    ) -> None:
        """`performers`: characters that are made ready already."""
        if not characters:
            raise InputError("a server needs at least one character")
        self.studio = studio
        self.characters = characters
        self.config = config or ServeConfig()
        self.toolbox = self.config.language_model.toolbox()
        self.brain = brain or self.config.language_model.brain(self.toolbox)
        self.recogniser = recogniser_of(self.config.hearing)
        self.admission = Admission(
            self.config.allowance, self.config.sessions, self.config.syntheses
        )
        self.live: set[AvatarSession] = set()
        """Those that are open now."""
        self.is_leaving = threading.Event()
        """Set when the server was told to stop: what is being said may end, nothing new begins."""
        self.is_hurried = threading.Event()
        """Set when the server must end now: answers stop where they are."""
        self._performers: dict[str, Performer] = dict(performers or {})
        self._lock = threading.Lock()

    @property
    def default(self) -> str:
        return next(iter(self.characters))

    def performer(self, name: str) -> Performer:
        """Of a character, or a built-in voice with the default character's face."""
        with self._lock:
            if name not in self._performers:
                self._performers[name] = perform(self.studio, self._character(name))
            return self._performers[name]

    def voice(self, name: str | None) -> Voice:
        """`ava`, `ava:happy`, or one of OpenAI's names; None = the default."""
        base, _, manner = (name or self.default).partition(":")
        base = self.config.voice_aliases.get(base, base)
        if base in OPENAI_VOICES and base not in self.voices():
            base = self.default
        if manner and manner not in MANNERS:
            raise InputError(unknown_choice("manner", manner, MANNERS))
        chosen = manner or self._character(base).manner
        return Voice(self.performer(base), cast(Manner, chosen))

    def voices(self) -> tuple[str, ...]:
        built_in = self.studio.parts.library.names
        return (*self.characters, *(name for name in built_in if name not in self.characters))

    def _character(self, name: str) -> Character:
        if name in self.characters:
            return self.characters[name]
        if name in self.studio.parts.library.names:
            look = self.characters[self.default].order.look
            order = Order(voice=VoiceWish(name), look=look)
            return Character(name=name, persona=f"You are {name}.", order=order)
        raise InputError(unknown_choice("voice or character", name, self.voices()))
