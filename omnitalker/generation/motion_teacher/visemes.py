"""What each phoneme asks of the mouth, and how strongly: targets over ARKit shapes for the whole alphabet.

A phoneme's strength over its neighbours is given for four groups of shapes, because a /t/ insists on the
tongue and leaves the lips to the vowel after it, while a /w/ rounds the lips through everything around it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from omnitalker.text.symbols import SYMBOLS

GROUPS: Final = {
    "jaw": ("jawOpen", "jawForward"),
    "round": ("mouthFunnel", "mouthPucker"),
    "spread": ("mouthStretch", "mouthSmile", "mouthDimple"),
    "lips": (
        "mouthLowerDown", "mouthUpperUp", "mouthRollLower", "mouthRollUpper", "mouthPress",
        "mouthShrugUpper", "mouthShrugLower",
    ),
}  # fmt: skip
SHAPES: Final = tuple(shape for shapes in GROUPS.values() for shape in shapes)
SHAPE_GROUPS: Final = np.array([i for i, shapes in enumerate(GROUPS.values()) for _ in shapes])
AMPLITUDE_POWERS: Final = np.array(
    [
        {"jawOpen": 1.0, "mouthLowerDown": 1.0, "mouthUpperUp": 1.0}.get(
            shape, 0.5 if group < 3 else 0.0
        )
        for shape, group in zip(SHAPES, SHAPE_GROUPS, strict=True)
    ]
)
"""A talker's mouth amplitude scales a shape by amplitude ** power: openings fully, seals not at all."""

Strength = tuple[float, float, float, float]
"""Over jaw, round, spread, lips."""


@dataclass(frozen=True)
class Viseme:
    targets: Mapping[str, float]
    strength: Strength
    reach: float = 0.0
    """Seconds by which its lip rounding spreads beyond itself."""


def _viseme(strength: Strength, reach: float = 0.0, **targets: float) -> Viseme:
    names = {"jaw": "jawOpen"}
    full = {names.get(key, "mouth" + key[0].upper() + key[1:]): v for key, v in targets.items()}
    return Viseme(full, strength, reach)


_OPEN: Final[Strength] = (1.0, 0.8, 0.8, 0.9)
_ROUND: Final[Strength] = (1.0, 1.7, 0.9, 0.9)
_SPREAD: Final[Strength] = (1.0, 0.9, 1.3, 1.0)
_TONGUE: Final[Strength] = (0.75, 0.15, 0.2, 0.45)
_BACK: Final[Strength] = (0.45, 0.1, 0.15, 0.3)
_HISS: Final[Strength] = (1.6, 0.45, 1.0, 1.0)
_HUSH: Final[Strength] = (1.5, 1.3, 0.7, 1.0)
_SEAL: Final[Strength] = (0.9, 0.2, 0.25, 1.2)
_REST: Final[Strength] = (1.3, 0.9, 0.9, 1.0)

_A = _viseme(_OPEN, jaw=0.56, lowerDown=0.26, upperUp=0.12, stretch=0.05)
_AE = _viseme(_SPREAD, jaw=0.46, lowerDown=0.34, upperUp=0.19, stretch=0.2, smile=0.12)
_UH = _viseme(_OPEN, jaw=0.38, lowerDown=0.2, upperUp=0.09)
_SCHWA = _viseme((0.7, 0.3, 0.4, 0.6), jaw=0.22, lowerDown=0.14, upperUp=0.06)
_AW = _viseme(_ROUND, 0.02, jaw=0.42, funnel=0.42, pucker=0.22, lowerDown=0.1)
_EH = _viseme(_SPREAD, jaw=0.34, lowerDown=0.28, upperUp=0.14, stretch=0.18, smile=0.1)
_ER = _viseme((1, 1.2, 0.8, 0.8), 0.02, jaw=0.2, funnel=0.36, pucker=0.22, shrugUpper=0.06)
_IH = _viseme(_SPREAD, jaw=0.2, lowerDown=0.25, upperUp=0.12, stretch=0.2, smile=0.14)
_EE = _viseme(_SPREAD, jaw=0.13, lowerDown=0.28, upperUp=0.13, stretch=0.34, smile=0.26, dimple=0.1)
_OO_SHORT = _viseme(_ROUND, 0.02, jaw=0.19, funnel=0.36, pucker=0.4)
_OO = _viseme(_ROUND, 0.04, jaw=0.12, funnel=0.32, pucker=0.76)
_OH = _viseme(_ROUND, 0.03, jaw=0.3, funnel=0.5, pucker=0.46)
_UE = _viseme(_ROUND, 0.04, jaw=0.09, funnel=0.24, pucker=0.8)
_OU_BACK = _viseme(_OPEN, jaw=0.28, lowerDown=0.18, upperUp=0.06, stretch=0.12)
_SI = _viseme(_HISS, jaw=0.08, lowerDown=0.26, upperUp=0.13, stretch=0.28, smile=0.08)
_SHI = _viseme(_HUSH, jaw=0.1, funnel=0.26, pucker=0.12, lowerDown=0.2, upperUp=0.08)

_T = _viseme(_TONGUE, jaw=0.12, lowerDown=0.16, upperUp=0.05)
_L = _viseme(_TONGUE, jaw=0.2, lowerDown=0.17, upperUp=0.05)
_TH = _viseme((1.0, 0.3, 0.4, 0.9), jaw=0.15, lowerDown=0.24, upperUp=0.11)
_K = _viseme(_BACK, jaw=0.19, lowerDown=0.12, upperUp=0.05)
_H = _viseme((0.25, 0.05, 0.05, 0.15), jaw=0.24, lowerDown=0.14)
_S = _viseme(_HISS, jaw=0.06, lowerDown=0.27, upperUp=0.15, stretch=0.24, smile=0.08)
_SH = _viseme(_HUSH, 0.01, jaw=0.09, funnel=0.56, pucker=0.28, lowerDown=0.16, upperUp=0.18)
_ZH = _viseme(_HUSH, 0.01, jaw=0.09, funnel=0.42, pucker=0.2, lowerDown=0.16, upperUp=0.12)
_X = _viseme(_HISS, jaw=0.08, lowerDown=0.24, upperUp=0.1, stretch=0.3, smile=0.16)
_R = _viseme((1.0, 1.1, 0.6, 0.7), 0.03, jaw=0.13, funnel=0.36, pucker=0.3)
_W = _viseme((1.1, 2.0, 1.0, 1.0), 0.04, jaw=0.08, funnel=0.28, pucker=0.84)
_Y = _viseme((0.7, 0.5, 0.9, 0.7), jaw=0.13, lowerDown=0.22, stretch=0.26, smile=0.18)
_YU = _viseme((1.0, 1.8, 0.9, 0.9), 0.03, jaw=0.08, funnel=0.24, pucker=0.76)
_P = _viseme(_SEAL, jaw=0.1, press=0.14, rollLower=0.05, rollUpper=0.04)
_M = _viseme(_SEAL, jaw=0.1, press=0.1, rollLower=0.04, rollUpper=0.03)
_F = _viseme((1.3, 0.4, 0.5, 1.4), jaw=0.07, rollLower=0.5, upperUp=0.17, press=0.03)
_SIL = _viseme(_REST, press=0.03)

VISEMES: Final[Mapping[str, tuple[Viseme, ...]]] = {
    "_": (_SCHWA,), "sil": (_SIL,), ",": (_SIL,), ".": (_SIL,), "?": (_SIL,), "!": (_SIL,),
    "ɑ": (_A,), "æ": (_AE,), "ʌ": (_UH,), "ə": (_SCHWA,), "ɔ": (_AW,), "aʊ": (_A, _OO_SHORT),
    "aɪ": (_A, _IH), "ɛ": (_EH,), "ɝ": (_ER,), "eɪ": (_EH, _EE), "ɪ": (_IH,), "i": (_EE,),
    "oʊ": (_OH, _OO), "ɔɪ": (_AW, _IH), "ʊ": (_OO_SHORT,), "u": (_OO,),
    "b": (_P,), "tʃ": (_SH,), "d": (_T,), "ð": (_TH,), "f": (_F,), "ɡ": (_K,), "h": (_H,),
    "dʒ": (_SH,), "k": (_K,), "l": (_L,), "m": (_M,), "n": (_T,), "ŋ": (_K,), "p": (_P,),
    "ɹ": (_R,), "s": (_S,), "ʃ": (_SH,), "t": (_T,), "θ": (_TH,), "v": (_F,), "w": (_W,),
    "j": (_Y,), "z": (_S,), "ʒ": (_SH,),
    "p=": (_P,), "pʰ": (_P,), "t=": (_T,), "tʰ": (_T,), "k=": (_K,), "kʰ": (_K,), "x": (_H,),
    "tɕ": (_X,), "tɕʰ": (_X,), "ɕ": (_X,), "ʈʂ": (_ZH,), "ʈʂʰ": (_ZH,), "ʂ": (_ZH,), "ʐ": (_ZH,),
    "ts": (_S,), "tsʰ": (_S,), "ɥ": (_YU,),
    "a": (_A,), "o": (_OH,), "ɤ": (_OU_BACK,), "y": (_UE,), "ɿ": (_SI,), "ʅ": (_SHI,),
}  # fmt: skip
"""One viseme per phoneme, two for diphthongs. Every symbol of the alphabet is here (tested)."""

BILABIALS: Final = frozenset(("m", "b", "p", "p=", "pʰ"))
LABIODENTALS: Final = frozenset(("f", "v"))


@dataclass(frozen=True)
class VisemeTable:
    """`VISEMES` as arrays over (symbol id, half): each phoneme has a first and a second half."""

    targets: np.ndarray
    """(S, 2, len(SHAPES))."""
    strengths: np.ndarray
    """(S, 2, 4)."""
    reaches: np.ndarray
    """(S, 2) seconds."""


_CALIBRATION: Final = {"jawOpen": 1.15, "mouthLowerDown": 0.85}
"""Tracked talkers move the chin more, and the lower lip by itself less, than the targets were drawn."""


def viseme_table() -> VisemeTable:
    gains = np.array([_CALIBRATION.get(shape, 1.0) for shape in SHAPES])
    pairs = [(VISEMES[s][0], VISEMES[s][-1]) for s in SYMBOLS]
    return VisemeTable(
        gains
        * np.array([[[v.targets.get(s, 0.0) for s in SHAPES] for v in pair] for pair in pairs]),
        np.array([[v.strength for v in pair] for pair in pairs]),
        np.array([[v.reach for v in pair] for pair in pairs]),
    )
