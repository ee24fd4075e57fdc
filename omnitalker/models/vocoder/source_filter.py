"""A Vocos decoder with a source: phase comes from a pulse train and noise, the network only filters them.

Small data cannot teach a network the phases of a waveform from nothing. Here the pitch, read off the mel,
gives the phase of every harmonic; the mel itself, interpolated to the bins and measured against that of the
source, gives the first guess of the magnitude; the Vocos backbone learns what is left: corrections to
the two gains (how voiced is every bin) and to the phase (the shape of the glottal pulse). At the end the
sound is *settled*: its own mel is measured and its bins scaled until it has the mel that was asked for.

Legend: B batch, T mel frames at 93.75/s, N = 256 T samples at 24 kHz, K = 513 bins.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from omnitalker.audio.mel import FLOOR, mel_filters
from omnitalker.base import timeline
from omnitalker.models.convnext import ConvNeXtBackbone
from omnitalker.models.pitch import PitchNet, normalise
from omnitalker.models.vocoder import excitation

BINS = timeline.N_FFT // 2 + 1
GAIN_RANGE = (-14.0, 8.0)
"""Limits of the first guess of the log gain; below it a bin is silent."""
SETTLE_STEPS = 2
SETTLE_STRENGTH = 1.3
"""Measured on held-out speech: mel distance 0.28 -> 0.13, spectral loss 0.61 -> 0.55 (Griffin-Lim 0.56), and
the envelope at 2-5 kHz stays as regular from pulse to pulse as it was (Griffin-Lim keeps a third of that)."""
SETTLE_REACH = timeline.N_FFT // timeline.HOP_LENGTH - 1
"""Frames by which each step reaches further, on either side."""


class SourceFilterDecoder(nn.Module):
    """(B, T, 100) log-mel -> (B, 256 (T - 1)) samples; frame t is centred at sample 256 t."""

    window: Tensor
    filters: Tensor
    spread: Tensor
    noise_mel: Tensor
    noise_table: Tensor

    def __init__(
        self,
        dim: int = 256,
        intermediate_dim: int = 768,
        num_layers: int = 8,
        pitch_dim: int = 128,
        pitch_layers: int = 4,
    ) -> None:
        super().__init__()
        self.pitch = PitchNet(pitch_dim, pitch_layers)
        self.backbone = ConvNeXtBackbone(2 * timeline.N_MELS, dim, intermediate_dim, num_layers)
        self.out = nn.Linear(dim, 3 * BINS)
        nn.init.trunc_normal_(self.out.weight, std=0.002)
        nn.init.constant_(self.out.bias, 0.0)
        with torch.no_grad():
            self.out.bias[: 2 * BINS] = -0.5
        filters, window = mel_filters(), torch.hann_window(timeline.N_FFT)
        rayleigh_mean = (torch.pi / 4 * window.square().sum()).sqrt()
        self.register_buffer("window", window, persistent=False)
        self.register_buffer("filters", filters, persistent=False)
        self.register_buffer("spread", _spread(filters), persistent=False)
        self.register_buffer(
            "noise_mel", _log_mel(filters.sum(0) * rayleigh_mean), persistent=False
        )
        self.register_buffer("noise_table", excitation.noise_table(), persistent=False)

    @property
    def frames_ahead(self) -> int:
        """Frames of the future that a frame of the settled spectrum depends on."""
        networks = self.pitch.backbone.frames_ahead + self.backbone.frames_ahead
        return networks + excitation.EDGE + SETTLE_STEPS * SETTLE_REACH

    @property
    def frames_behind(self) -> int:
        """Frames of the past that a frame of the settled spectrum depends on, the phase aside."""
        networks = self.pitch.backbone.frames_behind + self.backbone.frames_behind
        return networks + excitation.EDGE + SETTLE_STEPS * SETTLE_REACH

    def forward(self, mel: Tensor, cycles: Tensor, start: Tensor) -> Tensor:
        """mel: (B, T, 100). cycles: (B,) of the pulse train at frame 0. start: (B,) absolute sample there."""
        with torch.no_grad():
            pitch = self.pitch.hz(mel)
        return self.to_samples(self.spectrum(mel, pitch, cycles, start))

    def spectrum(self, mel: Tensor, pitch: Tensor, cycles: Tensor, start: Tensor) -> Tensor:
        """As `forward`, with the pitch (B, T) in Hz given -> (B, K, T) complex."""
        pulses = self._stft(excitation.pulse_train(pitch, cycles))
        breath = self._stft(excitation.noise(self.noise_table, mel.shape[1], start))
        pulse_mel = _log_mel(pulses.abs().transpose(1, 2) @ self.filters)
        features = torch.cat([normalise(mel), normalise(pulse_mel)], dim=-1)
        hidden = self.out(self.backbone(features.transpose(1, 2))).float()
        voiced, unvoiced, phase = hidden.transpose(1, 2).chunk(3, dim=1)
        voiced = torch.exp(self._first_guess(mel - pulse_mel) + voiced.clamp(-12, 4))
        unvoiced = torch.exp(self._first_guess(mel - self.noise_mel) + unvoiced.clamp(-12, 4))
        return torch.polar(voiced, phase) * pulses + unvoiced * breath

    def settle(self, spectrum: Tensor, mel: Tensor) -> Tensor:
        """(B, K, T) complex -> the same, its mel closer to (B, T, 100); phases hardly change."""
        for _ in range(SETTLE_STEPS):
            heard = torch.stft(
                self.to_samples(spectrum),
                timeline.N_FFT,
                timeline.HOP_LENGTH,
                window=self.window,
                center=True,
                pad_mode="constant",
                return_complex=True,
            )
            missing = mel - _log_mel(heard.abs().transpose(1, 2) @ self.filters)
            gain = SETTLE_STRENGTH * missing.clamp(-3, 3) @ self.spread.T
            spectrum = heard * torch.exp(gain).transpose(1, 2)
        return spectrum

    def to_samples(self, spectrum: Tensor) -> Tensor:
        """(B, K, T) complex -> (B, 256 (T - 1))."""
        return torch.istft(
            spectrum, timeline.N_FFT, timeline.HOP_LENGTH, window=self.window, center=True
        )

    def _stft(self, sound: Tensor) -> Tensor:
        return torch.stft(
            sound,
            timeline.N_FFT,
            timeline.HOP_LENGTH,
            window=self.window,
            center=False,
            return_complex=True,
        )

    def _first_guess(self, log_ratio: Tensor) -> Tensor:
        """(B, T, 100) log gain by mel bin -> (B, K, T) by linear bin."""
        return (log_ratio.clamp(*GAIN_RANGE) @ self.spread.T).transpose(1, 2)


def _log_mel(mel: Tensor) -> Tensor:
    return torch.log(mel.clamp(min=FLOOR))


def _spread(filters: Tensor) -> Tensor:
    """(K, 100): rows that interpolate mel bins to linear bins; bins under no filter take the nearest."""
    total = filters.sum(1, keepdim=True)
    covered = total[:, 0] > 1e-6
    rows = filters / total.clamp(min=1e-6)
    nearest = torch.where(covered)[0]
    for bin_ in torch.where(~covered)[0]:
        rows[bin_] = rows[nearest[(nearest - bin_).abs().argmin()]]
    return rows
