"""What each phoneme asks of the mouth, and how strongly: targets over ARKit shapes for the whole alphabet.

The numbers were learnt from tracked talkers (`scripts/articulation`, `data/articulation.json`). A phoneme's strength
over its neighbours is given for four groups of shapes, because a /t/ insists on the tongue and leaves the lips to the
vowel after it, while a /w/ rounds the lips through everything around it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np

from omnitalker.base.assets import data_path
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

VISEMES: Final[Mapping[str, tuple[str, ...]]] = {
    "_": ("SCHWA",), "sil": ("SIL",), ",": ("SIL",), ".": ("SIL",), "?": ("SIL",), "!": ("SIL",),
    "ɑ": ("A",), "æ": ("AE",), "ʌ": ("UH",), "ə": ("SCHWA",), "ɔ": ("AW",), "aʊ": ("A", "OO_SHORT"),
    "aɪ": ("A", "IH"), "ɛ": ("EH",), "ɝ": ("ER",), "eɪ": ("EH", "EE"), "ɪ": ("IH",), "i": ("EE",),
    "oʊ": ("OH", "OO"), "ɔɪ": ("AW", "IH"), "ʊ": ("OO_SHORT",), "u": ("OO",),
    "b": ("P",), "tʃ": ("SH",), "d": ("T",), "ð": ("TH",), "f": ("F",), "ɡ": ("K",), "h": ("H",),
    "dʒ": ("SH",), "k": ("K",), "l": ("L",), "m": ("M",), "n": ("T",), "ŋ": ("K",), "p": ("P",),
    "ɹ": ("R",), "s": ("S",), "ʃ": ("SH",), "t": ("T",), "θ": ("TH",), "v": ("F",), "w": ("W",),
    "j": ("Y",), "z": ("S",), "ʒ": ("SH",),
    "p=": ("P",), "pʰ": ("P",), "t=": ("T",), "tʰ": ("T",), "k=": ("K",), "kʰ": ("K",), "x": ("H",),
    "tɕ": ("X",), "tɕʰ": ("X",), "ɕ": ("X",), "ʈʂ": ("ZH",), "ʈʂʰ": ("ZH",), "ʂ": ("ZH",), "ʐ": ("ZH",),
    "ts": ("S",), "tsʰ": ("S",), "ɥ": ("YU",),
    "a": ("A",), "o": ("OH",), "ɤ": ("OU_BACK",), "y": ("UE",), "ɿ": ("SI",), "ʅ": ("SHI",),
}  # fmt: skip
"""One viseme per phoneme, two for diphthongs. Every symbol of the alphabet is here (tested)."""

BILABIALS: Final = frozenset(("m", "b", "p", "p=", "pʰ"))
LABIODENTALS: Final = frozenset(("f", "v"))


@dataclass(frozen=True)
class VisemeTable:
    """Visemes as arrays over (symbol id, half): each phoneme has a first and a second half."""

    targets: np.ndarray
    """(S, 2, len(SHAPES))."""
    strengths: np.ndarray
    """(S, 2, 4), logarithms."""
    reaches: np.ndarray
    """(S, 2) seconds by which lip rounding spreads beyond the phoneme."""
    spread: np.ndarray
    """(4,) of each group: how far a target reaches, in parts of its duration."""
    seconds: np.ndarray
    """(4,) and in seconds, besides."""
    core: float
    """Part of the duration about the middle in which a target holds in full."""
    patience: float
    """Seconds of silence after which it outweighs its neighbours."""
    loudness: float
    """How much wider a vowel opens that is 6 dB louder than usual."""


@lru_cache(maxsize=1)
def viseme_table() -> VisemeTable:
    learnt = json.loads(data_path("articulation.json").read_text(encoding="utf-8"))
    visemes = learnt["visemes"]
    pairs = [(visemes[VISEMES[s][0]], visemes[VISEMES[s][-1]]) for s in SYMBOLS]
    return VisemeTable(
        targets=np.array(
            [[[v["targets"].get(s, 0.0) for s in SHAPES] for v in pair] for pair in pairs]
        ),
        strengths=np.array([[v["strength"] for v in pair] for pair in pairs]),
        reaches=np.array([[v["reach"] for v in pair] for pair in pairs]),
        spread=np.array(learnt["spread"]),
        seconds=np.array(learnt["seconds"]),
        core=learnt["core"],
        patience=learnt["patience"],
        loudness=learnt["loudness"],
    )
