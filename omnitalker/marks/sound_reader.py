"""Reads the mark of `sound` back, wherever the sound begins and however fast it is played.

A stretch of up to eight seconds is laid against the table at every frame and at speeds from -6 to +6 %,
with the pitch moved along or kept. What chance would give is known (a normal distribution, as many draws as
places, speeds and stretches were tried), so what is asked for is a chance of false alarm, not a number that
was tuned.

Legend: T mel frames at 93.75/s, K differences of a block.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.signal import resample
from scipy.stats import norm

from omnitalker.audio.mel import mel_of
from omnitalker.base import timeline
from omnitalker.base.types import FloatArray
from omnitalker.marks.payload import BITS, value_of
from omnitalker.marks.sound import PERIOD, STEPS, parts_of_differences, table

STRETCH_SECONDS = 8.0
SHORTEST_SECONDS = 0.5
FALSE_ALARMS = 3e-5
"""Of sounds without a mark, at the speed they were made and at others each."""
SPEEDS = tuple(np.round(np.arange(-0.06, 0.0601, 0.004), 3))
LOUD_ENOUGH = 1.5
"""A difference this many times the usual one of its kind counts as much as any larger one."""


@dataclass(frozen=True)
class SoundMark:
    """What was found in a sound."""

    score: float
    """Standard deviations over what chance gives at one place."""
    chance: float = 1.0
    """How likely a sound without a mark scores as high somewhere."""
    value: int | None = None
    """The maker's number, where enough of it was heard."""
    speed: float = 0.0
    """How much faster it plays than it was made."""
    start: float = 0.0
    """Seconds: where the stretch begins that says so."""

    @property
    def is_found(self) -> bool:
        return self.chance <= FALSE_ALARMS


def read_sound_mark(samples: FloatArray) -> SoundMark:
    """The clearest mark in a sound (N,) at 24 kHz.

    At the speed it was made first: hardly any sound is played faster or slower.
    """
    stretches = list(_stretches(samples))
    for read in (_as_it_is, _at_other_speeds):
        best = SoundMark(0.0)
        for start, stretch in stretches:
            found = read(stretch, len(stretches))
            if found.score > best.score:
                best = replace(found, start=start)
            if best.is_found and best.value is not None:
                break
        if best.is_found:
            break
    return best


def _stretches(samples: FloatArray) -> Iterator[tuple[float, FloatArray]]:
    length = int(STRETCH_SECONDS * timeline.SAMPLE_RATE)
    least = int(SHORTEST_SECONDS * timeline.SAMPLE_RATE)
    for start in range(0, max(len(samples) - least, 0) + 1, length):
        stretch = np.asarray(samples[start : start + length], np.float32)
        if len(stretch) >= least and np.abs(stretch).max() > 1e-4:
            yield start / timeline.SAMPLE_RATE, stretch


def _as_it_is(stretch: FloatArray, stretches: int) -> SoundMark:
    return _laid(mel_of(stretch), 0.0, stretches)


def _at_other_speeds(stretch: FloatArray, stretches: int) -> SoundMark:
    mel, best = mel_of(stretch), SoundMark(0.0)
    tried = 2 * len(SPEEDS) * stretches
    for speed in SPEEDS:
        slowed = resample(stretch, round(len(stretch) * (1 + speed))).astype(np.float32)
        stretched = _at_rows(mel, np.arange(0, len(mel) - 1, 1 / (1 + speed)))
        best = max(
            best, _laid(mel_of(slowed), speed, tried), _laid(stretched, speed, tried), key=_score
        )
    return best


def _laid(mel: FloatArray, speed: float, tried: int) -> SoundMark:
    """The best of all places of the table against a mel (T, 100), one of `tried` such mels."""
    if len(mel) < 2 * timeline.BLOCK_MEL_FRAMES:
        return SoundMark(0.0)
    leans = leans_of(mel)
    signs, bits = table()
    places = scores_of(leans, np.where(bits < 0, signs, 0.0).astype(np.float32))
    place = int(places.argmax())
    score = max(0.0, float(places[place]))
    chance = min(1.0, float(norm.sf(score)) * len(places) * tried)
    value = _value(leans, place) if chance <= FALSE_ALARMS else None
    return SoundMark(score, chance, value, speed)


def leans_of(mel: FloatArray) -> FloatArray:
    """(T, 100) -> (T', K): how the block that begins at each frame leans, on the scale of what is usual."""
    block, frames = timeline.BLOCK_MEL_FRAMES, timeline.BLOCK_MEL_FRAMES // STEPS
    bands, waves = parts_of_differences()
    told = mel @ bands.T
    total = np.concatenate(
        [np.zeros((1, told.shape[1])), np.cumsum(told, axis=0, dtype=np.float64)]
    )
    steps = ((total[frames:] - total[:-frames]) / frames).astype(np.float32)
    count = len(mel) - block + 1
    at = [steps[step * frames : step * frames + count] for step in range(STEPS)]
    leans = np.stack(at, axis=-1) @ waves.T  # (T', bands, waves)
    flat = leans.reshape(count, -1)
    usual = np.median(np.abs(flat), axis=0) + 1e-6
    even: FloatArray = np.tanh(flat / usual / LOUD_ENOUGH)
    return even


def scores_of(leans: FloatArray, sync: FloatArray) -> FloatArray:
    """(PERIOD * 15,): the agreement with signs (PERIOD, K) that begin at each frame, in standard deviations."""
    block = timeline.BLOCK_MEL_FRAMES
    agree, power = leans @ sync.T, leans**2 @ (sync != 0).T.astype(np.float32)
    scores = np.zeros((PERIOD, block), np.float32)
    for phase in range(block):
        rows, weights = agree[phase::block], power[phase::block]
        index = np.arange(len(rows))
        for turn in range(PERIOD):
            own = (index - turn) % PERIOD
            scores[turn, phase] = rows[index, own].sum() / np.sqrt(
                weights[index, own].sum() + 1e-18
            )
    return scores.ravel()


def _read_from(leans: FloatArray, offset: int) -> tuple[FloatArray, npt.NDArray[np.int64]]:
    """The blocks of a stretch in which the table begins at frame `offset`, and where in it each one is."""
    rows = leans[offset % timeline.BLOCK_MEL_FRAMES :: timeline.BLOCK_MEL_FRAMES]
    return rows, (np.arange(len(rows)) - offset // timeline.BLOCK_MEL_FRAMES) % PERIOD


def _value(leans: FloatArray, offset: int) -> int | None:
    signs, bits = table()
    rows, turn = _read_from(leans, offset)
    said = rows * signs[turn]
    votes = np.array([said[bits[turn] == bit].sum() for bit in range(BITS)])
    return value_of(votes)


def _at_rows(mel: FloatArray, places: FloatArray) -> FloatArray:
    low = places.astype(np.int64)
    share = (places - low)[:, None].astype(np.float32)
    return mel[low] * (1 - share) + mel[low + 1] * share


def _score(mark: SoundMark) -> float:
    return mark.score
