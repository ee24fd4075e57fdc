"""The eight manners: what each does to a face at rest, and to how that face moves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from omnitalker.base.errors import InputError
from omnitalker.base.types import MANNERS, Manner
from omnitalker.motion.names import INDEX


@dataclass(frozen=True)
class MannerEffect:
    """At intensity 1. `shapes` name both sides at once where a shape has a Left and a Right."""

    shapes: Mapping[str, float]
    mouth: float = 1.0
    head: float = 1.0
    tempo: float = 1.0
    blinks: float = 1.0
    brows: float = 1.0
    wander: float = 1.0
    nod_degrees: float = 0.0
    """Head held lower (positive) or higher."""
    gaze_degrees: float = 0.0
    """Gaze held higher (positive) or lower."""


EFFECTS: Final[Mapping[Manner, MannerEffect]] = {
    "neutral": MannerEffect({}),
    "calm": MannerEffect(
        {"mouthSmile": 0.10, "eyeSquint": 0.06, "cheekSquint": 0.04},
        mouth=0.88, head=0.7, tempo=0.8, blinks=0.85, brows=0.6, wander=0.7,
    ),
    "happy": MannerEffect(
        {"mouthSmile": 0.58, "cheekSquint": 0.36, "eyeSquint": 0.16, "mouthDimple": 0.10,
         "browInnerUp": 0.08, "browOuterUp": 0.12, "mouthUpperUp": 0.05},
        mouth=1.12, head=1.3, tempo=1.2, brows=1.3, nod_degrees=-1.0,
    ),
    "sad": MannerEffect(
        {"mouthFrown": 0.45, "browInnerUp": 0.52, "mouthShrugLower": 0.22, "mouthPress": 0.10,
         "eyeSquint": 0.10, "eyeBlink": 0.12, "browDown": 0.06},
        mouth=0.78, head=0.75, tempo=0.7, blinks=1.15, brows=0.5, wander=1.2, nod_degrees=4.0,
        gaze_degrees=-3.0,
    ),
    "angry": MannerEffect(
        {"browDown": 0.72, "eyeSquint": 0.30, "noseSneer": 0.22, "mouthPress": 0.16,
         "mouthFrown": 0.20, "jawForward": 0.14, "mouthStretch": 0.10, "mouthLowerDown": 0.06},
        mouth=1.28, head=1.35, tempo=1.35, blinks=0.7, brows=0.7, wander=0.5, nod_degrees=2.0,
    ),
    "fearful": MannerEffect(
        {"browInnerUp": 0.62, "browOuterUp": 0.20, "browDown": 0.16, "eyeWide": 0.58,
         "mouthStretch": 0.34, "mouthLowerDown": 0.06},
        mouth=0.9, head=0.9, tempo=1.5, blinks=1.4, brows=0.6, wander=1.6, nod_degrees=-1.5,
    ),
    "disgusted": MannerEffect(
        {"noseSneer": 0.56, "mouthUpperUp": 0.20, "browDown": 0.42, "eyeSquint": 0.28,
         "cheekSquint": 0.26, "mouthFrown": 0.26, "mouthShrugUpper": 0.16},
        mouth=0.95, head=0.9, tempo=0.9, brows=0.6, wander=1.1, nod_degrees=-2.5,
    ),
    "surprised": MannerEffect(
        {"browInnerUp": 0.60, "browOuterUp": 0.62, "eyeWide": 0.60, "jawOpen": 0.07,
         "mouthFunnel": 0.05},
        mouth=1.15, head=1.15, tempo=1.15, blinks=0.7, brows=1.2, nod_degrees=-2.0,
    ),
}  # fmt: skip


def manner_effect(manner: str) -> MannerEffect:
    """The effect of `manner`; an unknown name is the caller's mistake."""
    for name, effect in EFFECTS.items():
        if name == manner:
            return effect
    raise InputError(f"Unknown manner '{manner}'. Choose one of: {', '.join(MANNERS)}.")


def sides(name: str) -> tuple[int, ...]:
    """Column of a shape, or columns (left, right) of a shape that comes in pairs."""
    if name in INDEX:
        return (INDEX[name],)
    return (INDEX[name + "Left"], INDEX[name + "Right"])
