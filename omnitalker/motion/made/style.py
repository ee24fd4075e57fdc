"""How one person moves: the few numbers that tell two talkers of the same words apart."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from omnitalker.motion.made.manners import manner_effect

REST_SHAPES: Final = (
    "mouthShrugUpper", "mouthRollUpper", "mouthFrown", "mouthStretch", "eyeSquint", "browInnerUp",
    "browDown",
)  # fmt: skip
_REST_LIMITS = (0.22, 0.14, 0.12, 0.12, 0.16, 0.14, 0.16)


@dataclass(frozen=True)
class MotionStyle:
    """1 is the average talker where no unit is given."""

    mouth_amplitude: float = 1.0
    head_amplitude: float = 1.0
    head_tempo: float = 1.0
    blinks_per_minute: float = 24.0
    smile: float = 0.05
    """Smile that never leaves the face, as a shape strength."""
    brow_activity: float = 1.0
    gaze_wander: float = 1.0
    asymmetry: float = 0.0
    """-1..1; above 0 the person's left half is the livelier one."""
    lip_lead: float = 0.02
    """Seconds by which the lips are ahead of the sound: next to nothing, as tracked talkers show."""
    posture: tuple[float, float, float] = (0.0, 0.0, 0.0)
    """How the head is held on average: rotX, rotY, rotZ in radians."""
    rest: tuple[float, ...] = (0.0,) * len(REST_SHAPES)
    """What the face at rest already wears, over `REST_SHAPES`: no two people's neutral is the same."""


def draw_style(rng: np.random.Generator) -> MotionStyle:
    """A person at random, from a population wider than most rooms but with nobody grotesque."""

    def around_one(low: float, high: float) -> float:
        return float(np.exp(rng.uniform(math.log(low), math.log(high))))

    degrees = rng.normal(0.0, 1.0, 3).clip(-2, 2) * (2.5, 2.2, 1.9)
    return MotionStyle(
        mouth_amplitude=around_one(0.58, 1.38),
        head_amplitude=around_one(0.4, 1.8),
        head_tempo=around_one(0.55, 1.6),
        blinks_per_minute=around_one(10.0, 48.0),
        smile=float(rng.beta(1.2, 3.0) * 0.55),
        brow_activity=around_one(0.3, 1.7),
        gaze_wander=around_one(0.3, 1.8),
        asymmetry=float(np.clip(rng.normal(0.0, 0.4), -1, 1)),
        lip_lead=float(rng.uniform(0.0, 0.05)),
        posture=tuple(np.radians(degrees).tolist()),
        rest=tuple((rng.uniform(-0.8, 1.0, len(REST_SHAPES)).clip(0) * _REST_LIMITS).tolist()),
    )


def in_manner(style: MotionStyle, manner: str, intensity: float = 1.0) -> MotionStyle:
    """How that person moves in a manner: `intensity` 0 is their everyday self, 1 the full effect."""
    effect = manner_effect(manner)

    def toward(value: float, factor: float) -> float:
        return value * factor**intensity

    nod = style.posture[0] + math.radians(effect.nod_degrees) * intensity
    return replace(
        style,
        mouth_amplitude=toward(style.mouth_amplitude, effect.mouth),
        head_amplitude=toward(style.head_amplitude, effect.head),
        head_tempo=toward(style.head_tempo, effect.tempo),
        blinks_per_minute=toward(style.blinks_per_minute, effect.blinks),
        brow_activity=toward(style.brow_activity, effect.brows),
        gaze_wander=toward(style.gaze_wander, effect.wander),
        posture=(nod, style.posture[1], style.posture[2]),
    )
