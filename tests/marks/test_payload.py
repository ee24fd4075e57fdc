from __future__ import annotations

import numpy as np
import pytest

from omnitalker.base.errors import ConfigError
from omnitalker.marks.payload import own_number, signs_of, value_of


@pytest.mark.parametrize("value", [0, 1, 4711, 65_535])
def test_numbers_come_back(value: int) -> None:
    assert value_of(signs_of(value)) == value


def test_a_wrong_bit_is_noticed() -> None:
    for bit in range(24):
        votes = signs_of(4711).copy()
        votes[bit] = -votes[bit]
        assert value_of(votes) is None


def test_chance_agrees_with_the_checksum_one_time_in_256() -> None:
    votes = np.random.default_rng(0).normal(size=(20_000, 24))
    share = np.mean([value_of(row) is not None for row in votes])
    assert share == pytest.approx(1 / 256, rel=0.3)


@pytest.mark.parametrize("given", ["-1", "65536", "me"])
def test_an_impossible_number_is_said(given: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMNITALKER_MARK", given)
    with pytest.raises(ConfigError, match="OMNITALKER_MARK"):
        own_number()
