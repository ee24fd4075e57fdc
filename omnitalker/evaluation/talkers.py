"""How near the mouth that is made for known words and times comes to that of real talkers, tracked from their clips.

A folder of clips with a `manifest.csv` (file, talker, transcript) and, where there are any, the words' times beside each
clip (`.align`: begin, end, word; 25 000 units a second, as GRID gives them).
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from omnitalker.audio.loudness import normalise_loudness
from omnitalker.audio.mel import mel_covering
from omnitalker.base import timeline
from omnitalker.base.errors import InputError
from omnitalker.base.types import Camera, FloatArray, Phoneme, TimedPhoneme
from omnitalker.media.reader import read_clip
from omnitalker.models.recogniser import PhonemeRecogniser, align
from omnitalker.motion.face import regions
from omnitalker.motion.face.model import FaceModel
from omnitalker.motion.names import EXPRESSION_SLICE
from omnitalker.reference.tracker import FaceTracker
from omnitalker.text.frontend import TextFrontend
from omnitalker.text.symbols import BILABIALS, SILENCE, SILENT

ALIGN_UNITS = 25_000
HELD_OUT_EVERY, HELD_OUT_FIRST, MOST_HELD_OUT = 21, 10, 20
"""Of a talker with many clips, these are never learnt from."""
CLOSED = 0.012
"""Eye distances between lips that a tracker cannot tell from closed ones."""
_UPPER, _LOWER = list(regions.INNER_LIP_UPPER[3:8]), list(regions.INNER_LIP_LOWER[3:8])

Mover = Callable[[Sequence[TimedPhoneme], FloatArray], FloatArray]
"""Phonemes in time and samples -> (F, 61)."""


@dataclass(frozen=True)
class TalkingClip:
    """One clip as tracked and heard."""

    name: str
    talker: str
    neutral: FloatArray
    values: FloatArray
    """(F, 61)."""
    samples: FloatArray
    """(960 F,)."""
    phonemes: tuple[TimedPhoneme, ...]


@dataclass(frozen=True)
class TalkerFigures:
    """The made mouth against the real one."""

    clips: int
    opening_r: float
    """Correlation of the lips' opening over time, mean of the clips."""
    amplitude_ratio: float
    """5th to 95th percentile of the opening, made over real."""
    speed_ratio: float
    """95th percentile of its speed, made over real."""
    closures: float
    """Part of the bilabials in which the made lips meet."""
    real_closures: float
    """The same of the tracked ones."""
    lag_frames: int
    """By how many frames the made lips would have to come later to agree best; 0 is right."""


def held_out(names: Sequence[str]) -> list[str]:
    """The clips of one talker that are for measuring only: all of few, every 21st of many."""
    ordered = sorted(names)
    if len(ordered) <= HELD_OUT_EVERY:
        return ordered
    return ordered[HELD_OUT_FIRST::HELD_OUT_EVERY][:MOST_HELD_OUT]


def read_talkers(
    folder: Path,
    recogniser: PhonemeRecogniser,
    wanted: Callable[[Sequence[str]], Sequence[str]] = held_out,
) -> Iterator[TalkingClip]:
    """Clips tracked on one neutral face per talker, with their phonemes in time."""
    table = folder / "manifest.csv"
    if not table.is_file():
        raise InputError(
            f"{folder} holds no manifest.csv with the columns file, talker, transcript"
        )
    talkers: dict[str, dict[str, str]] = {}
    with table.open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            talkers.setdefault(row["talker"], {})[row["file"]] = row["transcript"]
    tracker, frontend = FaceTracker(), TextFrontend()
    for talker, texts in talkers.items():
        known: tuple[FloatArray, Camera] | None = None
        for name in wanted(list(texts)):
            clip = read_clip(folder / name)
            face = tracker.track(clip.frames, name, known)
            known = known or (face.neutral, face.camera)
            frames = min(len(clip.frames), len(clip.samples) // timeline.SAMPLES_PER_VIDEO_FRAME)
            samples = clip.samples[: timeline.video_frames_to_samples(frames)]
            spans = read_spans((folder / name).with_suffix(".align"))
            yield TalkingClip(
                name,
                talker,
                face.neutral,
                face.motion.values[:frames],
                samples,
                _phonemes(samples, texts[name], spans, recogniser, frontend),
            )


def read_spans(path: Path) -> list[tuple[float, float, str]]:
    """(begin, end, word) in seconds; empty where there is no such file."""
    if not path.is_file():
        return []
    rows = [line.split() for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    return [(int(a) / ALIGN_UNITS, int(b) / ALIGN_UNITS, word) for a, b, word in rows]


def compare(clips: Sequence[TalkingClip], move: Mover) -> TalkerFigures:
    """All figures over clips of which each is made anew from its phonemes and sound."""
    model = FaceModel.load()
    real = [opening(model, clip.neutral, clip.values) for clip in clips]
    moved = [move(clip.phonemes, clip.samples) for clip in clips]
    made = [opening(model, c.neutral, m) for c, m in zip(clips, moved, strict=True)]
    by_lag = {
        lag: _mean([_r(np.roll(m, lag)[5:-5], r[5:-5]) for m, r in zip(made, real, strict=True)])
        for lag in range(-4, 5)
    }
    return TalkerFigures(
        clips=len(clips),
        opening_r=_mean([_r(m, r) for m, r in zip(made, real, strict=True)]),
        amplitude_ratio=_mean([_range(m) for m in made]) / _mean([_range(r) for r in real]),
        speed_ratio=_mean([_speed(m) for m in made]) / _mean([_speed(r) for r in real]),
        closures=_closed(clips, made),
        real_closures=_closed(clips, real),
        lag_frames=max(by_lag, key=by_lag.__getitem__),
    )


def opening(model: FaceModel, neutral: FloatArray, values: FloatArray) -> FloatArray:
    """(F,) eye distances between the middles of the lips, head and gaze left out."""
    still = np.zeros_like(values)
    still[:, EXPRESSION_SLICE] = values[:, EXPRESSION_SLICE]
    points = model.deform(neutral, still)
    return np.asarray((points[:, _UPPER, 1] - points[:, _LOWER, 1]).mean(axis=1))


def _phonemes(
    samples: FloatArray,
    text: str,
    spans: Sequence[tuple[float, float, str]],
    recogniser: PhonemeRecogniser,
    frontend: TextFrontend,
) -> tuple[TimedPhoneme, ...]:
    """Aligned word by word within known times, or over the whole clip. Single letters are read as their names."""
    whole = samples[: len(samples) // timeline.BLOCK_SAMPLES * timeline.BLOCK_SAMPLES]
    mel = mel_covering(normalise_loudness(whole))
    if not spans:
        words = " ".join(word.upper() if len(word) == 1 else word for word in text.split())
        return align(recogniser, mel, frontend.prepare(words, "en").phonemes).phonemes
    found: list[TimedPhoneme] = []
    for begin, end, word in spans:
        if word in ("sil", "sp"):
            found.append(TimedPhoneme(Phoneme(SILENCE), begin, end))
            continue
        spoken = frontend.prepare(word.upper() if len(word) == 1 else word, "en").phonemes
        sounds = [phoneme for phoneme in spoken if phoneme.symbol not in SILENT]
        first = timeline.seconds_to_mel_frames(begin)
        stop = max(timeline.seconds_to_mel_frames(end), first + 2 * len(sounds) + 1)
        part = align(recogniser, mel[first:stop], sounds).phonemes
        found += [TimedPhoneme(t.phoneme, begin + t.start, begin + t.end) for t in part]
    return tuple(found)


def _closed(clips: Sequence[TalkingClip], openings: Sequence[FloatArray]) -> float:
    met = []
    for clip, gap in zip(clips, openings, strict=True):
        for timed in clip.phonemes:
            if timed.phoneme.symbol in BILABIALS:
                first = max(0, int((timed.start - 0.1) * timeline.VIDEO_FPS))
                last = int((timed.end + 0.06) * timeline.VIDEO_FPS) + 1
                met.append(gap[first:last].min(initial=1.0) < CLOSED)
    return float(np.mean(met)) if met else 1.0


def _r(a: FloatArray, b: FloatArray) -> float:
    return float(np.corrcoef(a, b)[0, 1])


def _range(curve: FloatArray) -> float:
    low, high = np.percentile(curve, [5, 95])
    return float(high - low)


def _speed(curve: FloatArray) -> float:
    return float(np.percentile(np.abs(np.diff(curve)), 95))


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values))
