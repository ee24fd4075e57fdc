"""The decoder of the `vocos` package as it is published (`charactr/vocos-mel-24khz`).

Legend: B batch, T mel frames at 93.75/s, K = 513 bins.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from vocos.heads import ISTFTHead
from vocos.models import VocosBackbone

from omnitalker.base import timeline


class VocosDecoder(nn.Module):
    """Backbone and ISTFT head; parameters are named as in the package's own checkpoints."""

    def __init__(self, dim: int = 512, intermediate_dim: int = 1536, num_layers: int = 8) -> None:
        super().__init__()
        self.backbone = VocosBackbone(
            input_channels=timeline.N_MELS,
            dim=dim,
            intermediate_dim=intermediate_dim,
            num_layers=num_layers,
        )
        self.head = ISTFTHead(
            dim=dim, n_fft=timeline.N_FFT, hop_length=timeline.HOP_LENGTH, padding="center"
        )

    @property
    def frames_ahead(self) -> int:
        """Frames of the future that a frame of the spectrum depends on."""
        return 3 * (len(self.backbone.convnext) + 1)

    @property
    def frames_behind(self) -> int:
        return self.frames_ahead

    def spectrum(self, mel: Tensor) -> Tensor:
        """(B, T, 100) -> (B, K, T) complex. As the head does it, short of the inverse transform."""
        hidden = self.head.out(self.backbone(mel.transpose(1, 2))).transpose(1, 2)
        magnitude, phase = hidden.chunk(2, dim=1)
        return torch.polar(torch.exp(magnitude).clamp(max=1e2), phase)

    def to_samples(self, spectrum: Tensor) -> Tensor:
        """(B, K, T) complex -> (B, 256 (T - 1))."""
        return self.head.istft(spectrum)
