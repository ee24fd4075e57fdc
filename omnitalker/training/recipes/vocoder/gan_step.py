"""The decoder and the discriminators that teach it, as one network whose forward pass is the loss.

One pass per batch, so that it can be wrapped for several processes. The discriminators are judged on sound
that passes no gradient on, and judge with weights that take none: neither learns what the other should.

Legend: B batch, N samples at 24 kHz, T mel frames at 93.75/s.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn
from torch.func import functional_call

from omnitalker.audio.mel import LogMel
from omnitalker.models.vocoder.source_filter import SourceFilterDecoder
from omnitalker.training.adversary import (
    Verdict,
    adversarial_loss,
    discriminator_loss,
    feature_loss,
)
from omnitalker.training.devices import full_precision
from omnitalker.training.recipes.vocoder.losses import Discriminators, SpectralLoss
from omnitalker.training.recipes.vocoder.pitch import pitch_loss

Phase = Literal["pitch", "spectra", "judged"]
"""What is learnt: the pitch alone, then the sound by its spectra, then by the discriminators too."""


@dataclass(frozen=True)
class VocoderBatch:
    phase: Phase
    samples: Tensor
    """(B, N)."""
    pitch: Tensor
    """(B, T) Hz, 0 where unvoiced."""
    noise: Tensor
    """(B, T, 100): makes the mel slightly off, as a model's will be."""
    cycles: Tensor
    """(B,): where the pulse train begins."""
    start: Tensor
    """(B,): where the noise begins."""
    judged: slice
    """The samples that the discriminators hear."""
    judges_learn: bool


class GanStep(nn.Module):
    """`VocoderBatch` -> losses; the one named `loss` is minimised."""

    def __init__(
        self,
        decoder: SourceFilterDecoder,
        judges: Discriminators,
        spectral_weight: float,
        feature_weight: float,
    ) -> None:
        super().__init__()
        self.decoder, self.judges = decoder, judges
        self.log_mel, self.spectral = LogMel(), SpectralLoss()
        self.spectral_weight, self.feature_weight = spectral_weight, feature_weight

    def forward(self, batch: VocoderBatch) -> dict[str, Tensor]:
        with full_precision(batch.samples):
            mel = self.log_mel(batch.samples) + batch.noise
        if batch.phase == "pitch":
            return {"loss": pitch_loss(self.decoder.pitch(mel), batch.pitch)}
        made = self.decoder(mel, batch.cycles, batch.start)
        with full_precision(made):
            spectral = self.spectral(made, batch.samples)
        losses = {"spectral": spectral}
        if batch.phase == "judged":
            losses |= self._judge(made[:, batch.judged], batch.samples[:, batch.judged], batch)
        weights = {"spectral": self.spectral_weight, "features": self.feature_weight}
        terms = [weights.get(name, 1.0) * value for name, value in losses.items()]
        return {"loss": torch.stack(terms).sum(), **losses}

    def _judge(self, made: Tensor, real: Tensor, batch: VocoderBatch) -> dict[str, Tensor]:
        losses = {}
        if batch.judges_learn:
            of_real = self.judges(real)
            losses["judges"] = discriminator_loss(of_real, self.judges(made.detach()))
        else:
            with torch.no_grad():
                of_real = self.judges(real)
        of_made = self._still(made)
        losses["adversarial"] = adversarial_loss(of_made)
        losses["features"] = feature_loss(of_real, of_made)
        return losses

    def _still(self, sound: Tensor) -> list[Verdict]:
        """Verdicts that pass gradients on to the sound alone."""
        weights = {name: p.detach() for name, p in self.judges.named_parameters()}
        return functional_call(self.judges, weights, (sound,))
