from __future__ import annotations

import numpy as np
import pytest

from omnitalker.base.types import FloatArray
from omnitalker.evaluation.slips import Slip, slips_in

WORDS = [[5, 6, 7], [8, 9], [10, 11, 12, 13], [14, 15, 16], [17, 18]]
SILENCE, SYMBOLS, FRAMES_EACH = 1, 24, 6


def heard(words: list[int], surety: float = 0.8) -> FloatArray:
    """What a recogniser that is right in `surety` of every frame hears when these words are said."""
    said = [SILENCE, *(s for word in words for s in WORDS[word]), SILENCE]
    path = np.repeat(said, FRAMES_EACH)
    noise = np.random.default_rng(0).dirichlet(np.ones(SYMBOLS), len(path)) * (1 - surety)
    noise[np.arange(len(path)), path] += surety
    return np.log(noise).astype(np.float32)


def slips(words: list[int]) -> list[tuple[str, int, int]]:
    return [(s.kind, s.first, s.last) for s in slips_in(heard(words), WORDS, SILENCE)]


def test_silent_when_everything_is_said_once() -> None:
    assert slips([0, 1, 2, 3, 4]) == []


@pytest.mark.parametrize("word", range(5))
def test_finds_any_word_left_out(word: int) -> None:
    said = [w for w in range(5) if w != word]
    assert slips(said) == [("skipped", word, word)]


@pytest.mark.parametrize("word", range(5))
def test_finds_any_word_said_twice(word: int) -> None:
    assert slips(sorted([0, 1, 2, 3, 4, word])) == [("repeated", word, word)]


def test_finds_words_said_twice_together() -> None:
    assert slips([0, 1, 2, 1, 2, 3, 4]) == [("repeated", 1, 2)]


def test_finds_two_slips_far_apart() -> None:
    assert sorted(slips([1, 2, 3, 4, 4])) == [("repeated", 4, 4), ("skipped", 0, 0)]


def test_the_only_word_can_be_missing() -> None:
    silence = heard([])
    found = slips_in(np.concatenate([silence] * 4), [WORDS[2]], SILENCE)
    assert [(s.kind, s.first) for s in found] == [("skipped", 0)]


def test_a_mispronounced_word_is_neither() -> None:
    known = heard([0, 1, 2, 3, 4])
    first = FRAMES_EACH * (1 + 5)  # the first phoneme of the third word sounds like another one
    known[first : first + FRAMES_EACH] = np.log(0.01)
    known[first : first + FRAMES_EACH, 20] = np.log(0.77)
    assert slips_in(known, WORDS, SILENCE) == []


def test_evidence_grows_with_what_is_missing() -> None:
    def evidence(word: int) -> float:
        said = [w for w in range(5) if w != word]
        found: list[Slip] = slips_in(heard(said), WORDS, SILENCE)
        return found[0].evidence

    assert evidence(2) > evidence(0) > evidence(1)
