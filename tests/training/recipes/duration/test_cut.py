from __future__ import annotations

import numpy as np

from omnitalker.corpus.store import ShardWriter, open_corpus
from omnitalker.training.recipes.dit.batching import voice_of
from omnitalker.training.recipes.duration.train import PairSampler, cut
from tests.training.conftest import make_item


def test_a_cut_item_is_whole_again_when_joined() -> None:
    item = make_item(0, "a")
    first, rest = cut(item, 5)
    assert (len(first.symbols), len(rest.symbols)) == (5, 7)
    np.testing.assert_array_equal(np.concatenate([first.mel, rest.mel]), item.mel)
    np.testing.assert_allclose(
        np.concatenate([np.diff(first.starts), np.diff(rest.starts)]), np.diff(item.starts)
    )
    assert abs(len(first.mel) / 93.75 - first.starts[-1]) < 0.011


def test_no_item_is_prompted_by_what_it_is_asked_for(tmp_path) -> None:
    """A voice with one recording would only learn to copy."""
    ShardWriter(tmp_path).write(
        "all", [make_item(0, "alone"), make_item(1, "b"), make_item(2, "b")]
    )
    sampler = PairSampler(open_corpus(tmp_path))
    rng = np.random.default_rng(0)
    for _ in range(20):
        prompt, target = sampler.pair(rng)
        assert voice_of(prompt.info) == voice_of(target.info)
        if prompt.info.id == target.info.id:
            assert prompt.starts[-1] == target.starts[0]
