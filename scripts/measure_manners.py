"""What acted emotions do to a voice: pitch, range, pace, tilt and melody against the same actors' neutral speech.

    python scripts/measure_manners.py $OMNITALKER_SHARED/data/speech

Reads the clips of EmoDB in the folder's manifest.csv and prints the table of docs/manners.md: the mean over
actors of each actor's own change, and how much actors differ. Pace is compared sentence by sentence. Levels are
not: the clips are normalised.
"""

from __future__ import annotations

import csv
import sys
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile

from omnitalker.audio.loudness import trim_silence
from omnitalker.audio.mel import mel_filters, mel_of
from omnitalker.audio.resample import to_mono_24k
from omnitalker.base import timeline
from omnitalker.corpus.prosody import heard

NEUTRAL = "neutral"
OCTAVE_SLIP = 0.75
"""A pitch so far from the utterance's median, in natural log, is taken for a slip of an octave."""
TILT_HZ = (250.0, 6000.0)


@dataclass(frozen=True)
class Figures:
    """One utterance."""

    actor: str
    sentence: str
    emotion: str
    pitch: float
    """Mean, semitones."""
    spread: float
    """Standard deviation, semitones."""
    seconds: float
    tilt: float
    """dB per octave of the voiced frames."""
    dynamics: float
    """Standard deviation of the frames' energy."""
    glide: float
    """Semitones from the first quarter of the voiced frames to the last."""


def measure(path: Path, actor: str, emotion: str) -> Figures:
    sound, rate = soundfile.read(path, dtype="float32")
    samples = trim_silence(to_mono_24k(sound, rate), keep=0.03)
    mel = mel_of(samples)
    curves = {name: curve.astype(np.float32) for name, curve in heard(mel).items()}
    pitch, energy = curves["pitch"], curves["energy"]
    voiced = pitch > 0
    voiced &= np.abs(pitch - np.median(pitch[voiced])) < OCTAVE_SLIP
    semitones = pitch[voiced] * 12 / np.log(2)
    quarter = max(3, len(semitones) // 4)
    spoken = energy > np.percentile(energy, 95) - 4.5
    return Figures(
        actor=actor,
        sentence=path.stem[2:5],
        emotion=emotion,
        pitch=float(semitones.mean()),
        spread=float(semitones.std()),
        seconds=len(samples) / timeline.SAMPLE_RATE,
        tilt=_tilt(mel[voiced]),
        dynamics=float(energy[spoken].std()),
        glide=float(semitones[-quarter:].mean() - semitones[:quarter].mean()),
    )


def _tilt(mel: npt.NDArray[np.float32]) -> float:
    filters = mel_filters().numpy()
    hz = filters.argmax(axis=0) * timeline.SAMPLE_RATE / timeline.N_FFT
    band = (hz > TILT_HZ[0]) & (hz < TILT_HZ[1])
    level = 20 / np.log(10) * mel[:, band].mean(axis=0)
    return float(np.polyfit(np.log2(hz[band] / 1000), level, 1)[0])


Change = Callable[[Figures, Sequence[Figures]], "float | None"]


def _mean(values: Sequence[Figures], name: str) -> float:
    return float(np.mean([getattr(value, name) for value in values]))


def _less(name: str) -> Change:
    return lambda one, neutral: getattr(one, name) - _mean(neutral, name)


def _ratio(name: str) -> Change:
    return lambda one, neutral: float(np.log(getattr(one, name) / _mean(neutral, name)))


def _pace(one: Figures, neutral: Sequence[Figures]) -> float | None:
    same = [value for value in neutral if value.sentence == one.sentence]
    return float(np.log(_mean(same, "seconds") / one.seconds)) if same else None


COLUMNS: dict[str, tuple[Change, bool]] = {
    "pitch, semitones": (_less("pitch"), False),
    "range, factor": (_ratio("spread"), True),
    "pace, factor": (_pace, True),
    "tilt, dB/octave": (_less("tilt"), False),
    "dynamics, factor": (_ratio("dynamics"), True),
    "glide, semitones": (_less("glide"), False),
}
"""How each is compared with neutral, and whether it is a factor."""


def row(emotion: str, figures: Sequence[Figures]) -> list[str]:
    cells = []
    for change, is_factor in COLUMNS.values():
        by_actor: dict[str, list[float]] = defaultdict(list)
        for one in figures:
            neutral = [f for f in figures if f.actor == one.actor and f.emotion == NEUTRAL]
            value = change(one, neutral) if one.emotion == emotion and neutral else None
            if value is not None:
                by_actor[one.actor].append(value)
        means = [float(np.mean(values)) for values in by_actor.values()]
        middle, differ = float(np.mean(means)), float(np.std(means))
        cells.append(f"{np.exp(middle):.2f}" if is_factor else f"{middle:+.1f} ± {differ:.1f}")
    return cells


def main(folder: Path) -> None:
    with (folder / "manifest.csv").open(encoding="utf-8", newline="") as file:
        rows = [r for r in csv.DictReader(file) if r["dataset"] == "emodb"]
    figures = [measure(folder / r["path"], r["speaker"], r["emotion"]) for r in rows]
    print("| emotion | clips |", " | ".join(COLUMNS), "|")
    print("|---|---|" + "---|" * len(COLUMNS))
    for emotion in sorted({f.emotion for f in figures} - {NEUTRAL}):
        count = sum(f.emotion == emotion for f in figures)
        print(f"| {emotion} | {count} |", " | ".join(row(emotion, figures)), "|")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
