"""Pitch from the mel alone: a classifier over a logarithmic scale, read out around its peak.

Legend: B batch, T mel frames at 93.75/s.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from omnitalker.base import timeline
from omnitalker.base.tensor_cache import TensorCache
from omnitalker.base.types import FloatArray
from omnitalker.models.convnext import ConvNeXtBackbone

LOWEST_HZ = 50.0
HIGHEST_HZ = 700.0
BINS = 224
"""About 20 cents each."""
NEIGHBOURS = 4
"""Bins on either side of the peak that are averaged into the result."""
OCTAVE_ERROR = 9.0
"""Semitones from the median beyond which a pitch is taken for an octave error."""


def hz_to_bin(hz: Tensor) -> Tensor:
    """Hz -> fractional bin."""
    return torch.log(hz / LOWEST_HZ) / math.log(HIGHEST_HZ / LOWEST_HZ) * (BINS - 1)


def bin_to_hz(position: Tensor) -> Tensor:
    """Fractional bin -> Hz."""
    return LOWEST_HZ * torch.exp(position / (BINS - 1) * math.log(HIGHEST_HZ / LOWEST_HZ))


def normalise(mel: Tensor) -> Tensor:
    """Log-mel to about unit range."""
    return (mel + 4.0) / 4.0


class PitchNet(nn.Module):
    """(B, T, 100) log-mel -> pitch. Where the voice is silent the answer means nothing, but is finite."""

    def __init__(self, dim: int = 128, layers: int = 4) -> None:
        super().__init__()
        self.backbone = ConvNeXtBackbone(timeline.N_MELS, dim, 3 * dim, layers)
        self.out = nn.Linear(dim, BINS)

    def forward(self, mel: Tensor) -> Tensor:
        """(B, T, 100) -> (B, T, BINS) logits."""
        return self.out(self.backbone(normalise(mel).transpose(1, 2)))

    def hz(self, mel: Tensor) -> Tensor:
        """(B, T, 100) -> (B, T) pitch in Hz."""
        return self.hear(mel)[0]

    def hear(self, mel: Tensor) -> tuple[Tensor, Tensor]:
        """(B, T, 100) -> (B, T) pitch in Hz, and how sure that is: above a half for voices, below for noise."""
        logits = self(mel).float()
        peak = logits.argmax(dim=-1, keepdim=True)
        around = torch.arange(-NEIGHBOURS, NEIGHBOURS + 1, device=mel.device)
        bins = (peak + around).clamp(0, BINS - 1)
        near = logits.gather(-1, bins)
        sure = (near.logsumexp(dim=-1) - logits.logsumexp(dim=-1)).exp().clamp(max=1.0)
        return bin_to_hz((near.softmax(dim=-1) * bins).sum(dim=-1)), sure


@dataclass(frozen=True)
class Melody:
    """How high a voice speaks, frame by frame."""

    semitones: FloatArray
    """(T,) over 100 Hz; where there is no voice it means nothing."""
    sure: FloatArray
    """(T,) above a half for voices, below for noise."""


class PitchTracker:
    """Hears the melody of what is spoken. What is asked of a style at every reply is answered once."""

    def __init__(
        self, pitch: PitchNet, memo: TensorCache[tuple[Tensor, ...]] | None = None
    ) -> None:
        self._pitch = pitch
        self._memo = memo

    @torch.inference_mode()
    def __call__(self, mel: FloatArray, *, is_style: bool = False) -> Melody:
        """mel: (T, 100) log-mel."""
        asked = torch.from_numpy(mel)[None].to(self._pitch.out.weight)
        if self._memo is not None and is_style:
            hertz, sure = self._memo(self._pitch.hear, asked)
        else:
            hertz, sure = self._pitch.hear(asked)
        semitones = 12 * torch.log2(hertz / 100.0)
        return Melody(semitones[0].cpu().numpy(), sure[0].cpu().numpy())


def pitch_range(semitones: npt.NDArray[np.floating], middle: float) -> float:
    """Between the 10th and 90th percentile, octave errors left out; NaN where next to nothing is left."""
    near = semitones[np.abs(semitones - middle) < OCTAVE_ERROR]
    if len(near) <= 5:
        return float("nan")
    low, high = np.percentile(near, [10, 90])
    return float(high - low)
