"""Speech as loud as asked while it is made, window by window.

How loud a voice usually is tells its mel, before anything can be heard: a mel filter sums magnitudes over as many
frequencies as it is wide, so weighed by ear and divided by that width its square is power.

Legend: N samples, T mel frames, M mel bins.
"""

from __future__ import annotations

from functools import cache
from typing import Final

import numpy as np
from scipy.ndimage import minimum_filter1d, uniform_filter1d

from omnitalker.audio.lufs import (
    ABSOLUTE_GATE,
    RELATIVE_GATE,
    Powers,
    Weighting,
    k_weighting,
    loudness_of,
    oversampled_peaks,
    power_of,
)
from omnitalker.base import timeline
from omnitalker.base.types import FloatArray

CEILING_DB: Final = -1.2
"""True peak; a little under the usual -1 dBTP, for what codecs add."""
MEL_OFFSET_DB: Final = -23.1
"""From the power of a mel to mean squares by ear: found on 64 voices (8 people, 8 manners), spread 0.2 dB."""
LARGEST_CATCH_UP_DB: Final = 1.0
"""How much louder or softer than by its own measure a window may be to make up for those before."""
LARGEST_GAIN_DB: Final = 24.0
LARGEST_MAKE_UP_DB: Final = 3.0
MAKE_UP_ROUNDS: Final = 3
RAMP_SAMPLES: Final = timeline.SAMPLE_RATE // 10
FRAME_SAMPLES: Final = timeline.SAMPLE_RATE // 100
BLOCK_SECONDS: Final = 0.4


def loudness_of_mel(mel: FloatArray) -> float:
    """(T, M) natural-log mel -> LUFS of its sound; -inf for none."""
    power = (np.exp(2 * mel.astype(np.float64)) * _weights(mel.shape[1])).sum(axis=1)
    heard = _gated(power * 10 ** (MEL_OFFSET_DB / 10), float(timeline.MEL_RATE))
    return loudness_of(float(heard.mean())) if len(heard) else float("-inf")


class SteadyLoudness:
    """Gains for windows of speech, in order, by which all of it together comes to `target`."""

    def __init__(self, target: float, usual: float, trusted_seconds: float) -> None:
        """usual: LUFS of such speech, believed as if heard for `trusted_seconds`. The less, the sooner a window's
        own loudness counts."""
        self._target = target
        self._usual = power_of(usual)
        self._trusted = trusted_seconds * timeline.SAMPLE_RATE / FRAME_SAMPLES
        self._weighting = Weighting()
        self._rest: Powers = np.zeros(0)
        self._made: Powers = np.zeros(0)
        self._given: Powers = np.zeros(0)
        self._gain_db = _limited(target - usual) if trusted_seconds > 0 else 0.0
        self._made_up_db = 0.0

    def gain_db(self, samples: FloatArray) -> float:
        """For the next (N,) of it."""
        new = self._powers(samples)
        self._made = np.concatenate([self._made, new])
        heard = _audible_blocks(self._made)
        blocks = _audible_blocks(new)
        loud = blocks[blocks > 0.1 * heard.mean()] if len(heard) else blocks
        if len(loud):
            count = len(heard) + self._trusted
            own = self._target - loudness_of(
                float(heard.sum() + self._trusted * self._usual) / count
            )
            self._gain_db = _limited(own + self._catch_up(own, loud))
            self._made_up_db = _lost_to_peaks(samples, self._gain_db)
        self._given = np.concatenate([self._given, new * 10 ** (self._gain_db / 10)])
        return self._gain_db + self._made_up_db

    def _powers(self, samples: FloatArray) -> Powers:
        """(N,) -> mean squares by ear of the 10 ms frames that are complete."""
        pending = np.concatenate([self._rest, self._weighting(samples)])
        count = len(pending) // FRAME_SAMPLES
        whole, self._rest = np.split(pending, [count * FRAME_SAMPLES])
        return np.asarray(np.square(whole).reshape(count, FRAME_SAMPLES).mean(axis=1))

    def _catch_up(self, gain_db: float, new: Powers) -> float:
        """dB beside `gain_db` that bring everything given so far, with the new window, to the target."""
        before = _audible_blocks(self._given)
        if not len(before):
            return 0.0
        usual = 10 ** (gain_db / 10) * new.sum()
        owed = power_of(self._target) * (len(before) + len(new)) - before.sum() - usual
        share = len(new) / (len(new) + self._trusted)  # what is trusted stands for speech to come
        change = 10 * np.log10(max(usual + owed * share, 0.1 * usual) / usual)
        return float(np.clip(change, -LARGEST_CATCH_UP_DB, LARGEST_CATCH_UP_DB))


class GainRamp:
    """Applies one gain after another, going over within a tenth of a second."""

    def __init__(self) -> None:
        self._before: float | None = None

    def __call__(self, samples: FloatArray, gain_db: float) -> FloatArray:
        """(N,) -> (N,)."""
        after = 10 ** (gain_db / 20)
        before = after if self._before is None else self._before
        self._before = after
        share = np.minimum(1.0, np.arange(1, len(samples) + 1) / RAMP_SAMPLES)
        return np.asarray(samples * (before + share * (after - before)), np.float32)


class PeakLimiter:
    """Turns down 2 ms around every true peak over the ceiling, smoothly; holds back 3 ms to see them coming."""

    _SPAN: Final = timeline.SAMPLE_RATE // 500 | 1
    _HELD: Final = timeline.SAMPLE_RATE * 3 // 1000

    def __init__(self, ceiling_db: float = CEILING_DB) -> None:
        self._ceiling = 10 ** (ceiling_db / 20)
        self._past: FloatArray = np.zeros(self._HELD, np.float32)
        self._held: FloatArray = np.zeros(0, np.float32)

    def push(self, samples: FloatArray, *, is_last: bool) -> FloatArray:
        """(N,) -> those whose surroundings are known now; together as many as were pushed."""
        known = np.concatenate([self._past, self._held, samples])
        peaks = oversampled_peaks(known)
        needed = self._ceiling / np.maximum(peaks, self._ceiling)
        gain = uniform_filter1d(minimum_filter1d(needed, self._SPAN), self._SPAN)
        begin = len(self._past)
        end = len(known) if is_last else max(begin, len(known) - self._HELD)
        self._past, self._held = known[max(0, end - self._HELD) : end], known[end:]
        made = (known * gain)[begin:end]
        return np.asarray(made.clip(-self._ceiling, self._ceiling), np.float32)


def _lost_to_peaks(samples: FloatArray, gain_db: float) -> float:
    """dB that a limiter takes of (N,) at a gain, and that must be given beside it: creaky voices are all peaks."""
    lost = 0.0
    for _ in range(MAKE_UP_ROUNDS):
        loud = np.asarray(samples * 10 ** ((gain_db + lost) / 20), np.float32)
        limited = PeakLimiter().push(loud, is_last=True)
        before, after = (np.square(Weighting()(sound)).mean() for sound in (loud, limited))
        if not after > 0:  # silence
            return 0.0
        lost = min(10 * float(np.log10(before / after)), LARGEST_MAKE_UP_DB)
    return lost


def _audible_blocks(powers: Powers) -> Powers:
    return _gated(powers, timeline.SAMPLE_RATE / FRAME_SAMPLES)


def _gated(powers: Powers, rate: float) -> Powers:
    """Means over 400 ms, one per frame, that count as sound: within 10 dB of their own average."""
    if not len(powers):
        return powers
    width = min(round(BLOCK_SECONDS * rate), len(powers))
    blocks = np.asarray(np.convolve(powers, np.ones(width) / width, mode="valid"), np.float64)
    blocks = blocks[blocks > power_of(ABSOLUTE_GATE)]
    if not len(blocks):
        return blocks
    return np.asarray(blocks[blocks > blocks.mean() * 10 ** (RELATIVE_GATE / 10)], np.float64)


def _limited(gain_db: float) -> float:
    return float(np.clip(gain_db, -LARGEST_GAIN_DB, LARGEST_GAIN_DB))


@cache
def _weights(bins: int) -> Powers:
    """(M,) how much a bin's square counts."""
    highest = np.log1p(timeline.SAMPLE_RATE / 2 / 700.0)
    centres = 700.0 * np.expm1(np.arange(1, bins + 1) / (bins + 1) * highest)
    by_ear = np.ones(bins)
    for part in k_weighting():
        by_ear *= part.power_gain(centres, timeline.SAMPLE_RATE)
    return np.asarray(by_ear / (centres + 700.0))
