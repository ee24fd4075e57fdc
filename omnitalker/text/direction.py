"""What a sentence of direction asks for: "tired but kind, slowly, with a small smile" becomes numbers of a delivery.

Read by rules and a table of our own (data/directions.txt) in English and Mandarin: a word lends its effects, the words
before it make them stronger, weaker or turn them round. A word that the table lacks means what the word with the
most letters in common means, or nothing, which is told.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType
from typing import Final, cast

from omnitalker.base.types import Manner
from omnitalker.text.direction_words import FACTORS, FILLERS, HAN, LANGUAGES, SOUNDS, Effects, table

RATIOS: Final = ("speed", "pauses", "pitch_range", "energy", "expressiveness", "head_motion")
"""Multiplied with what a speaker does anyway; `pitch` is added, `emotion` and `language` are names."""
BOUNDS: Final = MappingProxyType(
    {
        "speed": (0.6, 1.6),
        "pauses": (0.3, 3.0),
        "pitch": (-5.0, 5.0),
        "pitch_range": (0.3, 2.0),
        "energy": (0.2, 2.5),
        "expressiveness": (0.3, 1.8),
        "head_motion": (0.3, 1.8),
        "intensity": (0.2, 1.5),
    }
)
LEAST_VOTE: Final = 0.2
FAINT: Final = 0.6
"""An emotion below it is shown by the face; from here on the voice has its manner, too."""
_TOKEN: Final = re.compile(r"[a-zà-ÿ]+(?:['’-][a-zà-ÿ]+)*|[\u3400-\u9fff]+|[,;.!?，；。！？、]")
_NUMBERS: Final = {"half a": 0.5, "a": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "twice": 2.0, "half": 0.5,
                   "double": 2.0}  # fmt: skip
_NUMBER: Final = r"(?P<number>\d+(?:\.\d+)?|half a|an?|one|two|three|four|five)"
_EXACT: Final = (
    (re.compile(rf"{_NUMBER}\s*(?:%|percent|per cent)\s+(?P<what>faster|slower|louder|quieter|softer)"), "percent"),
    (re.compile(rf"{_NUMBER}\s*semitones?\s+(?P<what>higher|up|lower|down|deeper)"), "semitones"),
    (re.compile(r"(?P<number>twice|half) as (?P<what>fast|slow|loud|quiet)(?:ly)?"), "times"),
    (re.compile(r"at (?P<number>half|double) (?:the )?(?P<what>speed|pace|volume)"), "times"),
)  # fmt: skip
_EXACT_OF: Final = {
    **dict.fromkeys(("faster", "fast", "speed", "pace"), ("speed", 1)),
    **dict.fromkeys(("slower", "slow"), ("speed", -1)),
    **dict.fromkeys(("louder", "loud", "volume"), ("energy", 1)),
    **dict.fromkeys(("quieter", "softer", "quiet"), ("energy", -1)),
    **dict.fromkeys(("higher", "up"), ("pitch", 1)),
    **dict.fromkeys(("lower", "down", "deeper"), ("pitch", -1)),
}


@dataclass(frozen=True)
class Direction:
    """Relative to how a speaker speaks: ratios, semitones, an emotion with its intensity, a language."""

    values: Mapping[str, float | str] = field(default_factory=dict)
    """By the name of the option of a delivery."""
    understood: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    """Words that mean nothing here."""
    sounds: tuple[str, ...] = ()
    """Asked for beside speech: laugh, sigh, ..."""

    @property
    def is_whole(self) -> bool:
        """Whether all of it was understood, and there was something."""
        return bool(self.understood or self.sounds) and not self.unknown

    @property
    def told(self) -> tuple[str, ...]:
        """What was understood, in sentences."""
        lines = []
        if self.understood:
            meant = ", ".join(_said(name, value) for name, value in self.values.items())
            lines.append(
                f"direction understood: {', '.join(self.understood)} -> {meant or 'as it is'}"
            )
        if self.unknown:
            lines.append(f"direction not understood, left out: {', '.join(self.unknown)}")
        if self.sounds:
            lines.append(f"no voice here can {', '.join(self.sounds)}; left out")
        return tuple(lines)


def known_directions() -> tuple[str, ...]:
    """The word that names each row of the table, for messages."""
    return table().names


def emotion_named(words: str) -> Manner | None:
    """The emotion that a word such as `joy` means; None where it means none."""
    direction = read_direction(words)
    return cast("Manner | None", direction.values.get("emotion"))


@lru_cache(maxsize=4096)
def read_direction(text: str) -> Direction:
    """What a sentence asks for; nothing in it is an error."""
    total: dict[str, float] = {}
    found: list[tuple[float, Effects]] = []
    votes: dict[str, list[float]] = {}
    understood: list[str] = []
    unknown: list[str] = []
    sounds: list[str] = []
    named: dict[str, str] = {}
    rest = text.lower().replace("’", "'")
    for pattern, kind in _EXACT:
        for match in pattern.finditer(rest):
            _exact(match, kind, total)
            understood.append(match[0])
        rest = pattern.sub(",", rest)
    factor = 1.0
    for phrase in _phrases(rest):
        if phrase in FACTORS:
            factor *= FACTORS[phrase]
        elif phrase in SOUNDS:
            sounds.append(SOUNDS[phrase])
        elif phrase in LANGUAGES:
            named["language"] = LANGUAGES[phrase]
            understood.append(phrase)
        elif (effects := table().find(phrase)) is not None:
            understood.append(phrase if factor == 1.0 else f"{phrase} ({factor:+.1f})")
            found.append((factor, effects))
            for emotion, vote in effects.votes.items():
                votes.setdefault(emotion, []).append(factor * vote)
            factor = 1.0
        elif not _TOKEN.fullmatch(phrase) or phrase in ",;.!?，；。！？、":
            factor = 1.0
        elif phrase not in FILLERS:
            unknown.append(phrase)
    values: dict[str, float | str] = {**_emotion(votes), **named}
    is_heard = float(values.get("intensity", 0.0)) >= FAINT
    for strength, effects in found:
        is_worn = is_heard and values.get("emotion") in effects.votes
        steps = effects.always if is_worn else effects.steps
        for name, step in steps.items():
            total[name] = total.get(name, 0.0) + strength * step
    for name, step in total.items():
        value = step if name == "pitch" else math.exp(step)
        low, high = BOUNDS[name]
        value = round(min(max(value, low), high), 3)
        if value != (0.0 if name == "pitch" else 1.0):
            values[name] = value
    return Direction(MappingProxyType(values), tuple(understood), tuple(unknown), tuple(sounds))


def _emotion(votes: Mapping[str, list[float]]) -> dict[str, float | str]:
    """The feeling with most votes; its strongest word, and a little more for every other, says how much."""
    totals = {emotion: sum(found) for emotion, found in votes.items()}
    name = max(totals, key=lambda emotion: totals[emotion], default=None)
    if name is None or totals[name] < LEAST_VOTE:
        return {}
    if name == "neutral":
        return {"emotion": name}
    low, high = BOUNDS["intensity"]
    strength = max(votes[name]) * (1 + 0.15 * (len(votes[name]) - 1))
    return {"emotion": name, "intensity": round(min(max(strength, low), high), 2)}


def _exact(match: re.Match[str], kind: str, total: dict[str, float]) -> None:
    """Adds a number that was named."""
    said = match["number"]
    number = float(_NUMBERS[said]) if said in _NUMBERS else float(said)
    name, sign = _EXACT_OF[match["what"]]
    if kind == "semitones":
        step = sign * number
    elif kind == "percent":
        step = math.log(max(1 + sign * number / 100, 0.1))
    else:
        step = sign * math.log(number)
    total[name] = total.get(name, 0.0) + step


def _phrases(text: str) -> Iterator[str]:
    """Words, marks, and the longest phrases that are known."""
    tokens = _TOKEN.findall(text)
    place = 0
    while place < len(tokens):
        if HAN.match(tokens[place]):
            yield from _han_phrases(tokens[place])
            place += 1
            continue
        for length in (4, 3, 2, 1):
            phrase = " ".join(tokens[place : place + length])
            if length == 1 or phrase in SOUNDS or phrase in table().effects:
                yield phrase
                place += length if length > 1 else 1
                break


def _han_phrases(run: str) -> Iterator[str]:
    """Without spaces: from every place the longest word that is known; what is between them together."""
    held, place = "", 0
    while place < len(run):
        for length in range(min(6, len(run) - place), 0, -1):
            phrase = run[place : place + length]
            if _is_known(phrase):
                if held:
                    yield held
                held = ""
                yield phrase
                place += length
                break
        else:
            held += run[place]
            place += 1
    if held:
        yield held


def _is_known(phrase: str) -> bool:
    places = (FACTORS, SOUNDS, LANGUAGES, FILLERS, table().effects)
    return any(phrase in place for place in places)


def _said(name: str, value: float | str) -> str:
    shown = name.replace("_", " ")
    if isinstance(value, str):
        return f"{shown} {value}"
    if name == "intensity":
        return f"{shown} {value:g}"
    return f"{shown} {value:+g} semitones" if name == "pitch" else f"{shown} x {value:g}"
