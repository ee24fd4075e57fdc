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
from functools import cache, cached_property, lru_cache
from importlib.resources import files
from types import MappingProxyType
from typing import Final, cast

from omnitalker.base.types import Manner
from omnitalker.text.wordlist import words

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
ALIKE: Final = 0.62
"""Of the letter groups of two words, from which on one may stand for the other."""
SOUNDS: Final[Mapping[str, str]] = {
    **dict.fromkeys(words("laughs laugh chuckles chuckle giggles giggle snickers 笑 笑声 大笑"), "laugh"),
    **dict.fromkeys(words("sighs sigh exhales 叹气 叹息"), "sigh"),
    **dict.fromkeys(words("coughs cough 咳嗽"), "cough"),
    **dict.fromkeys(words("gasps gasp inhales breathes breath 吸气 喘气"), "breath"),
    **dict.fromkeys(words("sniffs sniff sniffles sobs sob 抽泣"), "sob"),
    **dict.fromkeys(words("yawns yawn 哈欠"), "yawn"),
    **dict.fromkeys(("clears throat", "clears his throat", "clears her throat", "清嗓子"), "throat"),
}  # fmt: skip
"""What people do with their voices beside speaking, by the words for it."""
_LANGUAGES: Final = {
    **dict.fromkeys(words("en english 英语 英文"), "en"),
    **dict.fromkeys(words("zh mandarin chinese putonghua 中文 汉语 普通话"), "zh"),
}
_FACTORS: Final[Mapping[str, float]] = {
    **dict.fromkeys(words("very really so much truly highly deeply strongly 很 非常 十分 特别 更 更加"), 1.5),
    **dict.fromkeys(words("extremely incredibly utterly absolutely totally 极其 极度 极"), 1.9),
    **dict.fromkeys(words("quite rather pretty fairly 相当 比较"), 1.15),
    **dict.fromkeys(words("more with plus 多"), 1.0),
    **dict.fromkeys(words("slightly little bit somewhat mildly faintly subtle subtly small tiny slight hint touch trace a-bit 稍微 有点 略微 一点 微微 一丝"), 0.5),
    **dict.fromkeys(words("less 少"), -0.8),
    **dict.fromkeys(words("not no never don't dont without isn't avoid nothing hardly 不 不要 别 没有 不太"), -0.7),
    **dict.fromkeys(words("too 太 过于"), 1.2),
    **dict.fromkeys(words("big broad huge wide great 大大"), 1.5),
}  # fmt: skip
_FILLERS: Final = frozenset(
    words(
        "a an the and but or yet of in to at on for by from as if is are be it its it's this that these those you your you're",
        "were i my me we our he she they his her their someone somebody person who whose which while when then also even",
        "just only please speak speaking spoken say saying said talk talking read reading sound sounds sounding use using",
        "voice voices tone tones manner way style mood feeling feel feelings delivery line text words word sentence sentences with",
        "like keep keeping stay staying be being make making give giving do does should must can let have has had having add some",
        "face look looking looks almost nearly slight though although still-be than usual normal-ly overall throughout all every",
        "one's own up down out about into over after before there here very-much kind-of sort-of sort lot bit good little now",
        "听起来 用 以 请 说 地 的 得 着 和 与 但 但是 而 又 并 并且 语气 声音 带 带着 一个 一种 像 样 样子 感觉 点 些 要 语调 口吻 他 她 我 你 在 是 有 一 说话 朗读 读",
    )
)
_TOKEN: Final = re.compile(r"[a-zà-ÿ]+(?:['’-][a-zà-ÿ]+)*|[\u3400-\u9fff]+|[,;.!?，；。！？、]")
_HAN: Final = re.compile("[\u3400-\u9fff]")
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
_EFFECT: Final = re.compile(r"(?P<name>\w+?)(?:=(?P<emotion>\w+))?(?P<sign>[*+-])(?P<size>[\d.]+)")


@dataclass(frozen=True)
class Effects:
    """What one row of the table does: logarithms of ratios, semitones, votes for emotions."""

    steps: Mapping[str, float]
    votes: Mapping[str, float]
    always: Mapping[str, float]
    """In the place of `steps` where the voice itself wears the emotion."""


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
    return _table().names


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
        if phrase in _FACTORS:
            factor *= _FACTORS[phrase]
        elif phrase in SOUNDS:
            sounds.append(SOUNDS[phrase])
        elif phrase in _LANGUAGES:
            named["language"] = _LANGUAGES[phrase]
            understood.append(phrase)
        elif (effects := _table().find(phrase)) is not None:
            understood.append(phrase if factor == 1.0 else f"{phrase} ({factor:+.1f})")
            found.append((factor, effects))
            for emotion, vote in effects.votes.items():
                votes.setdefault(emotion, []).append(factor * vote)
            factor = 1.0
        elif not _TOKEN.fullmatch(phrase) or phrase in ",;.!?，；。！？、":
            factor = 1.0
        elif phrase not in _FILLERS:
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
        if _HAN.match(tokens[place]):
            yield from _han_phrases(tokens[place])
            place += 1
            continue
        for length in (4, 3, 2, 1):
            phrase = " ".join(tokens[place : place + length])
            if length == 1 or phrase in SOUNDS or phrase in _table().effects:
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
    places = (_FACTORS, SOUNDS, _LANGUAGES, _FILLERS, _table().effects)
    return any(phrase in place for place in places)


@dataclass(frozen=True)
class _Table:
    effects: Mapping[str, Effects]
    names: tuple[str, ...]

    def find(self, word: str) -> Effects | None:
        """Of the word, its stem, or the word that is most alike."""
        if word in self.effects:
            return self.effects[word]
        if word in _FILLERS or _HAN.search(word) or len(word) < 4:
            return None
        for ending, other in _ENDINGS:
            if word.endswith(ending) and (stem := word[: -len(ending)] + other) in self.effects:
                return self.effects[stem]
        groups = _groups(word)
        share, best = max((_alike(groups, other), known) for known, other in self.groups.items())
        return self.effects[best] if share >= ALIKE else None

    @cached_property
    def groups(self) -> dict[str, frozenset[str]]:
        return {
            word: _groups(word)
            for word in self.effects
            if not _HAN.search(word) and " " not in word
        }


_ENDINGS: Final = (
    ("ly", ""), ("ily", "y"), ("ness", ""), ("iness", "y"), ("ing", ""), ("ing", "e"), ("er", ""), ("ier", "y"), ("er", "e"),
    ("est", ""), ("iest", "y"), ("ed", ""), ("s", ""), ("ful", ""), ("ally", ""), ("ish", ""), ("y", ""), ("en", ""),
)  # fmt: skip


def _groups(word: str) -> frozenset[str]:
    """Its letters in twos and threes, with its edges: a vector of ones."""
    edged = f"<{word}>"
    return frozenset(edged[i : i + n] for n in (2, 3) for i in range(len(edged) - n + 1))


def _alike(one: frozenset[str], other: frozenset[str]) -> float:
    """Cosine of the two."""
    return len(one & other) / math.sqrt(len(one) * len(other))


@cache
def _table() -> _Table:
    text = (files("omnitalker") / "data" / "directions.txt").read_text(encoding="utf-8")
    effects: dict[str, Effects] = {}
    names = []
    for row in text.splitlines():
        if not row.strip() or row.startswith("#"):
            continue
        meant, _, listed = row.partition(" : ")
        known = [word.strip() for word in re.split("[,;]", listed) if word.strip()]
        names.append(known[0])
        found = _effects(meant)
        effects.update((word, found) for word in known if word not in effects)
    return _Table(effects, tuple(names))


def _effects(row: str) -> Effects:
    usual, _, always = row.partition("|")
    votes = {m["emotion"]: float(m["size"]) for m in _EFFECT.finditer(usual) if m["emotion"]}
    return Effects(_steps(usual), votes, _steps(always))


def _steps(row: str) -> dict[str, float]:
    steps = {}
    for match in _EFFECT.finditer(row):
        size = float(match["size"])
        if match["sign"] == "*" and not match["emotion"]:
            steps[match["name"]] = math.log(size)
        elif not match["emotion"]:
            steps[match["name"]] = size if match["sign"] == "+" else -size
    return steps


def _said(name: str, value: float | str) -> str:
    shown = name.replace("_", " ")
    if isinstance(value, str):
        return f"{shown} {value}"
    if name == "intensity":
        return f"{shown} {value:g}"
    return f"{shown} {value:+g} semitones" if name == "pitch" else f"{shown} x {value:g}"
