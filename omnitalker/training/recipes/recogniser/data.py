"""Speech with timed phonemes for the recogniser: corpus items, and real speech that it aligns itself.

Legend: B batch, T mel frames at 93.75/s, P phonemes.
"""

from __future__ import annotations

import csv
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
import torch
from safetensors.numpy import load_file, save_file
from torch import Tensor

from omnitalker.audio.mel import mel_of
from omnitalker.audio.resample import to_mono_24k
from omnitalker.base import timeline
from omnitalker.base.errors import InputError
from omnitalker.base.files import AtomicFile
from omnitalker.base.types import FloatArray, IntArray, Phoneme
from omnitalker.corpus.store import Corpus
from omnitalker.models.recogniser import FLOOR, PhonemeRecogniser, align
from omnitalker.text.frontend import TextFrontend
from omnitalker.text.symbols import SILENCE, SILENT, SYMBOL_IDS, SYMBOLS

logger = logging.getLogger(__name__)
IGNORE = -100
_IS_SILENT = np.array([symbol in SILENT for symbol in SYMBOLS])


@dataclass(frozen=True)
class TimedSpeech:
    """One utterance. Phoneme p lasts from frame edges[p] to edges[p + 1]."""

    name: str
    mel: FloatArray
    """(T, 100)."""
    symbols: IntArray
    """(P,); all that is silent is SILENCE."""
    tones: IntArray
    """(P,)."""
    edges: FloatArray
    """(P + 1,) in frames, not whole."""


@dataclass(frozen=True)
class Transcribed:
    """One utterance whose phonemes have no times yet."""

    name: str
    mel: FloatArray
    phonemes: tuple[Phoneme, ...]


@dataclass(frozen=True)
class Batch:
    """Crops, padded. Labels are IGNORE where padded."""

    mel: Tensor
    """(B, T, 100)."""
    valid: Tensor
    """(B, T) bool."""
    symbols: Tensor
    """(B, T)."""
    tones: Tensor
    """(B, T)."""
    targets: list[Tensor]
    """What is spoken in each crop, without silence."""


def from_corpus(corpus: Corpus) -> list[TimedSpeech]:
    """The items whose words are known."""
    found = []
    for item in corpus.filter(where=lambda info: info.has_text):
        found.append(
            TimedSpeech(
                item.info.id,
                item.mel.astype(np.float32),
                _heard(item.symbols.astype(np.int64)),
                item.tones.astype(np.int64),
                item.starts * np.float32(timeline.MEL_RATE),
            )
        )
    return found


def read_real(folder: Path, held_out: Sequence[str]) -> list[Transcribed]:
    """LJ and the well transcribed LibriSpeech readers of the shared `voices` folder."""
    frontend, found = TextFrontend(), []
    for name, suffix in (("lj", ".flac"), ("librispeech", ".opus")):
        with (folder / name / "transcripts.csv").open(encoding="utf-8") as file:
            rows = list(csv.reader(file, delimiter="|", quoting=csv.QUOTE_NONE))
        for row in rows:
            if row[0] in held_out or row[-1] in ("low", "raw"):
                continue
            sound, rate = soundfile.read(folder / name / f"{row[0]}{suffix}", dtype="float32")
            phonemes = frontend.prepare(row[1], "en").phonemes
            found.append(Transcribed(row[0], mel_of(to_mono_24k(sound, rate)), phonemes))
    return found


def self_aligned(
    model: PhonemeRecogniser, speech: Sequence[Transcribed], drop: float
) -> list[TimedSpeech]:
    """Times by the model as it is now, without the share `drop` whose weakest stretch fits worst."""
    model.eval()
    aligned = [(align(model, s.mel, s.phonemes), s) for s in speech]
    model.train()
    limit = float(np.quantile([a.weakest for a, _ in aligned], drop))
    logger.info(
        "aligned %d: median confidence %.2f, weakest %.2f, limit %.2f",
        len(aligned), np.median([a.confidence for a, _ in aligned]),
        np.median([a.weakest for a, _ in aligned]), limit,
    )  # fmt: skip
    found = []
    for alignment, s in aligned:
        if alignment.weakest < limit:
            continue
        timed = alignment.phonemes
        edges = np.array([0.0, *(t.end for t in timed)]) * float(timeline.MEL_RATE)
        symbols = np.array([SYMBOL_IDS[t.phoneme.symbol] for t in timed])
        tones = np.array([t.phoneme.tone for t in timed])
        found.append(TimedSpeech(s.name, s.mel, _heard(symbols), tones, edges.astype(np.float32)))
    return found


def save_times(speech: Sequence[TimedSpeech], path: Path) -> None:
    """Write what `self_aligned` found; the mels are not in it."""
    tensors = {
        f"{item.name}/{key}": getattr(item, key)
        for item in speech
        for key in ("symbols", "tones", "edges")
    }
    with AtomicFile(path) as temporary:
        save_file(tensors, temporary)


def load_times(speech: Sequence[Transcribed], path: Path) -> list[TimedSpeech]:
    """What `save_times` wrote of `speech`, in the order of `speech`."""
    if not path.is_file():
        raise InputError(
            f"{path} is missing: the run's own alignment of real speech, without which it cannot be resumed."
        )
    found = load_file(path)
    return [
        TimedSpeech(
            s.name,
            s.mel,
            found[f"{s.name}/symbols"],
            found[f"{s.name}/tones"],
            found[f"{s.name}/edges"],
        )
        for s in speech
        if f"{s.name}/edges" in found
    ]


def follows_of(speech: Sequence[TimedSpeech], smoothing: float = 20.0) -> FloatArray:
    """(V, V) log-probability of a symbol after another, from how often it is; smoothed by its own share."""
    counts = np.zeros((len(SYMBOLS), len(SYMBOLS)))
    for symbols in {item.symbols.tobytes(): item.symbols for item in speech}.values():
        np.add.at(counts, (symbols[:-1], symbols[1:]), 1)
    share = counts.sum(axis=0) + 0.5
    share /= share.sum()
    chance = (counts + smoothing * share) / (counts.sum(axis=1, keepdims=True) + smoothing)
    unheard = np.array([s in SILENT and s != SILENCE for s in SYMBOLS])
    return np.where(unheard, -30.0, np.log(chance)).astype(np.float32)


def _heard(symbols: IntArray) -> IntArray:
    """Every pause becomes SILENCE; the mask stays what it is."""
    silent = _IS_SILENT[symbols] & (symbols != 0)
    return np.where(silent, SYMBOL_IDS[SILENCE], symbols)


def make_batch(
    speech: Sequence[TimedSpeech], rng: np.random.Generator, size: int, frames: int
) -> Batch:
    """Crops at phoneme borders, each at its own speed, voice length, colour, and noise."""
    crops = [_crop(speech[int(rng.integers(len(speech)))], rng, frames) for _ in range(size)]
    longest = max(len(mel) for mel, _, _, _ in crops)
    mel = np.full((size, longest, timeline.N_MELS), FLOOR, np.float32)
    symbols = np.full((size, longest), IGNORE)
    tones = np.full((size, longest), IGNORE)
    valid = np.zeros((size, longest), bool)
    for row, (crop, own_symbols, own_tones, _) in enumerate(crops):
        mel[row, : len(crop)] = _disguised(crop, rng)
        symbols[row, : len(crop)] = np.where(own_symbols == 0, IGNORE, own_symbols)
        tones[row, : len(crop)] = np.where(own_symbols == 0, IGNORE, own_tones)
        valid[row, : len(crop)] = True
    targets = [torch.from_numpy(spoken) for _, _, _, spoken in crops]
    arrays = (mel, valid, symbols, tones)
    return Batch(*(torch.from_numpy(array) for array in arrays), targets)


Crop = tuple[FloatArray, IntArray, IntArray, IntArray]


def _crop(speech: TimedSpeech, rng: np.random.Generator, frames: int) -> Crop:
    """(mel, symbol per frame, tone per frame, spoken symbols) of whole phonemes, at a random speed."""
    speed = rng.uniform(0.85, 1.2)
    first = int(rng.integers(0, max(1, len(speech.symbols) - 12)))
    if speech.edges[-1] <= frames * speed:
        first = 0
    last = int(np.searchsorted(speech.edges, speech.edges[first] + frames * speed, "right")) - 1
    last = max(last, first + 1)
    at = np.arange(
        np.ceil(speech.edges[first]), min(speech.edges[last], len(speech.mel) - 1), speed
    )
    phoneme = np.searchsorted(speech.edges[1:-1], at, side="right")
    low = at.astype(int)
    part = (at - low)[:, None].astype(np.float32)
    above = np.minimum(low + 1, len(speech.mel) - 1)
    mel = speech.mel[low] * (1 - part) + speech.mel[above] * part
    spoken = speech.symbols[first:last]
    spoken = spoken[~_IS_SILENT[spoken]]
    return mel, speech.symbols[phoneme], speech.tones[phoneme], spoken


def _disguised(mel: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Another vocal tract length, loudness, room, microphone, band and noise: (T, 100) -> (T, 100)."""
    bins = np.arange(timeline.N_MELS)
    mel = _stretched(mel, bins * rng.uniform(0.9, 1.12))
    colour = np.interp(bins, np.linspace(0, 99, 6), rng.normal(0, 0.6, 6))
    mel = mel + (colour + rng.normal(0, 0.7)).astype(np.float32)
    if rng.random() < 0.3:
        mel = _reverberant(mel, decay=rng.uniform(0.3, 0.75))
    if rng.random() < 0.7:
        speech_level = np.quantile(mel.max(axis=1), 0.9)
        shape = np.interp(bins, np.linspace(0, 99, 5), rng.normal(0, 0.8, 5))
        level = speech_level - rng.uniform(2.0, 9.0) + shape
        noise = level + 0.35 * rng.standard_normal(mel.shape)
        mel = np.logaddexp(mel, noise)
    if rng.random() < 0.5:
        mel[:, int(rng.choice([72, 80, 86])) :] = FLOOR
    if rng.random() < 0.3:
        start = int(rng.integers(0, max(1, len(mel) - 8)))
        mel[start : start + int(rng.integers(2, 8))] = mel.mean()
    return mel.astype(np.float32)


def _stretched(mel: FloatArray, at: FloatArray) -> FloatArray:
    """Read the bins at other places; past the last one, the last."""
    at = np.clip(at, 0, timeline.N_MELS - 1)
    low = np.minimum(at.astype(int), timeline.N_MELS - 2)
    part = (at - low).astype(np.float32)
    return mel[:, low] * (1 - part) + mel[:, low + 1] * part


def _reverberant(mel: FloatArray, decay: float) -> FloatArray:
    """A tail that falls by `decay` a frame and begins 8 dB under its source."""
    tail = np.zeros(mel.shape[1], np.float32)
    made = np.empty_like(mel)
    for t, now in enumerate(np.exp(mel)):
        made[t] = now + 0.4 * tail
        tail = decay * (tail + now)
    return np.log(np.maximum(made, 1e-7))
