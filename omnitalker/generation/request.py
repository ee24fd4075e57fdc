"""What a caller asks for: one frozen value that the CLI, the web demo and the server all build."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from omnitalker.base.config import unknown_choice
from omnitalker.base.errors import InputError
from omnitalker.base.types import StylePrompt
from omnitalker.generation.pacing import OFFLINE, Pacing

if TYPE_CHECKING:
    from omnitalker.generation.sample import SamplingSettings

LANGUAGES = ("auto", "en", "zh")
MAX_CHARACTERS = 100_000

_RANGES = {
    "speed": (0.5, 2.0),
    "expressiveness": (0.0, 2.0),
    "head_motion": (0.0, 2.0),
    "pauses": (0.0, 4.0),
}


@dataclass(frozen=True)
class SpeakRequest:
    """Say `text` in the voice and manner of `style`."""

    text: str
    style: StylePrompt
    language: Literal["auto", "en", "zh"] = "auto"
    speed: float = 1.0
    pauses: float = 1.0
    """Length of the pauses at punctuation, relative to what the model would do."""
    seconds: float | None = None
    """Total length wanted; None lets the model decide."""
    expressiveness: float = 1.0
    head_motion: float = 1.0
    seed: int = 0
    sampling: SamplingSettings | None = None
    """None = the checkpoint's own default."""
    pacing: Pacing = OFFLINE
    """`pacing.live()` begins with a short chunk where somebody waits, instead of whole clauses."""

    def __post_init__(self) -> None:
        check_text(self.text)
        check_controls(
            self.language, self.seconds, **{name: getattr(self, name) for name in _RANGES}
        )


def check_text(text: str) -> None:
    if not text.strip():
        raise InputError("the text is empty; give at least one word to say")
    if len(text) > MAX_CHARACTERS:
        raise InputError(
            f"the text has {len(text):,} characters; the limit is {MAX_CHARACTERS:,}. "
            "Split it into several files and use 'omnitalker batch'"
        )


def check_controls(language: str, seconds: float | None = None, **values: float) -> None:
    """`values`: speed, pauses, expressiveness, head_motion. Costs nothing, so it can come before loading."""
    if language not in LANGUAGES:
        raise InputError(unknown_choice("language", language, LANGUAGES))
    for name, value in values.items():
        low, high = _RANGES[name]
        if not low <= value <= high:
            raise InputError(f"{name} must be between {low} and {high}, got {value}")
    if seconds is not None and seconds <= 0:
        raise InputError(f"seconds must be positive, got {seconds}")
