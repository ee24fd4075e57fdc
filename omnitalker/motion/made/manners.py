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
    """At intensity 1."""

    shapes: Mapping[str, float]
    """Both sides at once where a shape has a Left and a Right; below 0 is less of what the face does anyway."""
    lopsided: float = 0.0
    """Felt emotions are nearly even; posed contempt and disgust are not. Part by which the left side is stronger."""
    onset: float = 0.4
    """Seconds in which the face takes it on as the voice begins."""
    paused: float = 0.7
    """What is left of it in a long pause."""
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
        {"mouthSmile": 0.08, "eyeSquint": 0.08, "cheekSquint": 0.03},
        mouth=0.88, head=0.7, tempo=0.8, blinks=0.85, brows=0.6, wander=0.7,
    ),
    "happy": MannerEffect(
        {"mouthSmile": 0.82, "cheekSquint": 0.80, "eyeSquint": 0.30, "mouthDimple": 0.15,
         "mouthUpperUp": 0.10},
        lopsided=0.04, onset=0.35, paused=0.8,
        mouth=0.95, head=1.3, tempo=1.2, brows=1.1, nod_degrees=-1.0,
    ),
    "sad": MannerEffect(
        {"mouthFrown": 0.92, "browInnerUp": 0.90, "browDown": 0.18, "mouthShrugLower": 0.50,
         "mouthPress": 0.16, "eyeSquint": 0.16, "eyeBlink": 0.22, "mouthSmile": -0.4},
        lopsided=0.05, onset=0.8, paused=0.95,
        mouth=0.72, head=0.75, tempo=0.7, blinks=1.15, brows=0.4, wander=1.2, nod_degrees=4.5,
        gaze_degrees=-3.0,
    ),
    "angry": MannerEffect(
        {"browDown": 1.0, "eyeSquint": 0.50, "noseSneer": 0.40, "mouthPress": 0.40, "mouthFrown": 0.62,
         "jawForward": 0.25, "mouthRollUpper": 0.20, "mouthShrugLower": 0.20, "mouthSmile": -0.4,
         "browInnerUp": -0.5, "browOuterUp": -0.3},
        lopsided=0.05, onset=0.3, paused=0.85,
        mouth=1.05, head=1.35, tempo=1.35, blinks=0.7, brows=0.3, wander=0.5, nod_degrees=3.0,
    ),
    "fearful": MannerEffect(
        {"browInnerUp": 1.0, "browOuterUp": 0.10, "browDown": 0.55, "eyeWide": 0.95,
         "mouthStretch": 0.95, "mouthLowerDown": 0.25, "mouthFrown": 0.35, "mouthSmile": -0.4},
        lopsided=0.05, onset=0.25, paused=0.9,
        mouth=0.72, head=0.9, tempo=1.5, blinks=1.4, brows=0.5, wander=1.6, nod_degrees=-1.5,
    ),
    "disgusted": MannerEffect(
        {"noseSneer": 1.0, "mouthUpperUp": 0.55, "browDown": 0.40, "eyeSquint": 0.50,
         "cheekSquint": 0.55, "mouthFrown": 0.40, "mouthShrugUpper": 0.35, "mouthShrugLower": 0.30,
         "mouthSmile": -0.4},
        lopsided=0.14, onset=0.4, paused=0.85,
        mouth=0.85, head=0.9, tempo=0.9, brows=0.4, wander=1.1, nod_degrees=-2.5,
    ),
    "surprised": MannerEffect(
        {"browInnerUp": 0.95, "browOuterUp": 0.95, "eyeWide": 0.95, "jawOpen": 0.10,
         "mouthFunnel": 0.06, "mouthSmile": -0.3},
        onset=0.2, paused=0.6,
        mouth=1.1, head=1.15, tempo=1.15, blinks=0.6, brows=1.2, nod_degrees=-2.5,
    ),
}  # fmt: skip
"""Strengths that a viewer names from finished pictures; the curves in time are those of `generation.corrections.worn`."""


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


def shape_offsets(manner: str) -> dict[int, float]:
    """Strength at intensity 1 by column of a motion frame, each side with its own."""
    effect = manner_effect(manner)
    offsets: dict[int, float] = {}
    for name, strength in effect.shapes.items():
        columns = sides(name)
        leans = (1 + effect.lopsided, 1 - effect.lopsided) if len(columns) == 2 else (1.0,)
        offsets |= {c: min(strength * lean, 1.0) for c, lean in zip(columns, leans, strict=True)}
    return offsets
