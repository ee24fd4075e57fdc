"""The decoder of the `vocos` package as it is published (`charactr/vocos-mel-24khz`).

Legend: B batch, T mel frames at 93.75/s, K = 513 bins.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from omnitalker.base import timeline
from omnitalker.models.convnext import CENTRED, ConvNeXtBackbone


class VocosDecoder(nn.Module):
    """Backbone and ISTFT head; parameters are named as in the package's own checkpoints."""

    window: Tensor

    def __init__(self, dim: int = 512, intermediate_dim: int = 1536, num_layers: int = 8) -> None:
        super().__init__()
        self.backbone = ConvNeXtBackbone(
            timeline.N_MELS, dim, intermediate_dim, num_layers, ahead=CENTRED
        )
        self.head = nn.ModuleDict({"out": nn.Linear(dim, timeline.N_FFT + 2)})
        self.register_buffer("window", torch.hann_window(timeline.N_FFT), persistent=False)

    @property
    def frames_ahead(self) -> int:
        """Frames of the future that a frame of the spectrum depends on."""
        return self.backbone.frames_ahead

    @property
    def frames_behind(self) -> int:
        return self.backbone.frames_behind

    def spectrum(self, mel: Tensor) -> Tensor:
        """(B, T, 100) -> (B, K, T) complex: a log magnitude and a phase for every bin."""
        hidden = self.head["out"](self.backbone(mel.transpose(1, 2))).transpose(1, 2)
        magnitude, phase = hidden.chunk(2, dim=1)
        return torch.polar(torch.exp(magnitude).clamp(max=1e2), phase)

    def to_samples(self, spectrum: Tensor) -> Tensor:
        """(B, K, T) complex -> (B, 256 (T - 1))."""
        return torch.istft(spectrum, timeline.N_FFT, timeline.HOP_LENGTH, window=self.window)
