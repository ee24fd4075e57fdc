"""The network as a velocity function, with separate guidance by text, voice and motion.

Scale 1 = off. A scale s adds (s - 1) times what the condition changes: v + sum (s_c - 1) (v - v_without_c).
All variants run as one batch.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from omnitalker.generation.flow import Signal, VelocityFunction
from omnitalker.models.conditions import Conditions, concatenate, drop
from omnitalker.models.dit import DualBranchDiT, Velocity


@dataclass(frozen=True)
class Guidance:
    text: float = 1.0
    audio: float = 1.0
    """How firmly to keep to the prompt's voice."""
    motion: float = 1.0
    """How firmly to keep to the prompt's facial manner."""


def guided_velocity(
    dit: DualBranchDiT, conditions: Conditions, guidance: Guidance | None = None
) -> VelocityFunction:
    """The velocity at (signal, time); text and style are encoded once, here."""
    guidance = guidance or Guidance()
    variants, weights = [conditions], [1.0]
    for scale, without in (
        (guidance.text, {"text": True}),
        (guidance.audio, {"audio": True}),
        (guidance.motion, {"motion": True}),
    ):
        if scale != 1:
            variants.append(drop(conditions, **without))
            weights[0] += scale - 1
            weights.append(1 - scale)
    together = concatenate([dit.encode_style(variant) for variant in variants])
    text = dit.encode_text(together)
    count = len(variants)

    def velocity(signal: Signal, time: float) -> Signal:
        moments = torch.full((len(together),), time, device=together.phonemes.device)
        answer: Velocity = dit(  # type: ignore[operator]
            _repeated(signal.mel, count), _repeated(signal.motion, count), moments, together, text
        )
        return Signal(_weighed(answer.mel, weights), _weighed(answer.motion, weights))

    return velocity


def _repeated(value: Tensor | None, count: int) -> Tensor | None:
    return value if value is None or count == 1 else value.repeat(count, 1, 1)


def _weighed(value: Tensor | None, weights: list[float]) -> Tensor | None:
    if value is None or len(weights) == 1:
        return value
    parts = value.float().chunk(len(weights))
    return torch.stack([weight * part for weight, part in zip(weights, parts, strict=True)]).sum(0)
