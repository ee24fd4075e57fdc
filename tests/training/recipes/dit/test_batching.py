from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from omnitalker.base.errors import InputError
from omnitalker.corpus.store import open_corpus
from omnitalker.training.recipes.dit.batching import LengthConfig, SequenceSampler, excerpt, measure


@pytest.fixture
def sampler(corpus_dir: Path) -> SequenceSampler:
    return SequenceSampler(open_corpus(corpus_dir).filter(split="train"))


@pytest.mark.parametrize("blocks", [3, 12, 30])
def test_sequences_are_full_and_of_one_speaker(sampler: SequenceSampler, blocks: int) -> None:
    rng = np.random.default_rng(0)
    for index in range(9):
        example = sampler.sequence(index, blocks, rng)
        assert example.mel.shape == (15 * blocks, 100)
        assert example.motion.shape == (4 * blocks, 61)
        assert example.phonemes.shape == example.tones.shape == (15 * blocks,)
        assert len(set(example.mel[:, 0].tolist())) == 1
        assert example.has_motion == (index % 3 != 2)


def test_motion_and_text_belong_to_the_sound(sampler: SequenceSampler) -> None:
    example = sampler.sequence(0, 30, np.random.default_rng(1))
    items = {int(item.mel[0, 1]): item for item in sampler.corpus}
    sources = example.mel[:, 1].astype(int)
    assert len(set(sources.tolist())) > 1
    middles = (np.arange(120) * 3.75 + 1.5).astype(int)
    np.testing.assert_allclose(example.motion.mean(1), sources[middles] / 100, atol=0.03)
    for number in set(sources.tolist()):
        own = set(items[number].symbols.tolist())
        assert set(example.phonemes[sources == number].tolist()) <= own


def test_batches_fill_the_same_number_of_blocks(sampler: SequenceSampler) -> None:
    lengths = LengthConfig(blocks=(4, 8), shares=(0.5, 0.5), blocks_per_batch=32)
    seen = set()
    for seed in range(12):
        batch = sampler.batch(np.random.default_rng(seed), lengths)
        shapes = {example.mel.shape[0] for example in batch}
        assert len(shapes) == 1
        seen.add((len(batch), shapes.pop()))
    assert seen == {(8, 60), (4, 120)}


def test_items_without_text_have_masked_phonemes(sampler: SequenceSampler) -> None:
    item = sampler.corpus[0]
    assert (excerpt(item, 1, 4).phonemes > 0).all()
    assert (excerpt(item.with_info(has_text=False), 1, 4).phonemes == 0).all()


def test_statistics_are_those_of_the_arrays(corpus_dir: Path) -> None:
    corpus = open_corpus(corpus_dir)
    statistics = measure(corpus)
    mel = np.concatenate([item.mel for item in corpus]).astype(np.float64)
    moving = [item.motion for item in corpus if item.info.has_motion]
    motion = np.concatenate(moving).astype(np.float64)
    np.testing.assert_allclose(statistics.mel_mean, mel.mean(0), atol=1e-4)
    np.testing.assert_allclose(statistics.mel_std[5:], mel.std(0)[5:], atol=1e-4)
    np.testing.assert_allclose(statistics.motion_mean, motion.mean(0), atol=1e-4)


def test_an_empty_corpus_is_explained(corpus_dir: Path) -> None:
    with pytest.raises(InputError, match="no items"):
        SequenceSampler(open_corpus(corpus_dir).filter(split="test"))


def test_items_without_text_never_take_more_than_their_share(corpus_dir: Path) -> None:
    from omnitalker.training.recipes.dit.batching import limited_chances

    weights, silent = np.array([1.0, 3.0, 4.0, 8.0]), np.array([False, False, True, True])
    chances = limited_chances(weights, silent, 0.25)
    np.testing.assert_allclose(chances, [0.75 / 4, 2.25 / 4, 0.25 / 3, 0.5 / 3])
    np.testing.assert_allclose(limited_chances(weights, silent, 0.9), weights / 16)
    np.testing.assert_allclose(limited_chances(weights, silent | True, 0.1), weights / 16)
