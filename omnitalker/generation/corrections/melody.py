"""Bring the melody of generated speech to the reference's: how far its pitch goes up and down.

The network hears that best in what it continues, and three seconds tell little of it; the whole reference does.

Legend: T mel frames, M mel bins.
"""

from __future__ import annotations

from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter1d

from omnitalker.audio.pitch_shift import shift_pitch
from omnitalker.base import timeline
from omnitalker.base.types import FloatArray
from omnitalker.generation.corrections.followed import Followed, FollowedGain, trust
from omnitalker.models.pitch import OCTAVE_ERROR, Melody, PitchTracker, pitch_range

TRUSTED_FRAMES: Final = 100
"""Of voice: after so many half of what is measured is believed, of fewer next to nothing."""
REMEMBERED_FRAMES: Final = round(60 * timeline.MEL_RATE)
CONTEXT_FRAMES: Final = 40
"""Of what was made before, so that pitch is heard as well at the beginning of a window."""
OPENING_FRAMES: Final = 7 * timeline.BLOCK_MEL_FRAMES
"""So little tells next to nothing, and live somebody waits for it: it is heard together with what follows."""
RAMP_FRAMES: Final = timeline.BLOCK_MEL_FRAMES
"""A new gain comes in over so many frames."""
GAINS: Final = (0.6, 1.7)
FLOOR: Final = 0.3
"""Semitones."""
LARGEST_SHIFT: Final = 2.5
"""Semitones by which any frame is moved."""
LOUD_NATS: Final = 3.0
"""Frames within so much of the loudest can be voice."""
_LOW_BINS: Final = 30


class MelodyMatch:
    """Corrects mel in the order it is made; measures on, so that later windows are nearer."""

    def __init__(self, reference: FloatArray, ear: PitchTracker, strength: float = 1.0) -> None:
        """reference: (T, M) of the voice. strength: 0 changes nothing, 1 all that is trusted."""
        self._reference = reference
        self._ear = ear
        self._strength = strength
        self._loudest = -np.inf
        self._before = reference[:0]
        self._unheard = 0
        self._seen: FloatArray = np.zeros(0, np.float32)
        self._gain = FollowedGain(FLOOR, GAINS, RAMP_FRAMES)
        self._middle = Followed(0.0, RAMP_FRAMES)

    def __call__(self, mel: FloatArray) -> FloatArray:
        """(T, M) as sampled -> (T, M) that goes up and down as far as the reference."""
        if not len(mel):
            return mel
        known = np.concatenate([self._before, mel])
        self._unheard += len(mel)
        if not len(self._seen) and len(known) <= OPENING_FRAMES:
            self._before = known
            return mel
        self._before = known[-CONTEXT_FRAMES:]
        self._loudest = max(self._loudest, _loudest(known))
        heard = self._ear(known)
        voiced = _voiced(known, heard, self._loudest)
        new = slice(-self._unheard, None)
        self._unheard = 0
        self._seen = np.concatenate([self._seen, heard.semitones[new][voiced[new]]])
        self._seen = self._seen[-REMEMBERED_FRAMES:]
        pitch, voiced = heard.semitones[-len(mel) :], voiced[-len(mel) :]
        if not voiced.any():
            return mel
        frames = np.arange(len(mel))
        return shift_pitch(mel, self._shift(np.interp(frames, frames[voiced], pitch[voiced])))

    @cached_property
    def _wanted(self) -> tuple[float, float]:
        """(range of the reference, how far it is believed)."""
        melody = self._ear(self._reference, is_style=True)
        voiced = _voiced(self._reference, melody, _loudest(self._reference))
        known = melody.semitones[voiced]
        return _range(known), trust(len(known) ** 2, TRUSTED_FRAMES**2) * self._strength

    def _shift(self, pitch: FloatArray) -> FloatArray:
        """(T,) as it goes up and down -> (T,) by how much more it should."""
        gain, middle = self._measured()
        if self._gain.now == 1.0:
            self._middle.now = middle
        gains = self._gain.toward(gain, len(pitch))
        middles = self._middle.toward(middle, len(pitch))
        away = (pitch - middles).clip(-OCTAVE_ERROR, OCTAVE_ERROR)
        shift = gaussian_filter1d((gains - 1) * away, 1.5).clip(-LARGEST_SHIFT, LARGEST_SHIFT)
        return np.asarray(shift, np.float32)

    def _measured(self) -> tuple[float, float]:
        """(gain, middle) by all that was made so far."""
        wanted, strength = self._wanted
        believed = strength * trust(len(self._seen) ** 2, TRUSTED_FRAMES**2)
        gain = self._gain.aim(wanted, _range(self._seen), believed)
        return gain, float(np.median(self._seen))


def _voiced(mel: FloatArray, heard: Melody, loudest: float) -> npt.NDArray[np.bool_]:
    is_loud = mel[:, :_LOW_BINS].mean(axis=1) > loudest - LOUD_NATS
    return is_loud & (heard.sure > 0.5)


def _loudest(mel: FloatArray) -> float:
    return float(np.percentile(mel[:, :_LOW_BINS].mean(axis=1), 95))


def _range(semitones: FloatArray) -> float:
    """0 for nothing."""
    middle = float(np.median(semitones)) if len(semitones) else 0.0
    return float(np.nan_to_num(pitch_range(semitones, middle)))
