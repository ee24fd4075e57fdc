"""How something is said: pitch, voicing and energy of every moment, which sound and face both follow.

Legend: T = 3 P mel frames at 93.75/s, P curve frames at 31.25/s.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from omnitalker.base import timeline
from omnitalker.base.errors import InputError
from omnitalker.base.types import FloatArray

CHANNELS: Final = 4
"""Pitch, voicing, energy, and whether they are told at all: what networks read of one frame."""
MIDDLE_PITCH: Final = float(np.log(200.0))
MIDDLE_ENERGY, ENERGY_SCALE = -4.0, 3.0
VOICED: Final = 0.5
"""Curve frames above it are voice."""
SURE: Final = 0.45
"""Of a pitch, over some frames: above it is a voice. A little below a half, since voices fade out."""
AUDIBLE_NATS: Final = 2.5
"""Frames whose low bins are further below the loudest have no voice, whatever the pitch tracker takes them for."""
LOW_BINS: Final = slice(4, 30)
STEADY_FRAMES: Final = 5
"""Mel frames (53 ms): no voice and no pitch lasts for less."""
FARTHEST_SEMITONES: Final = 10.0
"""From the middle of an utterance: what is further off is an octave error."""
LOWEST_PITCH, HIGHEST_PITCH = float(np.log(50.0)), float(np.log(700.0))


@dataclass(frozen=True)
class Curves:
    """Three numbers for every 32 ms of speech."""

    pitch: FloatArray
    """(P,) natural logarithm of Hz; goes straight on where there is no voice."""
    voiced: FloatArray
    """(P,) share of the time that is voice, 0 to 1."""
    energy: FloatArray
    """(P,) mean of the log-mel."""

    def __len__(self) -> int:
        return len(self.pitch)

    def __getitem__(self, frames: slice) -> Curves:
        return Curves(self.pitch[frames], self.voiced[frames], self.energy[frames])

    @property
    def middle(self) -> float:
        """The usual pitch of the voice, in natural log of Hz."""
        heard = self.voiced > VOICED
        return float(np.median(self.pitch[heard])) if heard.any() else MIDDLE_PITCH

    def numbers(self) -> FloatArray:
        """(P, 3) of about unit size."""
        return np.stack(
            [
                (self.pitch - MIDDLE_PITCH) / np.log(2.0),
                self.voiced,
                (self.energy - MIDDLE_ENERGY) / ENERGY_SCALE,
            ],
            axis=1,
        ).astype(np.float32)

    def on_mel_grid(self) -> FloatArray:
        """(3 P, 4) what a network is told, frame by frame."""
        if not len(self):
            return np.zeros((0, CHANNELS), np.float32)
        frames = timeline.CURVE_MEL_FRAMES * len(self)
        at = (np.arange(frames) + 0.5) / timeline.CURVE_MEL_FRAMES - 0.5
        places = np.arange(len(self))
        known = self.numbers()
        columns = [np.interp(at, places, known[:, channel]) for channel in range(3)]
        return np.stack([*columns, np.ones(frames)], axis=1).astype(np.float32)


@dataclass(frozen=True)
class Melody:
    """How to change the curves that were decided: what `--pitch`, `--pitch-range` and `--energy` say."""

    semitones: float = 0.0
    """Higher or lower."""
    range: float = 1.0
    """How far the pitch goes up and down, relative to what was decided."""
    energy: float = 1.0
    """Amplitude relative to what was decided."""
    contour: Callable[[Curves], Curves] | None = None
    """Anything else: gets the decided curves of a stretch, returns as many frames."""

    def __call__(self, curves: Curves, middle: float) -> Curves:
        """`middle`: the pitch about which the range is widened."""
        pitch = middle + self.range * (curves.pitch - middle) + self.semitones * np.log(2) / 12
        made = replace(
            curves,
            pitch=pitch.clip(LOWEST_PITCH, HIGHEST_PITCH).astype(np.float32),
            energy=(curves.energy + np.log(self.energy)).astype(np.float32),
        )
        if self.contour is None:
            return made
        shaped = self.contour(made)
        if len(shaped) != len(made):
            raise InputError(
                f"the contour returned {len(shaped)} frames of curves for {len(made)}; "
                "return as many (31.25 a second)"
            )
        return shaped


def from_numbers(numbers: FloatArray) -> Curves:
    """The inverse of `Curves.numbers`."""
    return Curves(
        pitch=(numbers[:, 0] * np.log(2.0) + MIDDLE_PITCH)
        .clip(LOWEST_PITCH, HIGHEST_PITCH)
        .astype(np.float32),
        voiced=numbers[:, 1].clip(0, 1).astype(np.float32),
        energy=(numbers[:, 2] * ENERGY_SCALE + MIDDLE_ENERGY).astype(np.float32),
    )


def curves_of(pitch: FloatArray, energy: FloatArray) -> Curves:
    """(T,) natural log of Hz, 0 where there is no voice, and (T,) mean log-mel -> curves."""
    per = timeline.CURVE_MEL_FRAMES
    count = len(pitch) // per
    pitch, energy = (
        np.asarray(v[: count * per], np.float32).reshape(-1, per) for v in (pitch, energy)
    )
    voice = pitch > 0
    voiced = voice.mean(axis=1)
    mean = pitch.sum(axis=1) / np.maximum(voice.sum(axis=1), 1)
    return Curves(_carried_on(mean, voiced > 0), voiced.astype(np.float32), energy.mean(axis=1))


def joined(parts: Sequence[Curves]) -> Curves:
    return Curves(
        np.concatenate([part.pitch for part in parts]),
        np.concatenate([part.voiced for part in parts]),
        np.concatenate([part.energy for part in parts]),
    )


def voiced_pitch(mel: FloatArray, semitones: FloatArray, sure: FloatArray) -> FloatArray:
    """What a pitch tracker heard in mel (T, 100), semitones over 100 Hz -> (T,) log Hz, 0 where unvoiced."""
    from scipy.ndimage import median_filter, uniform_filter1d  # lists of names need no scipy

    low = mel[:, LOW_BINS].mean(axis=1)
    is_voice = uniform_filter1d(sure, STEADY_FRAMES) > SURE
    is_voice &= low > np.percentile(low, 95) - AUDIBLE_NATS
    is_voice = median_filter(is_voice.astype(np.uint8), STEADY_FRAMES) > 0
    steady = median_filter(semitones, STEADY_FRAMES)
    if is_voice.any():
        is_voice &= np.abs(steady - np.median(steady[is_voice])) < FARTHEST_SEMITONES
    return np.where(is_voice, np.log(100.0) + steady * np.log(2) / 12, 0.0).astype(np.float32)


def _carried_on(pitch: FloatArray, known: np.ndarray) -> FloatArray:
    """Straight lines between what is known; the middle of all voices where nothing is."""
    if not known.any():
        return np.full(len(pitch), MIDDLE_PITCH, np.float32)
    frames = np.arange(len(pitch))
    return np.interp(frames, frames[known], pitch[known]).astype(np.float32)
