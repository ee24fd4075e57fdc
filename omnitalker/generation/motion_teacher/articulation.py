"""Phoneme times into mouth shapes: dominance-weighted targets, then the contacts that must happen.

Legend: P phonemes, Q = 2 P targets (two per phoneme), F motion frames, K mouth shapes of `visemes.SHAPES`.
"""

from __future__ import annotations

import numpy as np

from omnitalker.generation.motion_teacher.score import Score, stress_factor
from omnitalker.generation.motion_teacher.visemes import (  # fmt: skip
    AMPLITUDE_POWERS,
    BILABIALS,
    LABIODENTALS,
    SHAPE_GROUPS,
    SHAPES,
    VisemeTable,
    viseme_table,
)
from omnitalker.motion.curves import plateaus, time_since, union
from omnitalker.motion.made.manners import sides
from omnitalker.motion.names import INDEX

_WIDEST = 0.16
"""Seconds to which a target's reach is bounded, however long the phoneme."""
_HORIZON = 0.7
"""Seconds beyond which a phoneme no longer shapes the mouth."""
_CHUNK = 256


def articulate(
    score: Score, times: np.ndarray, loudness: np.ndarray, amplitude: float
) -> np.ndarray:
    """(F, K) mouth shapes at `times`. loudness: (P,) dB over the usual level of the clip."""
    table = viseme_table()
    targets = table.targets[score.ids].copy()
    opening = np.where(
        score.vowel,
        stress_factor(score.tones) * (1 + table.loudness * np.clip(loudness / 6, -1, 1)),
        1.0,
    )
    targets *= (amplitude * opening)[:, None, None] ** AMPLITUDE_POWERS
    strengths = table.strengths[score.ids]
    durations = score.ends - score.starts
    # A long silence outweighs its neighbours, a short one barely closes the mouth.
    patience = np.where(score.silent, np.clip(durations / table.patience, 0.08, 1.5), 1.0)
    strengths = strengths + np.log(patience)[:, None, None]
    reaches = table.reaches[score.ids]

    halves = score.starts[:, None] + durations[:, None] * np.array([0.27, 0.75])
    return _blend(
        halves.reshape(-1),
        np.repeat(durations, 2),
        targets.reshape(-1, len(SHAPES)),
        strengths.reshape(-1, 4),
        reaches.reshape(-1),
        times,
        table,
    )


def _blend(
    centres: np.ndarray,
    durations: np.ndarray,
    targets: np.ndarray,
    strengths: np.ndarray,
    reaches: np.ndarray,
    times: np.ndarray,
    table: VisemeTable,
) -> np.ndarray:
    """(F, K) average of the targets weighted by their dominance at each time."""
    out = np.empty((len(times), len(SHAPES)))
    firsts = centres - durations / 2 - _HORIZON
    lasts = centres + durations / 2 + _HORIZON
    for begin in range(0, len(times), _CHUNK):
        now = times[begin : begin + _CHUNK]
        live = np.flatnonzero((firsts <= now[-1]) & (lasts >= now[0]))
        distance = np.abs(now[None, :] - centres[live, None])
        core = durations[live, None] * table.core
        distance = np.maximum(distance - core, 0.0)
        for group in range(4):
            width = durations[live] * table.spread[group] + table.seconds[group]
            wide = np.minimum(width, _WIDEST) + (reaches[live] if group == 1 else 0.0)
            score = -0.5 * (distance / wide[:, None]) ** 2 + strengths[live, group][:, None]
            weight = np.exp(score - score.max(axis=0))
            weight /= weight.sum(axis=0)
            columns = np.flatnonzero(group == SHAPE_GROUPS)
            out[begin : begin + len(now), columns] = weight.T @ targets[live][:, columns]
    return out


def contact(score: Score, symbols: frozenset[str], times: np.ndarray) -> np.ndarray:
    """(F,) how much the lips are in the contact that `symbols` need: 1 in at least one frame of each."""
    hits = score.where(symbols)
    if len(hits) == 0:
        return np.zeros(len(times))
    starts, ends = score.starts[hits], score.ends[hits]
    centres = (starts + ends) / 2
    hold = np.clip(0.5 * (ends - starts), 0.045, 0.10)
    ramp = np.full(len(hits), 0.06)
    since = time_since(times, centres - hold / 2 - ramp)
    return union(plateaus(since, ramp, hold, ramp * 1.15))


def place(values: np.ndarray, mouth: np.ndarray) -> None:
    """Add (F, K) mouth shapes to both sides of (F, 61), in place."""
    for k, shape in enumerate(SHAPES):
        for column in sides(shape):
            values[:, column] += mouth[:, k]


def seal_lips(values: np.ndarray, sealed: np.ndarray, press: float = 0.22) -> None:
    """Bring the lips together where sealed (F,) is 1, in place: mouthClose equals what jawOpen opens."""
    _fade(values, sealed, mouthLowerDown=0.0, mouthUpperUp=0.0, mouthFunnel=0.0, mouthStretch=0.5)
    _fade(values, sealed, mouthShrugUpper=0.0, noseSneer=0.0, jawForward=0.5)
    _fade(values, sealed, cheekSquint=0.6)
    jaw = values[:, INDEX["jawOpen"]]
    jaw *= 1.0 - 0.35 * sealed
    close = values[:, INDEX["mouthClose"]]
    close += sealed * (jaw - close)
    for column in sides("mouthPress"):
        values[:, column] += press * sealed * (1.0 - values[:, column])
    for name in ("mouthRollLower", "mouthRollUpper"):
        values[:, INDEX[name]] += 0.06 * sealed


def tuck_lip(values: np.ndarray, tucked: np.ndarray) -> None:
    """Lower lip under the upper teeth where tucked (F,) is 1, in place."""
    _fade(values, tucked, mouthLowerDown=0.0, mouthFunnel=0.25, mouthPucker=0.5, jawOpen=0.6)
    roll = values[:, INDEX["mouthRollLower"]]
    roll += tucked * (0.55 - roll)
    for column in sides("mouthUpperUp"):
        values[:, column] += tucked * (0.18 - values[:, column])


def _fade(values: np.ndarray, amount: np.ndarray, **remainders: float) -> None:
    """Where amount is 1 leave only `remainder` of each shape."""
    for name, remainder in remainders.items():
        for column in sides(name):
            values[:, column] *= 1.0 - (1.0 - remainder) * amount


def closures(score: Score, times: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(F,) seal of the bilabials and (F,) tuck of the labiodentals; a seal wins over a tuck."""
    sealed = contact(score, BILABIALS, times)
    return sealed, contact(score, LABIODENTALS, times) * (1.0 - sealed)
