from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from omnitalker.text.edit_distance import ErrorCount, characters_of, count_errors, words_of


def test_kinds_of_errors() -> None:
    spoken = words_of("The cat sat, on the mat!")
    assert count_errors(spoken, spoken) == ErrorCount(reference=6)
    assert count_errors(spoken, words_of("the cat on the mat")) == ErrorCount(0, 1, 0, 6)
    assert count_errors(spoken, words_of("the big cat sat on a mat")) == ErrorCount(1, 0, 1, 6)
    assert count_errors([], ["a"]) == ErrorCount(0, 0, 1, 0)
    assert (ErrorCount(1, 0, 0, 4) + ErrorCount(0, 1, 0, 4)).rate == 0.25


words = st.lists(st.sampled_from(["a", "b", "c"]), max_size=8)


@given(words, words)
def test_counts_agree_with_the_lengths(reference: list[str], hypothesis: list[str]) -> None:
    errors = count_errors(reference, hypothesis)
    assert len(reference) - errors.deletions + errors.insertions == len(hypothesis)
    total = errors.substitutions + errors.deletions + errors.insertions
    assert total <= max(len(reference), len(hypothesis))
    assert (total == 0) == (reference == hypothesis)


def test_mandarin_is_compared_by_characters() -> None:
    assert characters_of("你好，世界 2 次! ok") == list("你好世界二次")
