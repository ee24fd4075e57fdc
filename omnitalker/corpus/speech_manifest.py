"""Clips listed in a manifest.csv: many sets, speakers and languages in one folder.

Columns used: path, dataset, speaker, sex, language, transcript, emotion, bandwidth_hz.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np

from omnitalker.corpus.real_clip import RealClip, RealSettings

MANIFEST: Final = "manifest.csv"
SPOKEN: Final = ("en", "zh")
"""Languages whose transcripts are used."""
MANNER_OF: Final = {
    "anger": "angry", "boredom": "calm", "disgust": "disgusted", "fear": "fearful", "happiness": "happy",
    "sadness": "sad", "surprise": "surprised",
}  # fmt: skip
FULL_BAND_HZ: Final = 12_000.0


_SAME_PEOPLE: Final = {
    "librispeech_mp3": "librispeech", "libritts": "librispeech", "libritts_r": "librispeech", "vctk_mp3": "vctk",
    "ljspeech_mp3": "ljspeech",
}  # fmt: skip
"""Sets whose speakers go by the same numbers as another's."""


def listed_clips(folder: Path, settings: RealSettings) -> list[RealClip]:
    """All clips of `folder`'s manifest, those of some speakers of every set kept for tests."""
    with (folder / MANIFEST).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    held = held_speakers(rows, settings)
    return [_clip(folder, row, settings, held) for row in rows]


def held_speakers(rows: Sequence[dict[str, str]], settings: RealSettings) -> set[tuple[str, str]]:
    """Those never trained on: `settings.test_share` of every set that has three speakers or more."""
    speakers: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        family, name = _person(row)
        speakers[family].add(name)
    held: set[tuple[str, str]] = set()
    for number, family in enumerate(sorted(speakers)):
        names = sorted(speakers[family])
        count = int(np.ceil(settings.test_share * len(names))) if len(names) >= 3 else 0
        order = np.random.default_rng([settings.seed, number]).permutation(len(names))
        held.update((family, names[i]) for i in order[:count])
    return held


def _person(row: dict[str, str]) -> tuple[str, str]:
    return _SAME_PEOPLE.get(row["dataset"], row["dataset"]), row["speaker"]


def _clip(
    folder: Path, row: dict[str, str], settings: RealSettings, held: set[tuple[str, str]]
) -> RealClip:
    path = Path(row["path"])
    text = row["transcript"] if row["language"] in SPOKEN else ""
    return RealClip(
        id="real-" + "-".join(path.with_suffix("").parts),
        path=folder / path,
        speaker="-".join(_person(row)),
        source=row["dataset"],
        text=text,
        quality="good" if text else "",
        split="test" if _person(row) in held else "train",
        weight=settings.reader_weight,
        language=row["language"],
        manner=MANNER_OF.get(row["emotion"], "neutral"),
        sex={"F": "female", "M": "male"}.get(row["sex"], ""),
        bandwidth_hz=min(float(row["bandwidth_hz"] or FULL_BAND_HZ), FULL_BAND_HZ),
    )
