"""Viterbi searches: how a known sequence spreads over frames, and which sequence fits best.

Legend: T mel frames, V symbols, U units, S states (a unit that lasts at least k frames is k states in a row).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from omnitalker.base.errors import InputError
from omnitalker.base.types import FloatArray

NEIGHBOURS = 8
WORST = -8.0
"""Log-probabilities count as no worse than this, so that one odd frame does not decide."""
TEMPER = 3.0
"""Root taken of the means, so that fitting speech lies above a half: neighbouring frames see the same sound,
and their probabilities are too sure of themselves."""


@dataclass(frozen=True)
class Unit:
    """One thing to be placed in time."""

    symbol: int
    """Column of the log-probabilities."""
    source: int | None
    """Which of the caller's phonemes this is; None for a silence that may be there."""
    shortest: int = 1
    """Frames."""
    optional: bool = False
    """May be left out. Two optional units never follow one another."""


def viterbi(log_probabilities: FloatArray, units: Sequence[Unit]) -> list[int]:
    """(T, V) -> for each unit the frame where it ends (the next begins there; skipped: no frames)."""
    owner = np.array([u for u, unit in enumerate(units) for _ in range(unit.shortest)])
    entry = np.array([k == 0 for unit in units for k in range(unit.shortest)])
    frames, states = len(log_probabilities), len(owner)
    needed = sum(unit.shortest for unit in units if not unit.optional)
    if frames < needed:
        raise InputError(
            f"{sum(not u.optional for u in units)} phonemes need at least {needed} mel frames, "
            f"the sound has {frames}: is this the right text?"
        )
    skip = _skips(units, owner, entry)
    can_stay = np.append(owner[1:] != owner[:-1], True)
    emission = np.maximum(log_probabilities, WORST)[:, [units[u].symbol for u in owner]]
    score = np.full(states, -np.inf)
    score[0] = emission[0, 0]
    if units[0].optional and len(units) > 1:
        score[units[0].shortest] = emission[0, units[0].shortest]
    came_from = np.zeros((frames, states), dtype=np.int32)
    here = np.arange(states)
    for t in range(1, frames):
        stay = np.where(can_stay, score, -np.inf)
        step = np.concatenate([[-np.inf], score[:-1]])
        jump = np.where(skip >= 0, score[skip], -np.inf)
        choice = np.argmax(np.stack([stay, step, jump]), axis=0)
        came_from[t] = np.choose(choice, [here, here - 1, skip])
        score = np.choose(choice, [stay, step, jump]) + emission[t]
    path = _trace(came_from, _last_state(score, units))
    counts = np.bincount(owner[path], minlength=len(units))
    return [int(stop) for stop in counts.cumsum()]


def _skips(units: Sequence[Unit], owner: np.ndarray, entry: np.ndarray) -> np.ndarray:
    """(S,): for the first state of a unit after an optional one, the state before that one; else -1."""
    skip = np.full(len(owner), -1)
    for state in np.flatnonzero(entry):
        unit = owner[state]
        if unit >= 2 and units[unit - 1].optional:
            skip[state] = state - units[unit - 1].shortest - 1
    return skip


def _last_state(score: np.ndarray, units: Sequence[Unit]) -> int:
    last = len(score) - 1
    before = last - units[-1].shortest
    if units[-1].optional and before >= 0 and score[before] > score[last]:
        return before
    return last


def _trace(came_from: np.ndarray, state: int) -> np.ndarray:
    path = np.empty(len(came_from), dtype=np.int64)
    for t in range(len(came_from) - 1, -1, -1):
        path[t] = state
        state = came_from[t, state]
    return path


def best_sequence(
    log_probabilities: FloatArray, follows: FloatArray, shortest: int = 2
) -> list[int]:
    """(T, V), (V, V) log-probability of column after row -> the likeliest symbols in order.

    Each lasts at least `shortest` frames.
    """
    frames, symbols = log_probabilities.shape
    here = np.arange(symbols)
    score = np.full((shortest, symbols), -np.inf)
    score[0] = log_probabilities[0]
    entered_from = np.zeros((frames, symbols), dtype=np.int32)
    stayed = np.zeros((frames, symbols), dtype=bool)
    for t in range(1, frames):
        entering = score[-1][:, None] + follows
        entered_from[t] = entering.argmax(axis=0)
        moved = np.concatenate([entering[entered_from[t], here][None], score[:-1]])
        stayed[t] = score[-1] > moved[-1]
        moved[-1] = np.maximum(moved[-1], score[-1])
        score = moved + log_probabilities[t]
    symbol, part = int(score[-1].argmax()), shortest - 1
    found = [symbol]
    for t in range(frames - 1, 0, -1):
        if part == shortest - 1 and stayed[t, symbol]:
            continue
        if part > 0:
            part -= 1
            continue
        symbol, part = int(entered_from[t, symbol]), shortest - 1
        found.append(symbol)
    return found[::-1]


@dataclass(frozen=True)
class Fit:
    """How well units fit: over all, and over the worst few neighbours (both 0..1)."""

    overall: float
    weakest: float


def fit_of(scores: Sequence[float]) -> Fit:
    """Mean log-probabilities of the spoken phonemes in order -> tempered geometric means."""
    if not len(scores):
        return Fit(0.0, 0.0)
    floored = np.maximum(scores, WORST)
    span = min(NEIGHBOURS, len(floored))
    sums = np.convolve(floored, np.ones(span) / span, mode="valid")
    return Fit(float(np.exp(floored.mean() / TEMPER)), float(np.exp(sums.min() / TEMPER)))
