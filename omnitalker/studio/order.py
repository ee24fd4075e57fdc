"""What to make, said once: the command line, a manifest, the page, HTTP and characters are parsed into an `Order`,
and their options, columns and fields are made from its fields.

order = parse({"text": "Hello.", "face": "ava", "emotion": "happy:1.3", "format": "webm"})
"""

from __future__ import annotations

import difflib
import logging
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import cache
from typing import Any

from omnitalker.base.errors import InputError
from omnitalker.base.types import MANNERS
from omnitalker.generation.request import LANGUAGES, LOUDEST, RANGES, TARGET_LUFS
from omnitalker.rendering.aspect import ASPECTS
from omnitalker.studio.option import Checked, Option, option, options_of
from omnitalker.studio.writers import WRITERS
from omnitalker.text.direction import RATIOS

log = logging.getLogger(__name__)

LAYOUTS = ("cut", "side-by-side", "grid", "picture-in-picture", "voice-over")
"""Of a scene: who is seen where."""
RENDERERS = ("warp", "refined", "sketch")
SIZES = (256, 512, 768, 1080)
STYLE_FILE = ".safetensors"


@dataclass(frozen=True)
class Voice(Checked):
    """Who is heard, and whose manner the face has."""

    voice: str | None = option(
        None, "Who is heard: a built-in voice (see 'omnitalker voices'), a recording or a clip",
        is_file=True,
    )  # fmt: skip
    style: str | None = option(None, "A saved style file: its voice and its manner", is_file=True)
    ref: str | None = option(
        None, "A clip of 1-10 s whose voice, manner and face to take", is_file=True
    )
    ref_text: str | None = option(None, "What is said in the clip, if you know it")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.ref is not None and self.style is not None:
            raise InputError("give either a reference clip (ref) or a style, not both")


@dataclass(frozen=True)
class Delivery(Checked):
    """How it is said."""

    emotion: str = option(
        "neutral", f"NAME or NAME:intensity: {', '.join(MANNERS)} (of built-in voices)",
        choices=MANNERS,
    )  # fmt: skip
    intensity: float = option(1.0, "Of the emotion, in the face", span=(0.0, 2.0))
    language: str = option("auto", "en, zh, or auto for each span", choices=LANGUAGES)
    speed: float = option(1.0, "How fast", span=RANGES["speed"])
    pauses: float = option(1.0, "Length of the pauses", span=RANGES["pauses"])
    seconds: float | None = option(
        None, "Stretch the whole to about this length", span=(0.1, math.inf)
    )
    expressiveness: float = option(1.0, "How much the face moves", span=RANGES["expressiveness"])
    head_motion: float = option(1.0, "How much the head moves", span=RANGES["head_motion"])
    pitch: float = option(0.0, "Semitones higher or lower", span=RANGES["pitch"])
    pitch_range: float = option(
        1.0, "From a monotone to singing; 1 as the voice speaks", span=RANGES["pitch_range"]
    )
    energy: float = option(1.0, "From soft to loud; 1 as predicted", span=RANGES["energy"])
    direct: str | None = option(
        None, "How to say it, in words: 'tired but kind, slowly' (English or Mandarin)"
    )
    loudness: float = option(
        TARGET_LUFS, "LUFS that the whole comes to; 0 leaves it as made", span=(-40.0, 0.0)
    )
    lexicon: str | None = option(None, "words.tsv: a word, a tab, its pronunciation", is_file=True)
    steps: int | None = option(None, "Network steps; more is finer and slower", span=(1, 100))
    seed: int = option(0, "Same seed, same result", span=(0, 2**31 - 1))

    def __post_init__(self) -> None:
        super().__post_init__()
        if LOUDEST < self.loudness < 0:
            raise InputError(
                f"loudness goes up to {LOUDEST:g}, or is 0 for as made, got {self.loudness:g}"
            )

    def steered(self, values: Mapping[str, float | str]) -> Delivery:
        """As a direction changes it: ratios are multiplied, semitones added, an emotion or a language replaced."""
        changed: dict[str, Any] = dict(values)
        if "emotion" in changed:
            changed.setdefault("intensity", 1.0)
        for name in (*RATIOS, "pitch"):
            if name in changed:
                own, (low, high) = getattr(self, name), RANGES[name]
                meant = own + changed[name] if name == "pitch" else own * changed[name]
                changed[name] = min(max(meant, low), high)
        return replace(self, **changed)


@dataclass(frozen=True)
class Look(Checked):
    """Who is seen, and in what picture."""

    face: str | None = option(
        None, "Who is seen: a built-in presenter, a portrait, a clip or an identity file",
        is_file=True,
    )  # fmt: skip
    size: int = option(512, "Shorter side of the picture in pixels", choices=SIZES)
    aspect: str = option("1:1", "Shape of the picture", choices=ASPECTS)
    background: str | None = option(
        None, "own, blur, a colour like #eceef1, a picture or a video; without it own, or none in a cut-out",
        is_file=True,
    )  # fmt: skip
    paste_back: bool = option(False, "Put the head back into the portrait's full frame")
    layout: str | None = option(
        None, "Of a scene, in the place of what its script says", choices=LAYOUTS
    )
    renderer: str = option(
        "warp", "warp (photo-real), refined (learned on top), sketch (debugging)", choices=RENDERERS
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        is_framed = self.aspect != "1:1" or self.background is not None
        if self.paste_back and is_framed:
            raise InputError(
                "paste_back shows the portrait's own frame; leave out aspect and background"
            )
        if self.renderer == "sketch" and (self.paste_back or is_framed):
            raise InputError(
                "the sketch renderer has no framing; leave out aspect, background and paste_back"
            )


def _formats() -> str:
    told = [f"{name} ({writer.told})" if writer.told else name for name, writer in WRITERS.items()]
    return ", ".join(told)


@dataclass(frozen=True)
class Outputs(Checked):
    """Which files are written."""

    format: str = option("mp4", _formats(), choices=WRITERS)
    subtitles: bool = option(False, "Write .srt and .vtt beside it")
    motion_csv: bool = option(False, "Write the ARKit curves beside it")

    @property
    def is_sound_alone(self) -> bool:
        """Whether nobody will see how the face moves."""
        return all(WRITERS[name].sees == "nothing" for name in (self.format, *self.beside))

    @property
    def beside(self) -> tuple[str, ...]:
        """Formats of the further files that are wished."""
        wished = [
            *(("srt", "vtt") if self.subtitles else ()),
            *(("csv",) if self.motion_csv else ()),
        ]
        return tuple(name for name in wished if name != self.format)


@dataclass(frozen=True)
class Order(Checked):
    """One thing to make."""

    text: str | None = option(None, "What to say")
    sound: str | None = option(
        None, "A recording to give a face; a text with it is its transcript", is_file=True
    )
    scene: str | None = option(
        None, "A script of several speakers: .txt, .fountain, .srt, .vtt or .json", is_file=True
    )
    voice: Voice = field(default_factory=Voice)
    delivery: Delivery = field(default_factory=Delivery)
    look: Look = field(default_factory=Look)
    outputs: Outputs = field(default_factory=Outputs)

    def __post_init__(self) -> None:
        if self.sound is not None and self.delivery.seconds is not None:
            raise InputError("a given sound is as long as it is; leave out seconds")
        if self.scene is not None and (self.text is not None or self.sound is not None):
            raise InputError("give either a scene, or a text or a sound of one speaker, not both")
        if self.scene is not None and self.delivery.seconds is not None:
            raise InputError("a scene is as long as its lines; leave out seconds")

    @property
    def words(self) -> str:
        """The text; an `InputError` where there is none, unless a sound or a scene stands for it."""
        if self.sound is not None or self.scene is not None:
            return self.text or ""
        if self.text is None or not self.text.strip():
            raise InputError("the text is empty; give at least one word to say")
        return self.text

    def flat(self) -> dict[str, Any]:
        """Every value by its option's name."""
        parts = (getattr(self, part) for part in PARTS)
        own = {name: getattr(self, name) for name in options_of(Order)}
        return own | {name: value for part in parts for name, value in asdict(part).items()}


PARTS: dict[str, type] = {"voice": Voice, "delivery": Delivery, "look": Look, "outputs": Outputs}
OPTIONS: dict[str, Option] = {
    name: found for cls in (Order, *PARTS.values()) for name, found in options_of(cls).items()
}
"""All options, by their one name."""

ALIASES: dict[str, str] = {
    "presenter": "face",
    "portrait": "face",
    "manner": "emotion",
    "framing": "aspect",
    "reference": "ref",
    "reference_text": "ref_text",
    "speaker": "voice",
}
"""Earlier and usual names, which are understood with a word of warning for one version."""


def current_name(name: str, what: str = "option") -> str:
    """The name that an option has today; an `InputError` suggests one for what is unknown."""
    if name in OPTIONS:
        return name
    if name in ALIASES:
        _warn_once(f"{what} '{name}' is now '{ALIASES[name]}'; the old name goes with 0.3")
        return ALIASES[name]
    close = difflib.get_close_matches(name, [*OPTIONS, *ALIASES], n=1)
    hint = f"; did you mean '{ALIASES.get(close[0], close[0])}'?" if close else "."
    raise InputError(f"{what} '{name}' is not known{hint} Valid: {', '.join(sorted(OPTIONS))}")


def normal(values: Mapping[str, Any], what: str = "option") -> dict[str, Any]:
    """Values under their present names and in their types; what is empty is left out."""
    found: dict[str, Any] = {}
    for given, value in values.items():
        name = current_name(given, what)
        read = OPTIONS[name].read(value)
        if read is not None:
            found[name] = read
    emotion, colon, intensity = found.get("emotion", "").partition(":")
    if colon:
        found["emotion"] = emotion
        found["intensity"] = OPTIONS["intensity"].read(intensity) or 0.0
    style = found.get("style")
    if style and "." not in style and "voice" not in found:
        _warn_once(f"style '{style}' names a voice; say voice, which style will not do from 0.3 on")
        found["voice"] = found.pop("style")
    return found


def parse(values: Mapping[str, Any], what: str = "option") -> Order:
    """An order from flat values. All that is wrong with them is an `InputError`."""
    found = normal(values, what)
    parts = {
        part: cls(**{name: found.pop(name) for name in options_of(cls) if name in found})
        for part, cls in PARTS.items()
    }
    return Order(**found, **parts)


@cache
def _warn_once(words: str) -> None:
    log.warning("%s", words)
