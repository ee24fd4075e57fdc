"""Voices by description: "a calm older British man, low and warm" finds the nearest built-in voice, or makes a new one.

Each built-in voice is a point: its sex and accent as its sheet says, pitch, pace, brightness and roughness as measured
in its prompt. A description is a point as well, by the words in it. A new voice is the nearest one, moved: its spectrum
towards the second nearest, its pitch, pace and brightness to where the description wants them. Age is none of the
measures: what sounds older here is lower, slower, darker and rougher.

Legend: T mel frames.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from omnitalker.audio.curves import VOICED
from omnitalker.audio.pitch_shift import shift_pitch
from omnitalker.base import timeline
from omnitalker.base.errors import InputError
from omnitalker.base.types import FloatArray, StylePrompt
from omnitalker.generation.parts import Parts
from omnitalker.generation.prosody import heard_curves
from omnitalker.reference.style import build_style
from omnitalker.studio.people import VoiceFacts
from omnitalker.text.symbols import SILENT, SYMBOL_IDS
from omnitalker.text.wordlist import words

MEASURES: Final = ("pitch", "pace", "brightness", "roughness")
SPREAD: Final = {"pitch": 2.5, "pace": 1.2, "brightness": 0.35, "roughness": 0.15}
"""What counts as one step in a measure where voices differ by less: semitones, phonemes a second, log-mel, semitones."""
WRONG_SEX, WRONG_ACCENT, NAMED_WORD = 40.0, 6.0, 1.5
FARTHEST_PITCH: Final = 4.0
"""Semitones that a prompt is moved at the most: farther, it is no voice any more."""
PACES: Final = (0.8, 1.25)
FARTHEST_BRIGHTNESS: Final = 0.6
MIXED: Final = (0.15, 0.45)
"""How far a spectrum goes towards the second voice's; the seed decides."""
_LOW_BINS, _HIGH_BINS = slice(10, 40), slice(60, 90)
_SILENT: Final = [SYMBOL_IDS[symbol] for symbol in SILENT]
_SEXES: Final = {
    **dict.fromkeys(words("woman women female lady girl she feminine mother grandmother actress 女 女性 女人 女孩 女士 奶奶 妈妈"), "female"),
    **dict.fromkeys(words("man men male gentleman boy guy he masculine father grandfather actor 男 男性 男人 男孩 先生 爷爷 爸爸"), "male"),
}  # fmt: skip
_ACCENTS: Final = {
    **dict.fromkeys(words("british english-accent england london uk 英式 英国"), "British"),
    **dict.fromkeys(words("american us usa states 美式 美国"), "American"),
    **dict.fromkeys(words("chinese china mandarin beijing 中国 普通话"), "China"),
    **dict.fromkeys(words("italian italy 意大利"), "Italy"),
}
_STEPS: Final[tuple[tuple[str, Mapping[str, float]], ...]] = (
    ("low deep bass baritone dark sonorous 低沉 低 浑厚 深沉", {"pitch": -1.3, "brightness": -0.3}),
    ("high light soprano thin 高 尖 轻", {"pitch": 1.3, "brightness": 0.3}),
    ("old older elderly aged senior mature wise grandmother grandfather 年老 老 成熟 奶奶 爷爷", {"pitch": -0.8, "pace": -0.8, "brightness": -0.5, "roughness": 0.6}),
    ("young younger youthful teenage girl boy child childlike 年轻 女孩 男孩", {"pitch": 1.0, "pace": 0.4, "brightness": 0.5}),
    ("slow slowly unhurried leisurely measured 慢 缓慢", {"pace": -1.3}),
    ("fast quick rapid brisk hurried 快 快速", {"pace": 1.3}),
    ("calm composed relaxed peaceful even soothing gentle patient 平静 冷静 温柔", {"pace": -0.7, "pitch": -0.3}),
    ("lively energetic playful excited bubbly cheerful vivid 活泼 有活力", {"pace": 0.8, "pitch": 0.5}),
    ("warm soft mellow round velvety close 温暖 柔和", {"brightness": -0.8}),
    ("bright clear crisp sharp brilliant 明亮 清脆 清晰", {"brightness": 1.0}),
    ("dull muffled 暗", {"brightness": -1.2}),
    ("rough hoarse husky gravelly raspy croaky 沙哑 粗糙", {"roughness": 1.3}),
    ("smooth silky clean even 圆润 平滑", {"roughness": -1.0}),
    ("firm strong authoritative serious announcer newsreader 坚定 播音", {"pitch": -0.4}),
)  # fmt: skip
_MUCH: Final = {**dict.fromkeys(words("very really extremely 很 非常"), 1.5), **dict.fromkeys(words("slightly somewhat rather bit 有点 稍微"), 0.6),
                **dict.fromkeys(words("not 不"), -0.8)}  # fmt: skip
_TOKEN: Final = re.compile(r"[a-z]+(?:-[a-z]+)*|[\u3400-\u9fff]+")


@dataclass(frozen=True)
class Described:
    """What a description asks for, in steps of the population."""

    sex: str | None
    accent: str | None
    steps: Mapping[str, float]
    words: frozenset[str]
    """All of it, for what the sheets of voices say in words."""


@dataclass(frozen=True)
class Point:
    """A built-in voice in the population's space."""

    facts: VoiceFacts
    style: StylePrompt
    measures: Mapping[str, float]

    @property
    def accent(self) -> str | None:
        return next((a for a in set(_ACCENTS.values()) if a in self.facts.description), None)


def understood(description: str) -> Described:
    """An `InputError` where no word of it says anything of a voice."""
    found = list(_tokens(description.lower()))
    table = {word: steps for row, steps in _STEPS for word in words(row)}
    steps: dict[str, float] = {}
    factor = 1.0
    for word in found:
        if word in _MUCH:
            factor = _MUCH[word]
        elif word in table:
            for name, step in table[word].items():
                steps[name] = steps.get(name, 0.0) + factor * step
            factor = 1.0
    sex = next((_SEXES[word] for word in found if word in _SEXES), None)
    accent = next((_ACCENTS[word] for word in found if word in _ACCENTS), None)
    if not steps and sex is None and accent is None:
        raise InputError(
            f"'{description[:60]}' says nothing of a voice; say woman or man, British, American, Chinese or Italian, "
            "low, high, old, young, slow, fast, warm, bright, rough, smooth, calm, lively"
        )
    return Described(sex, accent, steps, frozenset(found))


def population(parts: Parts, facts: Sequence[VoiceFacts]) -> list[Point]:
    """The built-in voices, measured."""
    found = []
    for fact in facts:
        style = parts.library.get(fact.name)
        found.append(Point(fact, style, measured(style, parts)))
    return found


def measured(style: StylePrompt, parts: Parts) -> dict[str, float]:
    """Of a prompt: pitch in semitones over 100 Hz, phonemes a second, log-mel high over low, semitones of jitter."""
    ear = parts.vocoder.ear
    if ear is None:
        raise InputError("this checkpoint's vocoder hears no pitch; voices cannot be told apart")
    curves = heard_curves(style.mel, ear)
    spoken = ~np.isin(style.phonemes, _SILENT) & (style.phonemes > 0)
    loud = style.mel[spoken] if spoken.any() else style.mel
    changes = np.count_nonzero(np.diff(style.phonemes[spoken])) + 1
    seconds = max(spoken.sum() / float(timeline.MEL_RATE), 0.1)
    voiced = curves.voiced > VOICED
    bends = np.abs(np.diff(curves.pitch, 2))[voiced[2:] & voiced[1:-1] & voiced[:-2]]
    return {
        "pitch": 12 * (curves.middle - np.log(100)) / np.log(2),
        "pace": changes / seconds,
        "brightness": float(loud[:, _HIGH_BINS].mean() - loud[:, _LOW_BINS].mean()),
        "roughness": 12 / np.log(2) * float(np.median(bends)) if len(bends) else 0.0,
    }


def nearest(points: Sequence[Point], wanted: Described) -> list[Point]:
    """All voices, the one that fits best first."""
    if not points:
        raise InputError("there are no built-in voices to choose from")
    targets = _targets(points, wanted)

    def cost(point: Point) -> float:
        total = sum(
            ((point.measures[name] - target) / _spread(points, name)) ** 2
            for name, target in targets.items()
        )
        total += WRONG_SEX * (wanted.sex not in (None, point.facts.sex))
        total += WRONG_ACCENT * (wanted.accent not in (None, point.accent))
        named = set(_tokens(point.facts.description.lower())) & wanted.words
        return total - NAMED_WORD * len(named)

    return sorted(points, key=cost)


def new_voice(points: Sequence[Point], description: str, seed: int = 0) -> StylePrompt:
    """A voice that nobody has, where the description wants it. The same words and seed give the same voice."""
    wanted = understood(description)
    base, other = (*nearest(points, wanted), points[0])[:2]
    rng = np.random.default_rng([seed, zlib.crc32(description.encode())])
    mel = _toward(base.style, other.style, float(rng.uniform(*MIXED)))
    moves = _moves(base, _targets(points, wanted), wanted)
    pitch = moves.get("pitch", 0.0) + rng.normal(0, 0.4)
    pitch = float(np.clip(pitch, -FARTHEST_PITCH, FARTHEST_PITCH))
    mel = shift_pitch(mel, np.full(len(mel), pitch, np.float32))
    most = FARTHEST_BRIGHTNESS
    mel = _brightened(mel, float(np.clip(moves.get("brightness", 0.0), -most, most)))
    usual = base.measures["pace"]
    pace = float(np.clip((usual + moves.get("pace", 0.0)) / usual, *PACES))
    made = _paced(replace(base.style, mel=mel), pace)
    names = f"{base.facts.name}, {other.facts.name}"
    facts: dict[str, str] = {"description": description, "mixed_from": names, "seed": str(seed)}
    return replace(made, identity=None, metadata={**base.style.metadata, **facts})


def _targets(points: Sequence[Point], wanted: Described) -> dict[str, float]:
    """Where each measure that is asked for shall be: so many steps from the middle of those of that sex."""
    alike = [p for p in points if wanted.sex in (None, p.facts.sex)] or list(points)
    return {
        name: float(np.median([p.measures[name] for p in alike])) + step * _spread(points, name)
        for name, step in wanted.steps.items()
    }


def _moves(base: Point, targets: Mapping[str, float], wanted: Described) -> dict[str, float]:
    """How far each measure is from where it shall be; what is beyond it already stays."""
    moves = {name: target - base.measures[name] for name, target in targets.items()}
    return {name: move for name, move in moves.items() if move * wanted.steps[name] > 0}


def _spread(points: Sequence[Point], name: str) -> float:
    by_sex: dict[str, list[float]] = {}
    for point in points:
        by_sex.setdefault(point.facts.sex, []).append(point.measures[name])
    own = np.mean([np.std(values) for values in by_sex.values()])
    return max(float(own), SPREAD[name])


def _toward(style: StylePrompt, other: StylePrompt, share: float) -> FloatArray:
    """(T, 100): the mel, each phoneme's usual spectrum moved a share of the way to the other voice's."""
    mel = style.mel.copy()
    whole = _mean(other, None) - _mean(style, None)
    for phoneme in np.unique(style.phonemes):
        here = style.phonemes == phoneme
        if phoneme in _SILENT or phoneme == 0:
            continue
        shared = (other.phonemes == phoneme).sum() >= 8
        change = _mean(other, phoneme) - _mean(style, phoneme) if shared else whole
        mel[here] += share * (change - change.mean())
    return mel


def _mean(style: StylePrompt, phoneme: int | None) -> FloatArray:
    """(100,) usual spectrum, without its fine structure: harmonics stay those of the voice."""
    here = ~np.isin(style.phonemes, _SILENT) if phoneme is None else style.phonemes == phoneme
    mean = style.mel[here].mean(axis=0) if here.any() else style.mel.mean(axis=0)
    kernel = np.hanning(11)
    return np.asarray(
        np.convolve(np.pad(mean, 5, "edge"), kernel / kernel.sum(), "valid"), np.float32
    )


def _brightened(mel: FloatArray, amount: float) -> FloatArray:
    """High bins over low ones by so much more log-mel."""
    middle = (_LOW_BINS.start + _HIGH_BINS.stop) / 2
    slope = (np.arange(mel.shape[1]) - middle) / 50 * amount
    return np.asarray(mel + slope.clip(-abs(amount), abs(amount)), np.float32)


def _paced(style: StylePrompt, pace: float) -> StylePrompt:
    """The same, said faster (over 1) or slower."""
    frames = int(len(style.mel) / pace)
    at = np.linspace(0, len(style.mel) - 1, frames)
    below = np.minimum(at.astype(int), len(style.mel) - 2)
    share = (at - below)[:, None]
    mel = style.mel[below] * (1 - share) + style.mel[below + 1] * share
    nearest_frame = at.round().astype(int)
    rows = int(len(style.motion) / pace)
    motion = style.motion[np.linspace(0, len(style.motion) - 1, rows).round().astype(int)]
    made: dict[str, Any] = {
        "mel": mel.astype(np.float32), "motion": motion,
        "phonemes": style.phonemes[nearest_frame], "tones": style.tones[nearest_frame],
    }  # fmt: skip
    return replace(build_style(**made), worn=style.worn, metadata=style.metadata)


def _tokens(text: str) -> list[str]:
    """Words; Han text in all its pieces of one to three characters, of which the known ones count."""
    found = []
    for token in _TOKEN.findall(text):
        if token[0] < "\u3400":
            found.append(token)
            continue
        known = {*_SEXES, *_ACCENTS, *_MUCH, *(word for row, _ in _STEPS for word in words(row))}
        place = 0
        while place < len(token):
            size = next((n for n in (3, 2, 1) if token[place : place + n] in known), 1)
            found.append(token[place : place + size])
            place += size
    return found
