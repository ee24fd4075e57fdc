"""What the vocoder is taught by: spectra at many resolutions, and discriminators.

Legend: B batch, N samples at 24 kHz.
"""

from __future__ import annotations

import itertools

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.parametrizations import weight_norm
from vocos.discriminators import DiscriminatorR

from omnitalker.audio.mel import mel_filters
from omnitalker.training.adversary import Verdict

MEL_SCALES = ((64, 10), (128, 20), (256, 40), (512, 64), (1024, 100), (2048, 160))
"""(window, mel bins): short windows teach the shape of a glottal pulse, long ones the harmonics."""
STFT_WINDOWS = (256, 512, 1024, 2048)
FLOOR = 1e-4


class SpectralLoss(nn.Module):
    """Mean |log mel| distance over `MEL_SCALES`, plus linear spectra over `STFT_WINDOWS`."""

    def __init__(self) -> None:
        super().__init__()
        for window, bins in MEL_SCALES:
            self.register_buffer(f"filters_{window}", mel_filters(window, bins), persistent=False)
            self.register_buffer(f"window_{window}", torch.hann_window(window), persistent=False)

    def forward(self, made: Tensor, real: Tensor) -> Tensor:
        """(B, N), (B, N) -> scalar."""
        mel_total = made.new_zeros(())
        linear_total = made.new_zeros(())
        for window, _ in MEL_SCALES:
            made_spectrum = self._magnitude(made, window)
            with torch.no_grad():
                real_spectrum = self._magnitude(real, window)
            filters = getattr(self, f"filters_{window}")
            mel_total = mel_total + _log_distance(made_spectrum @ filters, real_spectrum @ filters)
            if window in STFT_WINDOWS:
                convergence = (made_spectrum - real_spectrum).norm(dim=(1, 2)) / (
                    real_spectrum.norm(dim=(1, 2)) + 1e-2
                )
                linear_total = linear_total + convergence.mean()
                linear_total = linear_total + 0.5 * _log_distance(made_spectrum, real_spectrum)
        return mel_total / len(MEL_SCALES) + 0.5 * linear_total / len(STFT_WINDOWS)

    def _magnitude(self, sound: Tensor, window: int) -> Tensor:
        spectrum = torch.stft(
            sound,
            window,
            window // 4,
            window=getattr(self, f"window_{window}"),
            return_complex=True,
        )
        return torch.sqrt(torch.view_as_real(spectrum).square().sum(-1) + 1e-10).transpose(1, 2)


def _log_distance(made: Tensor, real: Tensor) -> Tensor:
    return (torch.log(made.clamp(min=FLOOR)) - torch.log(real.clamp(min=FLOOR))).abs().mean()


class SlimPeriodDiscriminator(nn.Module):
    """HiFi-GAN's period discriminator at a quarter of the width (the package's is fixed at 1 024)."""

    def __init__(self, period: int, channels: tuple[int, ...] = (16, 64, 128, 192)) -> None:
        super().__init__()
        self.period = period
        sizes = (1, *channels)
        self.convs = nn.ModuleList(
            weight_norm(nn.Conv2d(a, b, (5, 1), (3, 1), padding=(2, 0)))
            for a, b in itertools.pairwise(sizes)
        )
        self.post = weight_norm(nn.Conv2d(channels[-1], 1, (3, 1), padding=(1, 0)))

    def forward(self, sound: Tensor) -> Verdict:
        """(B, N)."""
        sound = F.pad(sound[:, None], (0, -sound.shape[-1] % self.period), "reflect")
        x = sound.unflatten(-1, (-1, self.period))
        features = []
        for conv in self.convs:
            x = F.leaky_relu(conv(x), 0.1)
            features.append(x)
        return Verdict(self.post(x), features)


class Discriminators(nn.Module):
    """The package's multi-resolution discriminator, slimmer, and slim period discriminators."""

    def __init__(self, windows: tuple[int, ...], periods: tuple[int, ...], channels: int) -> None:
        super().__init__()
        self.by_window = nn.ModuleList(DiscriminatorR(w, channels=channels) for w in windows)
        self.by_period = nn.ModuleList(SlimPeriodDiscriminator(p) for p in periods)

    def forward(self, sound: Tensor) -> list[Verdict]:
        """(B, N) -> one verdict per discriminator."""
        verdicts = [Verdict(*judge(sound)) for judge in self.by_window]
        return verdicts + [judge(sound) for judge in self.by_period]
