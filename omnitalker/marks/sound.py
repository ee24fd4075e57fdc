"""The mark in sound: how the mel of every 160 ms leans, a little, to sides that a published table names.

Within a block five steps of time and pairs of neighbouring bands make 84 differences. Each is pushed to the
side that the table asks for, just far enough, and not at all where it leans there already: so what the
voice does by itself does not stand in the way, and hardly anything has to change. The vocoder speaks the
mel that leans; a given sound is filtered to have it. Reading it back: `sound_reader`.

Legend: T mel frames at 93.75/s, B blocks of 15 frames, K differences of a block.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt
import torch

from omnitalker.audio.mel import mel_filters, mel_of
from omnitalker.base import timeline
from omnitalker.base.types import FloatArray
from omnitalker.marks.payload import BITS, NOBODY, signs_of

STEPS = 5
"""Of time within a block; their four cosines are blind to whatever changes no faster than a block."""
BAND = 2
"""Mel bins of a band."""
LOWEST, HIGHEST = 6, 90
"""Mel bins: from the second harmonic of a voice to 9 kHz; telephones leave the lower two thirds."""
PERIOD = 4
"""Blocks until the table begins again."""
SYNC_SHARE = 0.7
"""Of the differences: these are the same in every mark, and tell that there is one. The others are bits."""
SOFT, LOUD = 0.25, 0.5
"""How far a difference shall lean, and is pushed at the most (log-mel, all its cells together), in what is soft
and in what is loud within its block: noise buries the one, the other hides the push. What leans farther to
the wrong side is left there, mostly."""
BUSY, LEAST, MOST = 0.7, 0.3, 1.2
"""That reach follows how far the differences around lean by themselves, times BUSY, from LEAST to MOST of it: what
moves anyway hides more, and a vowel that stands still hides little."""
LOUD_BELOW = 2.5
"""Log-mel under the loudest tenth of a block where a difference is half loud."""
SEED = 20261130

IntTable = npt.NDArray[np.int64]


@lru_cache(maxsize=1)
def differences() -> FloatArray:
    """(K, 15 * 100): orthonormal rows over the mel of a block."""
    bands, waves = parts_of_differences()
    frames = timeline.BLOCK_MEL_FRAMES // STEPS
    times = np.repeat(waves, frames, axis=1) / frames
    rows = [np.outer(time, band).ravel() for band in bands for time in times]
    return np.array(rows, np.float32) * np.float32(np.sqrt(frames))


@lru_cache(maxsize=1)
def parts_of_differences() -> tuple[FloatArray, FloatArray]:
    """(bands, 100) neighbours that are set against each other, (4, 5) waves over the steps of a block."""
    steps = np.arange(STEPS)
    waves = [np.cos(np.pi * (steps + 0.5) * k / STEPS) for k in range(1, STEPS)]
    bands = []
    for low in range(LOWEST, HIGHEST - 2 * BAND + 1, 2 * BAND):
        band = np.zeros(timeline.N_MELS)
        band[low : low + BAND], band[low + BAND : low + 2 * BAND] = 1.0, -1.0
        bands.append(band / np.linalg.norm(band))
    units = [wave / np.linalg.norm(wave) for wave in waves]
    return np.array(bands, np.float32), np.array(units, np.float32)


@lru_cache(maxsize=1)
def table() -> tuple[FloatArray, IntTable]:
    """(PERIOD, K) signs, and which bit each difference carries; -1 for those that are always the same."""
    rng = np.random.default_rng(SEED)
    shape = (PERIOD, len(differences()))
    signs = rng.choice([-1.0, 1.0], shape).astype(np.float32)
    cells = rng.permutation(shape[0] * shape[1])
    sync = int(len(cells) * SYNC_SHARE)
    bits = np.full(len(cells), -1, np.int64)
    bits[cells[sync:]] = np.arange(len(cells) - sync) % BITS
    return signs, bits.reshape(shape)


@lru_cache(maxsize=16)
def wanted(value: int) -> FloatArray:
    """(PERIOD, K): the side that every difference shall lean to."""
    signs, bits = table()
    return signs * np.where(bits < 0, 1.0, signs_of(value)[bits]).astype(np.float32)


def leaning(mel: FloatArray, value: int = NOBODY, first_block: int = 0) -> FloatArray:
    """(15 B, 100) log-mel -> what to add to it so that it carries the mark. The stream's first block is 0."""
    blocks = mel.reshape(-1, timeline.BLOCK_MEL_FRAMES * timeline.N_MELS)
    rows = differences()
    sides = wanted(value)[(first_block + np.arange(len(blocks))) % PERIOD]
    leans = blocks @ rows.T
    reach = _reach(mel, leans)
    push = sides * np.clip(reach - sides * leans, 0.0, reach)
    return np.asarray(push @ rows, np.float32).reshape(mel.shape)


def _reach(mel: FloatArray, leans: FloatArray) -> FloatArray:
    """(B, K): how far each difference of (15 B, 100), which leans so far now, is pushed."""
    levels = mel.reshape(-1, timeline.BLOCK_MEL_FRAMES, timeline.N_MELS).mean(axis=1)
    under = np.quantile(levels, 0.9, axis=1, keepdims=True) - LOUD_BELOW
    lows = range(LOWEST, HIGHEST - 2 * BAND + 1, 2 * BAND)
    pairs = np.stack([levels[:, low : low + 2 * BAND].min(axis=1) for low in lows], axis=1)
    loud = 1 / (1 + np.exp(-2 * (pairs - under)))
    audible = np.repeat(SOFT + (LOUD - SOFT) * loud, STEPS - 1, axis=1)
    power = (leans**2).reshape(len(leans), -1, STEPS - 1).mean(axis=2)
    edged = np.pad(power, ((0, 0), (1, 1)), mode="edge")
    around = np.sqrt((edged[:, :-2] + edged[:, 1:-1] + edged[:, 2:]) / 3)
    busy = BUSY * np.repeat(around, STEPS - 1, axis=1)
    return np.clip(busy, LEAST * audible, MOST * audible)


def mark_sound(samples: FloatArray, value: int = NOBODY) -> FloatArray:
    """A sound that was not made here, (N,) at 24 kHz, with the mark: each bin louder or softer by under 1 dB."""
    if len(samples) < timeline.BLOCK_SAMPLES:
        return samples
    mel = mel_of(samples)
    whole = len(mel) // timeline.BLOCK_MEL_FRAMES * timeline.BLOCK_MEL_FRAMES
    gain = np.zeros_like(mel)
    gain[:whole] = leaning(mel[:whole], value)
    sound = torch.from_numpy(np.asarray(samples, np.float32))
    window = torch.hann_window(timeline.N_FFT)
    spectrum = torch.stft(
        sound, timeline.N_FFT, timeline.HOP_LENGTH, window=window, return_complex=True
    )
    spectrum = spectrum * torch.from_numpy(np.exp(gain @ _to_bins()).T)
    marked = torch.istft(
        spectrum, timeline.N_FFT, timeline.HOP_LENGTH, window=window, length=len(samples)
    )
    return marked.clamp(-1, 1).numpy()


@lru_cache(maxsize=1)
def _to_bins() -> FloatArray:
    """(100, 513): the gain of a linear bin is the mean of the mel bins that hear it."""
    filters = mel_filters().numpy()
    total = filters.sum(axis=1, keepdims=True)
    heard = total[:, 0] > 1e-6
    rows = filters / np.maximum(total, 1e-6)
    rows[~heard] = 0.0
    return np.ascontiguousarray(rows.T, np.float32)
