"""The silence at a clause's end belongs to the pause, not to the phoneme before it."""

import itertools

import numpy as np
import pytest

from omnitalker.corpus.teachers.speech.silences import with_pauses_where_they_begin
from omnitalker.corpus.teachers.speech.teacher import TimedSymbol

RATE = 24_000


def sound(*pieces: tuple[float, float]) -> np.ndarray:
    """(seconds, amplitude) after one another, with a little noise."""
    rng = np.random.default_rng(0)
    parts = [a * np.sin(np.arange(round(s * RATE)) * 0.05) for s, a in pieces]
    joined = np.concatenate(parts)
    return (joined + 1e-4 * rng.standard_normal(len(joined))).astype(np.float32)


PHONES = (
    TimedSymbol("sil", 0, 0.2),
    TimedSymbol("s", 0, 0.3),
    TimedSymbol("oʊ", 1, 0.8),
    TimedSymbol(",", 0, 0.9),
    TimedSymbol("n", 0, 1.0),
    TimedSymbol("oʊ", 1, 1.2),
    TimedSymbol(".", 0, 1.5),
)


def test_the_boundary_moves_to_the_last_sound():
    samples = sound((0.2, 0), (0.3, 0.5), (0.4, 0), (0.25, 0.5), (0.35, 0))
    phones = with_pauses_where_they_begin(PHONES, samples, RATE)
    ends = {(p.symbol, i): p.end for i, p in enumerate(phones)}
    assert ends["oʊ", 2] == pytest.approx(0.52, abs=0.02)
    assert ends["oʊ", 5] == pytest.approx(1.17, abs=0.02)
    assert [p.end for i, p in enumerate(phones) if i not in (2, 5)] == [
        p.end for i, p in enumerate(PHONES) if i not in (2, 5)
    ]


def test_what_sounds_to_its_end_stays():
    samples = sound((0.2, 0), (0.6, 0.5), (0.1, 0), (0.3, 0.5), (0.3, 0))
    assert with_pauses_where_they_begin(PHONES, samples, RATE) == PHONES


def test_a_phoneme_that_is_not_heard_keeps_a_moment():
    samples = sound((0.2, 0), (0.1, 0.5), (0.6, 0), (0.3, 0.5), (0.3, 0))
    phones = with_pauses_where_they_begin(PHONES, samples, RATE)
    assert phones[2].end == pytest.approx(0.33, abs=0.021)
    assert all(b.end > a.end for a, b in itertools.pairwise(phones))
