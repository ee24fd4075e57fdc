"""The melody of what is going to be said: pitch, voicing and energy of every frame, before there is any sound.

A small flow-matching network over three numbers a frame. It works relative to the voice: pitch from the
middle of its prompt, energy from its usual one, so that what is learnt of one voice is known of all.

Legend: B items, T = 3 P mel frames at 93.75/s, P curve frames at 31.25/s.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from omnitalker.base import timeline
from omnitalker.models.blocks import BranchBlock
from omnitalker.models.layers import AdaLN, TimeEmbedding, modulate, rotary
from omnitalker.models.pretrained import Pretrained, register_to_config
from omnitalker.models.style_encoder import StyleEncoder
from omnitalker.models.text_encoder import TextEncoder

CURVES = 3
CURVE_SECONDS = float(timeline.mel_frames_to_seconds(timeline.CURVE_MEL_FRAMES))
PITCH_SCALE = 4.0
"""Octaves from the middle of a voice -> about unit size."""
SPOKEN = 0.5
"""Frames whose voicing is above it say where a voice lies."""


@dataclass(frozen=True)
class ProsodyInputs:
    phonemes: Tensor
    """(B, T) symbol ids, 0 = unknown."""
    tones: Tensor
    """(B, T)."""
    known: Tensor
    """(B, P, 3) numbers of `audio.curves`, zero where not given."""
    given: Tensor
    """(B, P) bool."""


@dataclass(frozen=True)
class Register:
    """Where a voice lies: (B, 1, 1) each."""

    pitch: Tensor
    energy: Tensor


class ProsodyModel(Pretrained):
    """Text on the curves' grid, then a few blocks of attention and convolution.

    Gives where the flow arrives and not its velocity, in which the noise would have to be copied.
    """

    @register_to_config
    def __init__(
        self,
        width: int = 160,
        heads: int = 4,
        head_dim: int = 40,
        layers: int = 4,
        ffn: int = 480,
        kernel: int = 7,
        condition_width: int = 96,
        text_layers: int = 2,
        symbols: int = 96,
        tones: int = 8,
    ) -> None:
        super().__init__()
        self.head_dim = head_dim
        self.text = TextEncoder(symbols, tones, width, text_layers, "duration")
        self.time = TimeEmbedding(condition_width)
        self.manner = StyleEncoder(CURVES, 64, 1, condition_width)
        self.enter = nn.Linear(2 * CURVES + 1, width)
        self.blocks = nn.ModuleList(
            BranchBlock(width, heads, head_dim, ffn, condition_width, kernel) for _ in range(layers)
        )
        self.adaln = AdaLN(condition_width, width, parts=2)
        self.leave = nn.Linear(width, CURVES)
        nn.init.zeros_(self.leave.weight)
        nn.init.zeros_(self.leave.bias)

    def encode_text(self, inputs: ProsodyInputs) -> Tensor:
        """(B, P, width): the same at every pass, so computed once."""
        features = self.text(inputs.phonemes, inputs.tones, None)
        return features.unflatten(1, (-1, timeline.CURVE_MEL_FRAMES)).mean(dim=2)

    def forward(
        self, noisy: Tensor, time: Tensor, inputs: ProsodyInputs, text: Tensor | None = None
    ) -> Tensor:
        """(B, P, 3) in the network's units at `time` (B,) -> the curves that this comes from, in them too."""
        if text is None:
            text = self.encode_text(inputs)
        condition = self.time(time) + self.manner(inputs.known, inputs.given)
        given = inputs.given[..., None].to(noisy.dtype)
        x = text + self.enter(torch.cat([noisy, inputs.known, given], dim=-1))
        frames = torch.arange(x.shape[1], device=x.device)
        rotation = rotary(frames * CURVE_SECONDS, self.head_dim)
        for block in self.blocks:
            x = block(x, condition, rotation, None)
        return self.leave(modulate(x, *self.adaln(condition)))


def register_of(known: Tensor, given: Tensor) -> Register:
    """Mean pitch and energy of the voiced frames that are given; the middle of all voices without any."""
    weights = ((known[..., 1] > SPOKEN) & given).float()
    count = weights.sum(dim=1).clamp(min=1)
    pitch = (known[..., 0] * weights).sum(dim=1) / count
    energy = (known[..., 2] * weights).sum(dim=1) / count
    return Register(pitch.view(-1, 1, 1), energy.view(-1, 1, 1))


def to_units(numbers: Tensor, register: Register) -> Tensor:
    """(B, P, 3) numbers of `audio.curves` -> the network's units."""
    return torch.cat(
        [
            (numbers[..., :1] - register.pitch) * PITCH_SCALE,
            2 * numbers[..., 1:2] - 1,
            numbers[..., 2:] - register.energy,
        ],
        dim=-1,
    )


def from_units(units: Tensor, register: Register) -> Tensor:
    """The inverse of `to_units`."""
    return torch.cat(
        [
            units[..., :1] / PITCH_SCALE + register.pitch,
            (units[..., 1:2] + 1) / 2,
            units[..., 2:] + register.energy,
        ],
        dim=-1,
    )
