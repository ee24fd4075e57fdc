"""What the pitch network is taught by: WORLD's pitch, from the mel.

Legend: B batch, T mel frames.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from omnitalker.models.pitch import BINS, HIGHEST_HZ, LOWEST_HZ, PitchNet, hz_to_bin

SOFTNESS = 1.2
"""Standard deviation of a label, in bins."""


def pitch_loss(logits: Tensor, hz: Tensor) -> Tensor:
    """Cross-entropy to a soft label. logits: (B, T, BINS). hz: (B, T), 0 where unvoiced (left out)."""
    voiced = (hz > LOWEST_HZ) & (hz < HIGHEST_HZ)
    at = hz_to_bin(hz[voiced])[:, None]
    distance = (torch.arange(BINS, device=hz.device) - at) / SOFTNESS
    label = torch.exp(-0.5 * distance.square())
    return F.cross_entropy(logits[voiced].float(), label / label.sum(dim=1, keepdim=True))


def cents_off(net: PitchNet, mel: Tensor, hz: Tensor) -> tuple[float, float]:
    """(median |error| in cents, share of voiced frames over 50 cents) on mel (B, T, 100)."""
    with torch.no_grad():
        guess = net.hz(mel)
    voiced = hz > LOWEST_HZ
    cents = (1200 * torch.log2(guess[voiced] / hz[voiced])).abs()
    return float(cents.median()), float((cents > 50).float().mean())
