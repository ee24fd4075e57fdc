"""How a server is run: `omnitalker/data/serve/*.yaml`."""

from __future__ import annotations

from dataclasses import dataclass, field

from omnitalker.agent.hearing import Hearing
from omnitalker.agent.language_model import LanguageModel
from omnitalker.base.assets import DEFAULT_CHECKPOINT
from omnitalker.server.admission import Allowance


@dataclass(frozen=True)
class IceServer:
    """`urls`: stun:host:port or turn:host:port; the password is in an environment variable."""

    urls: tuple[str, ...]
    username: str = ""
    password_env: str = ""


@dataclass(frozen=True)
class ServeConfig:
    host: str = "127.0.0.1"
    port: int = 8000
    checkpoint: str = DEFAULT_CHECKPOINT
    device: str = "cpu"
    characters: tuple[str, ...] = ("ava", "lin", "museum_guide")
    """The first is the default."""
    keys_env: str = "OMNITALKER_KEYS"
    """The environment variable with the accepted keys, parted by commas. Without it, and without a file, everybody
    may, which is refused for addresses that others reach."""
    keys_file: str | None = None
    """Names and digests of keys, as `omnitalker key` writes them; read again when it changes."""
    insecure: bool = False
    """Serve others without keys all the same."""
    hosts: tuple[str, ...] = ()
    """Names this server is asked by, besides addresses, localhost and those of `origins`; `.example.org` is for
    all below it."""
    origins: tuple[str, ...] = ()
    """Web origins besides the server's own that may connect."""
    sessions: int = 4
    """Live avatars at a time."""
    syntheses: int = 4
    """Answers of /v1/audio/speech and /v1/video/speech made at a time."""
    allowance: Allowance = field(default_factory=Allowance)
    """The limits of one caller."""
    most_characters: int = 4096
    most_phonemes: int = 12_000
    """Of one answer: signs are read out, so few characters can be many minutes."""
    answer_seconds: float = 900.0
    """Longest time one answer of speech or video may take, reader included."""
    most_body_bytes: int = 1_000_000
    write_seconds: float = 5.0
    """Longest wait for a reader who does not take what is ready."""
    idle_minutes: float = 15.0
    """A live avatar whose client sends nothing for so long is closed."""
    proxies: tuple[str, ...] = ()
    """Addresses of reverse proxies whose word is taken for who their callers are (X-Forwarded-For)."""
    ice_servers: tuple[IceServer, ...] = ()
    """STUN and TURN servers for WebRTC; none are asked where none are given."""
    voice_aliases: dict[str, str] = field(default_factory=dict)
    """Names that clients insist on (`alloy`), and the character or voice that stands for them."""
    language_model: LanguageModel = field(default_factory=LanguageModel)
    hearing: Hearing = field(default_factory=Hearing)
    """Who understands what users say into their microphones."""
