"""What head and brows do with the melody of speech.

Legend: F motion frames, E gestures.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from omnitalker.generation.motion_teacher.score import Beat, Phrase
from omnitalker.motion.curves import drift, plateaus, soft_limit, time_since
from omnitalker.motion.made.style import MotionStyle

_ROTATION_LIMIT = float(np.radians(13.0))
_MOVING_LIMIT = float(np.radians(9.0))
"""About the posture."""


def head_rotations(
    times: np.ndarray,
    style: MotionStyle,
    activity: np.ndarray,
    beats: Sequence[Beat],
    phrases: Sequence[Phrase],
    rng: np.random.Generator,
) -> np.ndarray:
    """(F, 3) radians about the posture: drift, nods on beats, a tilt as each phrase ends."""
    degrees = np.zeros((len(times), 3))
    live = 0.4 + 0.6 * activity
    for axis, size in enumerate((1.7, 2.4, 1.4)):
        slow, fast = 0.26 * style.head_tempo, 0.9 * style.head_tempo
        degrees[:, axis] += size * live * drift(times, rng, slow, fast)
    if beats:
        degrees += _nods(times, style, beats, rng)
    if phrases:
        degrees += _phrase_tilts(times, style, phrases, rng)
    moving = soft_limit(style.head_amplitude * np.radians(degrees), _MOVING_LIMIT)
    return soft_limit(np.asarray(style.posture) + moving, _ROTATION_LIMIT)


def _nods(
    times: np.ndarray, style: MotionStyle, beats: Sequence[Beat], rng: np.random.Generator
) -> np.ndarray:
    """(F, 3) degrees: down on the beat with a little lift before it, and some turn or tilt along."""
    count = len(beats)
    weights = np.array([b.weight for b in beats]) * rng.choice([0.35, 1.0], count, p=[0.35, 0.65])
    length = np.maximum(rng.uniform(0.15, 0.24, count) / style.head_tempo**0.8, 0.12)
    peak = np.array([b.time for b in beats]) + rng.uniform(-0.03, 0.05, count)
    hold = np.zeros(count)
    down = plateaus(time_since(times, peak - length), length, hold, length * 1.5)
    lift = plateaus(time_since(times, peak - 2.1 * length), length * 0.9, hold, length)
    size = np.minimum(weights, 1.2) * 2.9 / style.head_tempo**0.3
    nod = size @ down - 0.3 * size @ lift
    turn = (rng.normal(0.0, 1.3, count) * weights) @ down
    tilt = (rng.normal(0.0, 0.9, count) * weights) @ down
    return np.stack([nod, turn, tilt], axis=1)


def _phrase_tilts(
    times: np.ndarray, style: MotionStyle, phrases: Sequence[Phrase], rng: np.random.Generator
) -> np.ndarray:
    """(F, 3) degrees: settle downward and tilt where a phrase ends; lift the chin in a question."""
    count = len(phrases)
    length = rng.uniform(0.3, 0.45, count) / style.head_tempo**0.5
    onset = np.array([p.end for p in phrases]) - length
    event = plateaus(time_since(times, onset), length, rng.uniform(0.15, 0.4, count), length * 1.6)
    asked = np.array([p.is_question for p in phrases])
    nod = np.where(asked, rng.uniform(-2.2, -1.0, count), rng.uniform(0.4, 1.8, count))
    tilt = rng.choice([-1.0, 1.0], count) * np.where(asked, 1.9, rng.uniform(0.3, 1.3, count))
    turn = rng.normal(0.0, 0.8, count)
    return np.stack([nod @ event, turn @ event, tilt @ event], axis=1)


def head_translation(
    times: np.ndarray, rotations: np.ndarray, style: MotionStyle, rng: np.random.Generator
) -> np.ndarray:
    """(F, 3) eye distances: the neck swings the head where it turns, breathing lifts it a little."""
    sway = 0.02 * style.head_amplitude
    out = np.empty((len(times), 3))
    slow, fast = 0.08 * style.head_tempo, 0.35 * style.head_tempo
    for axis in range(3):
        out[:, axis] = sway * drift(times, rng, slow, fast)
    moved = rotations - np.asarray(style.posture)
    breath = 0.007 * np.sin(2 * np.pi * (0.27 * times + rng.uniform()))
    out[:, 0] += 0.35 * moved[:, 1] - 0.45 * moved[:, 2]
    out[:, 1] += -0.45 * moved[:, 0] + breath
    out[:, 2] += 0.35 * moved[:, 0]
    return out


def brow_raise(
    times: np.ndarray,
    style: MotionStyle,
    beats: Sequence[Beat],
    phrases: Sequence[Phrase],
    rng: np.random.Generator,
) -> np.ndarray:
    """(F,) brow strength: quick raises on high-pitched beats, a long one through a question's end."""
    onsets: list[float] = []
    rises: list[float] = []
    holds: list[float] = []
    sizes: list[float] = []
    for beat in beats:
        eager = 0.3 + 0.09 * np.clip(beat.pitch, -2, 5)
        if rng.random() < eager + 0.25:
            rise = rng.uniform(0.14, 0.22)
            onsets.append(beat.time - rise)
            rises.append(rise)
            holds.append(rng.uniform(0.03, 0.18))
            sizes.append(beat.weight * rng.uniform(0.28, 0.5))
    for phrase in phrases:
        if phrase.is_question:
            length = min(0.7, 0.6 * (phrase.end - phrase.start))
            onsets.append(phrase.end - length)
            rises.append(0.25)
            holds.append(length + 0.1)
            sizes.append(rng.uniform(0.4, 0.55))
    flicker = 0.04 * (1.0 + drift(times, rng, 0.2, 0.9))
    if not onsets:
        return np.maximum(style.brow_activity * flicker, 0.0)
    rising = np.array(rises)
    events = plateaus(time_since(times, np.array(onsets)), rising, np.array(holds), rising * 1.6)
    return np.maximum(style.brow_activity * (np.array(sizes) @ events + flicker), 0.0)
