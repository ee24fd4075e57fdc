"""What a pitch looks like in a mel: the comb of its harmonics, as our own analysis would show it.

Legend: B items, T mel frames, M mel bins.
"""

from __future__ import annotations

import math
from functools import lru_cache

import torch
from torch import Tensor

from omnitalker.audio.mel import mel_filters
from omnitalker.base import timeline

LOWEST_HZ, HIGHEST_HZ = 50.0, 800.0
PER_OCTAVE = 120
LIMITS = (-2.0, 2.0)
"""Nats."""
_FLOOR = 0.1
"""Of a harmonic: between them there is always some noise."""


def harmonic_comb(octaves: Tensor, voiced: Tensor) -> Tensor:
    """(B, T) octaves over 200 Hz and (B, T) share of voice -> (B, T, M) nats over a smooth spectrum.

    Nothing where nothing is voiced, and where a bin is so wide that it holds several harmonics.
    """
    table = _table().to(octaves.device)
    place = (octaves.float() + math.log2(200.0 / LOWEST_HZ)) * PER_OCTAVE
    place = place.clamp(0, len(table) - 1.001)
    below = place.long()
    comb = torch.lerp(table[below], table[below + 1], (place - below)[..., None])
    return comb * voiced[..., None].float()


@lru_cache(maxsize=1)
def _table() -> Tensor:
    """(pitches, M): one row for each of `PER_OCTAVE` steps of an octave."""
    steps = round(math.log2(HIGHEST_HZ / LOWEST_HZ) * PER_OCTAVE) + 1
    hertz = LOWEST_HZ * 2 ** (torch.arange(steps, dtype=torch.float64) / PER_OCTAVE)
    width = timeline.SAMPLE_RATE / timeline.N_FFT
    bins = torch.arange(timeline.N_FFT // 2 + 1, dtype=torch.float64)
    numbers = torch.arange(1, int(timeline.SAMPLE_RATE / 2 / LOWEST_HZ) + 2, dtype=torch.float64)
    filters = mel_filters().double()
    flat = filters.sum(dim=0)
    rows = []
    for pitch in hertz:
        distance = bins[:, None] - numbers[None] * pitch / width
        power = (_hann_lobe(distance).square()).sum(dim=1)
        magnitude = (power + _FLOOR**2).sqrt() * (pitch / width).sqrt()
        rows.append((magnitude @ filters / flat).log())
    table = torch.stack(rows)
    smooth = table[:, -20:].mean()
    return (table - smooth).clamp(*LIMITS).float()


def _hann_lobe(distance: Tensor) -> Tensor:
    """Magnitude of a Hann window's transform, `distance` bins from the middle, peak 1."""
    near = (distance.abs() - 1).abs() < 1e-6
    safe = torch.where(near, distance + 1e-3, distance)
    return torch.where(
        near, torch.full_like(distance, 0.5), torch.sinc(safe) / (1 - safe.square())
    ).abs()
