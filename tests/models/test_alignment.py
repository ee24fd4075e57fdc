import itertools

import numpy as np
import pytest

from omnitalker.base.errors import InputError
from omnitalker.models.alignment import Unit, best_sequence, fit_of, viterbi


def log_probabilities(frames: int, symbols: int, seed: int) -> np.ndarray:
    logits = np.random.default_rng(seed).normal(size=(frames, symbols)).astype(np.float32) * 2
    return logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))


def best_by_trying_all(scores: np.ndarray, units: list[Unit]) -> float:
    """The score of the best of all ways to cut the frames."""
    best = -np.inf
    frames = len(scores)
    for cuts in itertools.combinations_with_replacement(range(frames + 1), len(units) - 1):
        edges = [0, *cuts, frames]
        total = 0.0
        for unit, start, stop in zip(units, edges[:-1], edges[1:], strict=True):
            if stop - start < unit.shortest and not (unit.optional and stop == start):
                total = -np.inf
                break
            total += scores[start:stop, unit.symbol].sum()
        best = max(best, total)
    return best


UNITS = [
    Unit(0, None, shortest=2, optional=True),
    Unit(1, 0, shortest=2),
    Unit(2, 1, shortest=1),
    Unit(0, None, shortest=3, optional=True),
    Unit(1, 2, shortest=2),
    Unit(0, None, shortest=2, optional=True),
]


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("frames", [5, 8, 12])
def test_it_finds_the_best_of_all_ways(frames: int, seed: int) -> None:
    scores = np.maximum(log_probabilities(frames, 3, seed), -8)
    stops = viterbi(scores, UNITS)
    assert stops[-1] == frames
    total, start = 0.0, 0
    for unit, stop in zip(UNITS, stops, strict=True):
        assert stop - start >= unit.shortest or (unit.optional and stop == start)
        total += scores[start:stop, unit.symbol].sum()
        start = stop
    assert total == pytest.approx(best_by_trying_all(scores, UNITS), abs=1e-4)


def test_too_short_a_sound_is_refused() -> None:
    with pytest.raises(InputError, match="need at least 5 mel frames"):
        viterbi(log_probabilities(4, 3, 0), UNITS)


def test_the_weakest_stretch_shows_missing_words() -> None:
    good, bad = [-0.1] * 40, [-6.0] * 8
    fit = fit_of(good + bad + good)
    assert fit_of(good + good).weakest == pytest.approx(np.exp(-0.1 / 3), rel=1e-5)
    assert fit.weakest == pytest.approx(np.exp(-6.0 / 3), rel=1e-5)
    assert fit.overall > 0.4


@pytest.mark.parametrize("seed", range(8))
def test_the_best_sequence_is_the_best_of_all(seed: int) -> None:
    scores = log_probabilities(7, 3, seed)
    follows = np.random.default_rng(100 + seed).normal(size=(3, 3)).astype(np.float32)
    totals: dict[tuple[int, ...], float] = {}
    for length in (1, 2, 3):
        for symbols in itertools.product(range(3), repeat=length):
            units = [Unit(s, None, shortest=2) for s in symbols]
            between = sum(follows[a, b] for a, b in itertools.pairwise(symbols))
            totals[symbols] = best_by_trying_all(scores, units) + float(between)
    best = max(totals, key=lambda symbols: totals[symbols])
    assert tuple(best_sequence(scores, follows)) == best
