"""How a server is run: `omnitalker/data/serve/*.yaml`."""

from __future__ import annotations

from dataclasses import dataclass, field

from omnitalker.agent.hearing import Hearing
from omnitalker.agent.language_model import LanguageModel
from omnitalker.base.assets import DEFAULT_CHECKPOINT


@dataclass(frozen=True)
class ServeConfig:
    host: str = "127.0.0.1"
    port: int = 8000
    checkpoint: str = DEFAULT_CHECKPOINT
    device: str = "cpu"
    characters: tuple[str, ...] = ("ava", "lin", "museum_guide")
    """The first is the default."""
    keys_env: str = "OMNITALKER_KEYS"
    """The environment variable with the accepted keys, parted by commas; empty = everybody may."""
    origins: tuple[str, ...] = ()
    """Web origins besides the server's own that may connect."""
    sessions: int = 4
    """Live avatars at a time."""
    syntheses: int = 4
    """Answers of /v1/audio/speech and /v1/video/speech made at a time."""
    requests_per_minute: int = 120
    """Per key or address; 0 = no limit."""
    most_characters: int = 4096
    most_body_bytes: int = 1_000_000
    idle_minutes: float = 15.0
    """A live avatar whose client sends nothing for so long is closed."""
    voice_aliases: dict[str, str] = field(default_factory=dict)
    """Names that clients insist on (`alloy`), and the character or voice that stands for them."""
    language_model: LanguageModel = field(default_factory=LanguageModel)
    hearing: Hearing = field(default_factory=Hearing)
    """Who understands what users say into their microphones."""
