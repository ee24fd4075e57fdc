"""The two sounds that speech is carved from: a pulse train at the pitch, and noise.

Both are flat with unit power, so a filter's gain is the magnitude of the result. Everything depends on
absolute positions only (phase at a given sample, noise read from a fixed table), so a stretch made alone
equals the same stretch made as part of the whole.

Legend: B batch, T mel frames at 93.75/s; frame t is centred at sample 256 t.
"""

from __future__ import annotations

import torch
from torch import Tensor

from omnitalker.base import timeline

HALF = timeline.N_FFT // 2
EDGE = HALF // timeline.HOP_LENGTH
"""Frames by which a stretch is continued at both ends, at constant pitch, for whole windows there."""
TOP_HZ = 11_900.0
NOISE_PERIOD = 1 << 17
"""The noise repeats after 5.5 s."""


def noise_table() -> Tensor:
    """(NOISE_PERIOD,) unit white noise, the same on every machine."""
    return torch.randn(NOISE_PERIOD, generator=torch.Generator().manual_seed(0))


def cycles_at_frames(pitch: Tensor, start: Tensor) -> Tensor:
    """Pitch (B, T) in Hz, cycles at frame 0 (B,) -> (B, T) float64 cycles elapsed at each frame."""
    pitch = pitch.double()
    steps = (pitch[:, 1:] + pitch[:, :-1]) / 2 * (timeline.HOP_LENGTH / timeline.SAMPLE_RATE)
    return torch.cat([start.double()[:, None], start.double()[:, None] + steps.cumsum(1)], dim=1)


def pulse_train(pitch: Tensor, start: Tensor) -> Tensor:
    """A band-limited pulse train, from half a window before frame 0 to half a window after frame T - 1.

    pitch: (B, T) in Hz. start: (B,) cycles at frame 0. Returns (B, 256 (T - 1) + 1024).
    """
    hop, rate = timeline.HOP_LENGTH, timeline.SAMPLE_RATE
    before = start.double() - pitch[:, 0].double() * EDGE * hop / rate
    first, last = pitch[:, :1], pitch[:, -1:]
    pitch = torch.cat([first.expand(-1, EDGE), pitch, last.expand(-1, EDGE)], dim=1)
    cycles = cycles_at_frames(pitch, before)
    n = torch.arange(hop, device=pitch.device, dtype=torch.float64)
    low, rise = pitch[:, :-1, None].double(), (pitch[:, 1:] - pitch[:, :-1])[..., None].double()
    phase = cycles[:, :-1, None] + (low * n + rise * n * n / (2 * hop)) / rate
    angle = (2 * torch.pi * (phase % 1.0)).float().flatten(1)
    hz = (low + rise * n / hop).float().flatten(1)
    return _harmonic_sum(angle, hz)


def _harmonic_sum(angle: Tensor, hz: Tensor) -> Tensor:
    """sum over k = 1..K of cos(k angle), K the harmonics below TOP_HZ, scaled to unit power density."""
    count = torch.floor(TOP_HZ / hz)
    half = torch.sin(angle / 2)
    near = half.abs() < 1e-4
    total = 0.5 * (torch.sin((count + 0.5) * angle) / torch.where(near, 1.0, half) - 1.0)
    return torch.where(near, count, total) * torch.sqrt(4.0 * hz / timeline.SAMPLE_RATE)


def noise(table: Tensor, frames: int, start: Tensor) -> Tensor:
    """As `pulse_train`, for noise. start: (B,) absolute sample of frame 0."""
    length = timeline.HOP_LENGTH * (frames - 1) + timeline.N_FFT
    index = start[:, None] - HALF + torch.arange(length, device=table.device)
    return table[index % NOISE_PERIOD]
