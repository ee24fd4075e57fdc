from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from omnitalker.corpus.config import CorpusConfig
from omnitalker.corpus.item import check_item
from omnitalker.corpus.motion import refresh_motion
from omnitalker.corpus.perturb import add_perturbed, perturbed
from omnitalker.corpus.store import ShardWriter, open_corpus
from tests.training.conftest import make_item


def reader(index: int = 0, split: str = "train"):
    """A real reader humming 200 Hz for nine blocks."""
    item = make_item(index, "reader", split, blocks=9)
    hum = np.sin(2 * np.pi * 200 * np.arange(len(item.samples)) / 24_000) * 8_000
    info = replace(item.info, source="librispeech", weight=3.0, has_motion=True)
    return replace(item, info=info, samples=hum.astype(np.int16))


def pitch(samples: np.ndarray) -> float:
    spectrum = np.abs(np.fft.rfft(samples[:24_000].astype(float)))
    return float(np.argmax(spectrum) * 24_000 / min(len(samples), 24_000))


@pytest.mark.parametrize("speed", [0.8, 1.25])
def test_a_copy_is_a_whole_item_of_someone_else(speed: float) -> None:
    item = reader()
    copy = perturbed(item, speed, weight=0.25)
    check_item(copy)
    assert copy.info.speaker != item.info.speaker
    assert copy.info.weight == pytest.approx(0.75)
    assert pitch(copy.samples) == pytest.approx(200 * speed, rel=0.02)
    np.testing.assert_allclose(copy.starts[:-1], item.starts[:-1] / speed, rtol=1e-5)
    assert np.abs(copy.motion).max() > 0.05


def test_only_real_training_items_are_copied_and_only_once(tmp_path: Path) -> None:
    synthetic = make_item(2, "synthetic")
    ShardWriter(tmp_path).write("all", [reader(0), reader(1, "test"), synthetic])
    assert add_perturbed(tmp_path, (0.9, 1.1)) == 2
    assert add_perturbed(tmp_path, (0.9, 1.1)) == 0
    ids = [info.id for info in open_corpus(tmp_path).infos]
    assert sorted(i for i in ids if "@" in i) == ["item0@0.9", "item0@1.1"]


def test_refreshed_motion_replaces_what_was_there(tmp_path: Path) -> None:
    ShardWriter(tmp_path).write("all", [reader(0), reader(1)])
    before = [item.motion.copy() for item in open_corpus(tmp_path)]
    assert refresh_motion(tmp_path, CorpusConfig(speakers=13)) == 2
    after = [item.motion for item in open_corpus(tmp_path)]
    for old, new in zip(before, after, strict=True):
        assert old.shape == new.shape
        assert np.abs(old.astype(float) - new.astype(float)).max() > 0.05
