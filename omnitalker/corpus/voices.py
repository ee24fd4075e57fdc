"""The population: people who do not exist, each a teacher's voice with fixed changes.

Kokoro's packs as they are, mixtures of them (`m000`, `m001`, ...), and hibari's one voice with other throats
(`h000`, ..., English only). Each is drawn from its own seed, so that a population of 500 begins with the same
people as one of 400.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

import numpy as np

from omnitalker.base.types import Language
from omnitalker.motion.made.style import MotionStyle, draw_style

Sex = Literal["female", "male"]
TeacherName = Literal["kokoro", "hibari"]
MASTER: Final = "af_heart"
LOWER_WITH_THROAT, HIGHER_WITH_THROAT = 3.0, 0.7
"""Semitones of pitch that come with a semitone of throat: downwards about as between women and men; the student's
voice is high already, and breaks when it is raised much."""

BUILT_IN: Final = (
    "af_heart", "am_michael", "bf_emma", "bm_george", "zf_xiaoxiao", "zm_yunxi", "af_bella", "am_fenrir",
    "if_sara", "am_puck", "af_nicole", "bm_fable", "zf_xiaoyi", "zm_yunyang", "ff_siwis", "af_aoede",
)  # fmt: skip
"""The voices that are recorded for longest, so that styles can be taken from them."""
PACKS: Final = (
    *BUILT_IN,
    "af_alloy", "af_jessica", "af_kore", "af_nova", "af_river", "af_sarah", "af_sky",
    "am_adam", "am_echo", "am_eric", "am_liam", "am_onyx", "am_santa",
    "bf_alice", "bf_isabella", "bf_lily", "bm_daniel", "bm_lewis",
    "ef_dora", "em_alex", "em_santa", "hf_alpha", "hf_beta", "hm_omega", "hm_psi", "im_nicola",
    "jf_alpha", "jf_gongitsune", "jf_nezumi", "jf_tebukuro", "jm_kumo", "pf_dora", "pm_alex", "pm_santa",
    "zf_xiaobei", "zf_xiaoni", "zm_yunjian", "zm_yunxia",
)  # fmt: skip
"""Language of its home and sex in the first two letters."""
STRETCH: Final = 1.5
"""How far a mixture goes beyond the simplex of its three packs, so that it is not everybody's average."""


@dataclass(frozen=True)
class Voice:
    """What stays the same whenever this speaker speaks."""

    teacher: TeacherName
    sex: Sex
    timbre: Mapping[str, float] = field(default_factory=dict)
    """Weights of Kokoro's packs, for the colour of the voice."""
    melody: Mapping[str, float] = field(default_factory=dict)
    """Weights of packs, for rhythm, pitch and loudness."""
    throat: float = 1.0
    """Factor on formant frequencies: above 1 a shorter throat."""
    pitch: float = 0.0
    """Semitones on what the teacher speaks at."""
    pitch_range: float = 1.0
    rate: float = 1.0
    tilt: float = 0.0
    """dB per octave above 1 kHz."""
    level: float = 0.0
    """dB on the usual loudness."""
    breath: float = 0.0
    """dB on the noise in the voice."""

    def numbers(self) -> dict[str, float]:
        """What of it is a number, for the manifest."""
        names = ("throat", "pitch", "pitch_range", "rate", "tilt", "level", "breath")
        return {name: float(getattr(self, name)) for name in names}


@dataclass(frozen=True)
class Speaker:
    """A person of the population: a voice and a way of moving."""

    name: str
    voice: Voice
    motion: MotionStyle
    languages: tuple[Language, ...] = ("en", "zh")


def draw_population(count: int, seed: int) -> list[Speaker]:
    """`count` speakers of both languages: the packs as they are, then mixtures of them."""
    mixtures = [draw_mixture(index, seed) for index in range(max(0, count - len(PACKS)))]
    return [pack_speaker(name, seed) for name in PACKS[:count]] + mixtures


def everybody(count: int, students: int, seed: int) -> list[Speaker]:
    """The speakers of both languages and the fast teacher's throats."""
    return [*draw_population(count, seed), *(draw_student(i, seed) for i in range(students))]


def pack_speaker(name: str, seed: int) -> Speaker:
    """A pack's own voice, with a way of moving of its own."""
    voice = Voice("kokoro", _sex(name), {name: 1.0}, {name: 1.0})
    return Speaker(name, voice, draw_style(_rng_of(name, seed)))


def student_speaker(seed: int) -> Speaker:
    """hibari as it is. It learnt from `MASTER` and counts as the same person."""
    return Speaker(MASTER, Voice("hibari", "female"), draw_style(_rng_of(MASTER, seed)), ("en",))


def draw_student(index: int, seed: int) -> Speaker:
    """hibari's voice with another throat: from a deep man to a girl."""
    rng = np.random.default_rng([seed, 2, index])
    throat = float(np.exp(rng.uniform(np.log(0.84), np.log(1.08))))
    voice = Voice(
        teacher="hibari",
        sex="male" if throat < 0.915 else "female",
        throat=throat,
        pitch=float(np.clip(_usual_pitch(throat) + rng.normal(0.0, 1.5), -9.5, 2.5)),
        pitch_range=float(np.exp(rng.normal(0.0, 0.2)).clip(0.65, 1.4)),
        rate=float(np.exp(rng.normal(0.0, 0.1)).clip(0.78, 1.25)),
        tilt=float(rng.uniform(-1.5, 1.2)),
        level=float(rng.uniform(-2.0, 2.0)),
        breath=float(rng.uniform(-3.0, 3.0)),
    )
    return Speaker(f"h{index:03d}", voice, draw_style(rng), ("en",))


def _usual_pitch(throat: float) -> float:
    semitones = 12 * float(np.log2(throat))
    return semitones * (LOWER_WITH_THROAT if semitones < 0 else HIGHER_WITH_THROAT)


def draw_mixture(index: int, seed: int) -> Speaker:
    """Somebody between three packs and a little beyond, with a throat and a pace of their own."""
    rng = np.random.default_rng([seed, 1, index])
    sex: Sex = "female" if rng.random() < 0.5 else "male"
    packs = [name for name in PACKS if _sex(name) == sex]
    timbre = _mixed(rng, [packs[i] for i in rng.choice(len(packs), 3, replace=False)])
    melody = timbre if rng.random() < 0.5 else {packs[int(rng.integers(len(packs)))]: 1.0}
    throat = float(np.exp(rng.normal(0.0, 0.06)).clip(0.87, 1.16))
    voice = Voice(
        teacher="kokoro",
        sex=sex,
        timbre=timbre,
        melody=melody,
        throat=throat,
        pitch=float(np.clip(0.6 * 12 * np.log2(throat) + rng.normal(0.0, 1.2), -3.5, 3.5)),
        pitch_range=float(np.exp(rng.normal(0.0, 0.15)).clip(0.75, 1.35)),
        rate=float(np.exp(rng.normal(0.0, 0.09)).clip(0.8, 1.22)),
        tilt=float(rng.uniform(-1.0, 1.0)),
        level=float(rng.uniform(-2.0, 2.0)),
    )
    return Speaker(f"m{index:03d}", voice, draw_style(rng))


def _rng_of(name: str, seed: int) -> np.random.Generator:
    return np.random.default_rng([seed, zlib.crc32(name.encode())])


def _mixed(rng: np.random.Generator, packs: Sequence[str]) -> dict[str, float]:
    """Weights that sum to one, drawn away from their middle by `STRETCH`."""
    weights = rng.dirichlet(np.ones(len(packs)))
    middle = 1 / len(packs)
    stretched = middle + STRETCH * (weights - middle)
    return {name: round(float(w), 4) for name, w in zip(packs, stretched, strict=True)}


def _sex(pack: str) -> Sex:
    return "female" if pack[1] == "f" else "male"
