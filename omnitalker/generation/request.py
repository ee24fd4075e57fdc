"""What a caller asks for: one frozen value that the CLI, the web demo and the server all build."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from omnitalker.audio.curves import Curves, Melody
from omnitalker.base.config import unknown_choice
from omnitalker.base.errors import InputError
from omnitalker.base.types import StylePrompt
from omnitalker.generation.pacing import OFFLINE, Pacing

if TYPE_CHECKING:
    from omnitalker.generation.sample import SamplingSettings

LANGUAGES = ("auto", "en", "zh")
MAX_CHARACTERS = 100_000
TARGET_LUFS = -16.0
"""What podcasts and phones use for speech."""
LOUDEST = -10.0

RANGES = {
    "speed": (0.5, 2.0),
    "expressiveness": (0.0, 2.0),
    "head_motion": (0.0, 2.0),
    "pauses": (0.0, 4.0),
    "pitch": (-12.0, 12.0),
    "pitch_range": (0.0, 3.0),
    "energy": (0.1, 4.0),
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
    pitch: float = 0.0
    """Semitones higher or lower. This, the next and `contour` need a checkpoint with a prosody network."""
    pitch_range: float = 1.0
    """How far the pitch goes up and down, relative to what the model would do."""
    energy: float = 1.0
    """Amplitude of the voice, relative to what the model would do; its level alone without a prosody network."""
    contour: Callable[[Curves], Curves] | None = None
    """Any other change of the curves that were decided, stretch by stretch."""
    loudness: float | None = TARGET_LUFS
    """LUFS that everything comes to (at energy 1), with true peaks under -1 dB; None = as loud as it is made."""
    seed: int = 0
    sampling: SamplingSettings | None = None
    """None = the checkpoint's own default."""
    pacing: Pacing = OFFLINE
    """`pacing.live()` begins with a short chunk where somebody waits, instead of whole clauses."""

    @property
    def melody(self) -> Melody:
        return Melody(self.pitch, self.pitch_range, self.energy, self.contour)

    def __post_init__(self) -> None:
        check_text(self.text)
        if self.loudness is not None and not -40 <= self.loudness <= LOUDEST:
            raise InputError(
                f"loudness must be between -40 and -10 LUFS or None, got {self.loudness}"
            )
        check_controls(
            self.language, self.seconds, **{name: getattr(self, name) for name in RANGES}
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
    """`values`: speed, pauses, pitch, energy, expressiveness, ... Costs nothing, so it can come before loading."""
    if language not in LANGUAGES:
        raise InputError(unknown_choice("language", language, LANGUAGES))
    for name, value in values.items():
        low, high = RANGES[name]
        if not low <= value <= high:
            raise InputError(f"{name} must be between {low} and {high}, got {value}")
    if seconds is not None and seconds <= 0:
        raise InputError(f"seconds must be positive, got {seconds}")
