"""Teach the pitch network WORLD's pitch, from the mel.

Legend: B batch, T mel frames.
"""

from __future__ import annotations

import logging
import time

import torch
from torch import Tensor
from torch.nn import functional as F

from omnitalker.audio.mel import LogMel
from omnitalker.audio.pitch import BINS, HIGHEST_HZ, LOWEST_HZ, PitchNet, hz_to_bin
from omnitalker.training.vocoder_data import SegmentSampler

logger = logging.getLogger(__name__)
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


def train_pitch(
    net: PitchNet,
    sampler: SegmentSampler,
    held: SegmentSampler,
    steps: int,
    batch_size: int,
    samples: int,
    peak_rate: float,
) -> None:
    """Train in place; one-cycle learning rate."""
    log_mel = LogMel()
    optimiser = torch.optim.AdamW(net.parameters(), lr=peak_rate, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, peak_rate, total_steps=steps)
    began = time.time()
    for step in range(steps):
        batch = sampler.batch(step, batch_size, samples)
        mel = log_mel(torch.from_numpy(batch.samples))
        mel = mel + torch.randn_like(mel) * 0.1 * torch.rand(len(mel), 1, 1)
        with torch.autocast("cpu", torch.bfloat16):
            logits = net(mel)
        loss = pitch_loss(logits, torch.from_numpy(batch.pitch))
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        schedule.step()
        if step % 100 == 99 or step == steps - 1:
            unseen = held.batch(0, 24, 4 * samples)
            median, gross = cents_off(
                net, log_mel(torch.from_numpy(unseen.samples)), torch.from_numpy(unseen.pitch)
            )
            logger.info(
                "pitch step %d loss %.3f held-out median %.1f cents, gross %.1f %%, %.0f s",
                step + 1, loss.item(), median, 100 * gross, time.time() - began,
            )  # fmt: skip
