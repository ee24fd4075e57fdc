"""The population: people who do not exist, each a teacher's voice with fixed changes.

A voice is drawn once per speaker from the speaker's own seed, so a population of 400 begins with the same
320 people as one of 320.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Literal

import numpy as np

from omnitalker.corpus.teachers.speech import TEACHER_VOICES
from omnitalker.motion.made.style import MotionStyle, draw_style

Kind = Literal["woman", "man", "child", "old woman", "old man"]
COLOUR_HZ = (250.0, 700.0, 1600.0, 3200.0, 6000.0)
"""Where a voice's own colour is set; between them it is interpolated."""

_KINDS: dict[Kind, float] = {
    "woman": 0.36,
    "man": 0.36,
    "child": 0.12,
    "old woman": 0.08,
    "old man": 0.08,
}
_TEACHERS: dict[Kind, dict[str, float]] = {
    "woman": {"flite/slt": 0.36, "festival/slt-hts": 0.34, "espeak/f": 0.22, "flite/rms": 0.08},
    "man": {"flite/rms": 0.42, "flite/awb": 0.2, "flite/kal16": 0.05, "festival/kdl": 0.05, "espeak/m": 0.22, "festival/slt-hts": 0.06},
    "child": {"flite/slt": 0.42, "festival/slt-hts": 0.36, "espeak/f": 0.22},
    "old woman": {"flite/slt": 0.42, "festival/slt-hts": 0.36, "espeak/f": 0.22},
    "old man": {"flite/rms": 0.45, "flite/awb": 0.33, "espeak/m": 0.22},
}  # fmt: skip
_PITCH: dict[Kind, tuple[float, float]] = {
    "woman": (165.0, 238.0), "man": (84.0, 146.0), "child": (238.0, 325.0), "old woman": (148.0, 205.0),
    "old man": (92.0, 152.0),
}  # fmt: skip
_FORMANTS: dict[Kind, tuple[float, float]] = {
    "woman": (0.94, 1.1), "man": (0.92, 1.1), "child": (1.14, 1.3), "old woman": (0.92, 1.04),
    "old man": (0.92, 1.06),
}  # fmt: skip
_ACROSS_SEX = {"woman": 1.13, "man": 0.86}
"""Extra formant shift where a teacher of the other sex is made into this kind."""


@dataclass(frozen=True)
class Voice:
    """What stays the same whenever this speaker speaks."""

    kind: Kind
    teacher: str
    mandarin_teacher: str
    """Equal to `teacher`, or an espeak voice that is brought to the teacher's timbre; "" = English only."""
    pitch: float
    """Hz, geometric mean."""
    pitch_range: float
    """Factor on the teacher's intonation."""
    formants: float
    """Factor on formant frequencies."""
    rate: float
    breath: float
    """0 = the teacher's own; 1 = whispered."""
    tilt: float
    """dB per octave above 1 kHz."""
    roughness: float
    """Semitones of random pitch from period to period."""
    level: float
    """dB on the usual loudness."""
    colour: tuple[float, ...]
    """dB at `COLOUR_HZ`."""
    speaks_english: bool = True

    def numbers(self) -> dict[str, float]:
        """What of it is a number, for the manifest."""
        return {k: v for k, v in asdict(self).items() if isinstance(v, float)}


@dataclass(frozen=True)
class Speaker:
    """A person of the population: a voice and a way of moving."""

    name: str
    voice: Voice
    motion: MotionStyle


def draw_population(count: int, seed: int) -> list[Speaker]:
    """`count` speakers, named p000, p001, ..."""
    return [draw_speaker(index, seed) for index in range(count)]


def draw_speaker(index: int, seed: int) -> Speaker:
    rng = np.random.default_rng([seed, index])
    voice = _draw_voice(rng)
    return Speaker(f"p{index:03d}", voice, draw_style(rng))


def _draw_voice(rng: np.random.Generator) -> Voice:
    kind: Kind = _pick(rng, _KINDS)  # type: ignore[assignment]
    family = _pick(rng, _TEACHERS[kind])
    teacher = _one_of(rng, family)
    sex = TEACHER_VOICES[teacher].sex
    wanted = "male" if kind in ("man", "old man") else "female"
    across = _ACROSS_SEX.get(kind, 1.0) if sex != wanted else 1.0
    old = kind.startswith("old")
    low, high = _PITCH[kind]
    bilingual = teacher.startswith("espeak") or rng.random() < 0.4
    stand_in = teacher if teacher.startswith("espeak") else _one_of(rng, f"espeak/{sex[0]}")
    return Voice(
        kind=kind,
        teacher=teacher,
        mandarin_teacher=stand_in if bilingual else "",
        pitch=float(np.exp(rng.uniform(np.log(low), np.log(high)))),
        pitch_range=float(np.exp(rng.uniform(np.log(0.75), np.log(1.45)))),
        formants=float(rng.uniform(*_FORMANTS[kind]) * across),
        rate=float(np.exp(rng.normal(-0.08 if old else 0.02, 0.09)).clip(0.78, 1.25)),
        breath=float(rng.beta(1.2, 4.0) * (0.5 if old else 0.4)),
        tilt=float(rng.uniform(-1.4, 1.4)),
        roughness=float(rng.uniform(0.15, 0.45) if old else rng.beta(1.0, 4.0) * 0.2),
        level=float(rng.uniform(-2.0, 2.0)),
        colour=tuple(rng.normal(0.0, 2.2, len(COLOUR_HZ)).clip(-5, 5).tolist()),
    )


def _pick(rng: np.random.Generator, weights: dict) -> str:
    names = list(weights)
    shares = np.array(list(weights.values()))
    return names[int(rng.choice(len(names), p=shares / shares.sum()))]


def _one_of(rng: np.random.Generator, family: str) -> str:
    """A teacher of that name, or one of an espeak family ("espeak/f" -> "espeak/f3")."""
    members: Sequence[str] = [
        t
        for t in TEACHER_VOICES
        if t == family or (family.startswith("espeak") and t.startswith(family))
    ]
    return members[int(rng.integers(len(members)))]
