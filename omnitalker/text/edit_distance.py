"""How many words or sounds are wrong: the cheapest edits between what was meant and what was heard."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

_CHARACTER = re.compile(r"[\u4e00-\u9fff]")
_DIGITS = str.maketrans("0123456789", "零一二三四五六七八九")
_NOT_A_WORD = re.compile(r"[^a-z' ]+")


@dataclass(frozen=True)
class ErrorCount:
    substitutions: int = 0
    deletions: int = 0
    insertions: int = 0
    reference: int = 0
    """Length of what should have been said."""

    @property
    def rate(self) -> float:
        errors = self.substitutions + self.deletions + self.insertions
        return errors / max(1, self.reference)

    def __add__(self, other: ErrorCount) -> ErrorCount:
        return ErrorCount(
            self.substitutions + other.substitutions,
            self.deletions + other.deletions,
            self.insertions + other.insertions,
            self.reference + other.reference,
        )


def words_of(text: str) -> list[str]:
    """Lower-case words without punctuation, for comparison."""
    return _NOT_A_WORD.sub(" ", text.lower().replace("’", "'")).split()


def characters_of(text: str) -> list[str]:
    """Chinese characters without punctuation, traditional ones as simplified where `opencc` is installed."""
    try:
        from opencc import OpenCC
    except ImportError:
        plain = text
    else:
        plain = OpenCC("t2s").convert(text)
    return _CHARACTER.findall(plain.translate(_DIGITS))


def count_errors(reference: Sequence[str], hypothesis: Sequence[str]) -> ErrorCount:
    """The cheapest edits that turn `reference` into `hypothesis`, by kind."""
    rows, columns = len(reference) + 1, len(hypothesis) + 1
    cost = np.zeros((rows, columns), dtype=np.int32)
    cost[:, 0], cost[0, :] = np.arange(rows), np.arange(columns)
    for i in range(1, rows):
        for j in range(1, columns):
            wrong = reference[i - 1] != hypothesis[j - 1]
            cost[i, j] = min(cost[i - 1, j - 1] + wrong, cost[i - 1, j] + 1, cost[i, j - 1] + 1)
    return _trace(cost, reference, hypothesis)


def _trace(cost: np.ndarray, reference: Sequence[str], hypothesis: Sequence[str]) -> ErrorCount:
    i, j = len(reference), len(hypothesis)
    substitutions = deletions = insertions = 0
    while i or j:
        wrong = bool(i and j) and reference[i - 1] != hypothesis[j - 1]
        if i and j and cost[i, j] == cost[i - 1, j - 1] + wrong:
            substitutions += wrong
            i, j = i - 1, j - 1
        elif i and cost[i, j] == cost[i - 1, j] + 1:
            deletions += 1
            i -= 1
        else:
            insertions += 1
            j -= 1
    return ErrorCount(substitutions, deletions, insertions, len(reference))
