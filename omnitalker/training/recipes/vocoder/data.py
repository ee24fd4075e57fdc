"""Sound for the vocoder: clips with their pitch, stored flat, read as random segments.

    python -m omnitalker.training.recipes.vocoder.data runs/corpus runs/vocoder/data

Legend: B batch, N samples at 24 kHz, T mel frames at 93.75/s.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from multiprocessing import Pool
from pathlib import Path

import numpy as np
import soundfile
import soxr

from omnitalker.base import timeline
from omnitalker.base.types import FloatArray
from omnitalker.corpus.store import open_corpus

LOWEST_HZ, HIGHEST_HZ = 60.0, 600.0


@dataclass(frozen=True)
class Clip:
    name: str
    samples: FloatArray
    """(N,)."""
    pitch: FloatArray
    """(N // 256 + 1,) in Hz; 0 where unvoiced."""


@dataclass(frozen=True)
class Segments:
    samples: FloatArray
    """(B, N)."""
    pitch: FloatArray
    """(B, N // 256 + 1)."""


def pitch_of(samples: FloatArray) -> FloatArray:
    """(N,) -> (N // 256 + 1,) Hz by WORLD; 0 where unvoiced."""
    import pyworld

    sound = samples.astype(np.float64)
    period = 1000 * timeline.HOP_LENGTH / timeline.SAMPLE_RATE
    rough, times = pyworld.dio(
        sound, timeline.SAMPLE_RATE, LOWEST_HZ, HIGHEST_HZ, frame_period=period
    )
    refined = pyworld.stonemask(sound, rough, times, timeline.SAMPLE_RATE)
    return refined.astype(np.float32)[: timeline.stft_frames(len(samples))]


def read_clip(path: Path) -> Clip:
    """Decode, mix to mono, resample, normalise the peak if it is over 0.95, find the pitch."""
    sound, rate = soundfile.read(path, dtype="float32", always_2d=True)
    samples = soxr.resample(sound.mean(axis=1), rate, timeline.SAMPLE_RATE).astype(np.float32)
    samples *= min(1.0, 0.95 / max(float(np.abs(samples).max(initial=0.0)), 1e-6))
    return Clip(path.stem, samples, pitch_of(samples))


def build_store(paths: Iterable[Path], folder: Path, workers: int = 2) -> None:
    """Write `samples.npy` (int16), `pitch.npy` and `clips.json` (name, first sample, samples)."""
    with Pool(workers) as pool:
        clips = [c for c in pool.imap(read_clip, paths) if len(c.samples) > timeline.SAMPLE_RATE]
    _write(clips, folder)


def build_from_corpus(directory: Path, folder: Path, most_synthetic: int = 2000) -> None:
    """Stores `librispeech`, `lj`, `synthetic` and, of the splits not trained on, `held_out`."""
    corpus = open_corpus(directory)
    train = corpus.filter(split="train")
    parts = {
        "librispeech": train.filter(source="librispeech"),
        "lj": train.filter(source="lj"),
        "synthetic": train.filter(where=lambda info: not info.is_real),
        "held_out": corpus.filter(where=lambda info: info.split != "train"),
    }
    for name, part in parts.items():
        step = max(1, len(part) // most_synthetic)
        clips = []
        for i in range(0, len(part), step):
            samples = part[i].sound
            clips.append(Clip(part.infos[i].id, samples, pitch_of(samples)))
        if clips:
            _write(clips, folder / name)


def _write(clips: Sequence[Clip], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    index, at = [], 0
    for clip in clips:
        index.append((clip.name, at, len(clip.samples)))
        at += len(clip.samples)
    sound = np.concatenate([c.samples for c in clips])
    np.save(folder / "samples.npy", np.round(sound * 32767).astype(np.int16))
    np.save(folder / "pitch.npy", np.concatenate([c.pitch for c in clips]))
    (folder / "clips.json").write_text(json.dumps(index))


class ClipStore:
    """Clips on disk. Opening one maps it into memory."""

    def __init__(self, folder: Path) -> None:
        self._samples = np.load(folder / "samples.npy", mmap_mode="r")
        self._pitch = np.load(folder / "pitch.npy")
        index = json.loads((folder / "clips.json").read_text())
        self.names = [name for name, _, _ in index]
        self.starts = np.array([start for _, start, _ in index])
        self.lengths = np.array([length for _, _, length in index])
        frames = self.lengths // timeline.HOP_LENGTH + 1
        self._pitch_starts = np.concatenate([[0], frames.cumsum()[:-1]])

    def clip(self, i: int) -> Clip:
        start, length = self.starts[i], self.lengths[i]
        first = self._pitch_starts[i]
        return Clip(
            self.names[i],
            self._samples[start : start + length].astype(np.float32) / 32767,
            self._pitch[first : first + timeline.stft_frames(int(length))],
        )

    def segment(
        self, i: int, samples: int, speed: float, rng: np.random.Generator
    ) -> tuple[FloatArray, FloatArray]:
        """A random stretch of clip i, played `speed` times as fast -> ((samples,), (T,) Hz)."""
        hop = timeline.HOP_LENGTH
        wanted = int(samples * speed) + 2 * hop
        frame = int(rng.integers(0, max(1, (self.lengths[i] - wanted) // hop)))
        start = self.starts[i] + frame * hop
        stop = min(start + wanted, self.starts[i] + self.lengths[i])
        sound = self._samples[start:stop].astype(np.float32) / 32767
        if speed != 1.0:
            sound = soxr.resample(sound, speed, 1.0, quality="MQ").astype(np.float32)
        sound = np.pad(sound, (0, max(0, samples - len(sound))))[:samples]
        first = self._pitch_starts[i] + frame
        last = self._pitch_starts[i] + self.lengths[i] // hop
        at = first + np.round(np.arange(timeline.stft_frames(samples)) * speed).astype(int)
        return sound, self._pitch[np.minimum(at, last)] * np.float32(speed)


class SegmentSampler:
    """Random segments from weighted stores."""

    def __init__(
        self,
        stores: list[ClipStore],
        weights: list[float],
        speeds: tuple[float, float],
    ) -> None:
        self.stores = stores
        self.weights = np.array(weights) / sum(weights)
        self.speeds = speeds

    def batch(self, rng: np.random.Generator, size: int, samples: int) -> Segments:
        sounds, pitches = [], []
        for _ in range(size):
            store = self.stores[rng.choice(len(self.stores), p=self.weights)]
            clip = int(rng.choice(len(store.names), p=store.lengths / store.lengths.sum()))
            speed = float(rng.uniform(*self.speeds)) if rng.random() < 0.5 else 1.0
            sound, pitch = store.segment(clip, samples, speed, rng)
            gain = np.float32(10 ** rng.uniform(-0.6, 0.15))
            sounds.append(np.clip(sound * gain, -1, 1))
            pitches.append(pitch)
        return Segments(np.stack(sounds), np.stack(pitches))


if __name__ == "__main__":
    build_from_corpus(Path(sys.argv[1]), Path(sys.argv[2]))
