"""A small corpus from the plan to the report: the same twice, and after a stop."""

import ctypes.util
import json

import numpy as np
import pytest

from omnitalker.corpus import ShardWriter, open_corpus
from omnitalker.corpus.builder import Shard, make_shard
from omnitalker.corpus.config import CorpusConfig
from omnitalker.corpus.failures import known_failures, record_failures
from omnitalker.corpus.plan import make_plan
from omnitalker.corpus.report import summarise, write_report
from omnitalker.corpus.synthesis import Synthesiser
from omnitalker.corpus.texts import load_texts

CONFIG = CorpusConfig(speakers=13, shard_items=4)
pytest.importorskip("pyworld", reason="the corpus needs the extra [train]")


@pytest.fixture(scope="module")
def assignments():
    if not (ctypes.util.find_library("flite_cmu_us_slt") and ctypes.util.find_library("espeak-ng")):
        pytest.skip("flite and espeak-ng are not installed; see scripts/install_teachers.sh")
    plan = make_plan(CONFIG, load_texts(CONFIG))
    short = [a for a in plan if len(a.text) < 60 and not a.teacher.startswith("festival")]
    zh = [a for a in short if a.language == "zh"]
    stand_in = [a for a in zh if not a.speaker.voice.teacher.startswith("espeak")]
    return [*[a for a in short if a.language == "en"][:2], zh[0], *stand_in[:1]]


@pytest.fixture(scope="module")
def corpus_dir(assignments, tmp_path_factory):
    root = tmp_path_factory.mktemp("corpus")
    synthesiser = Synthesiser(CONFIG)
    done = make_shard(synthesiser, Shard("a", tuple(assignments)), root)
    synthesiser.close()
    ShardWriter(root).list_items(done.lines)
    assert not done.failures
    return root


def test_items_are_sound(corpus_dir, assignments):
    corpus = open_corpus(corpus_dir)
    assert [i.id for i in corpus.infos] == [a.id for a in assignments]
    for item in corpus:
        level = np.sqrt((item.samples.astype(np.float64) ** 2).mean()) / 32768
        assert 0.005 < level < 0.3
        assert np.abs(item.samples).max() < 32_700
        assert item.info.has_motion
        assert np.abs(item.motion).max() > 0.1
        symbols, _ = item.phonemes_per_frame()
        loud = item.mel.astype(np.float32).mean(axis=1)
        assert loud[symbols == 1].mean() < loud[symbols > 5].mean() - 2, (
            "speech is where it should be"
        )


def test_the_same_again(corpus_dir, assignments):
    """To the sample for flite; espeak-ng itself varies by some milliseconds from call to call."""
    synthesiser = Synthesiser(CONFIG)
    stored = open_corpus(corpus_dir)
    for assignment, before in zip(assignments, stored, strict=True):
        again = synthesiser.make(assignment)
        np.testing.assert_array_equal(again.symbols, before.symbols)
        assert abs(len(again.samples) - len(before.samples)) <= 3840
        if assignment.teacher.startswith("flite"):
            np.testing.assert_array_equal(again.samples, before.samples)
            np.testing.assert_array_equal(again.motion, before.motion)
            assert again.info == before.info
    synthesiser.close()


def test_report(corpus_dir, assignments):
    record_failures(corpus_dir, [("x-1", "lasts 20 s")])
    record_failures(corpus_dir, [("x-1", "lasts 20 s"), ("x-2", "nothing came back")])
    assert known_failures(corpus_dir) == {"x-1": "lasts 20 s", "x-2": "nothing came back"}
    corpus = open_corpus(corpus_dir)
    report = summarise(corpus, list(corpus), known_failures(corpus_dir))
    assert report.items == len(assignments)
    assert set(report.hours_by_language) == {"en", "zh"}
    assert report.failed == known_failures(corpus_dir)
    assert report.hours_with_motion == report.hours
    assert not report.clipped_items


@pytest.mark.slow
def test_sheet(corpus_dir):
    report = write_report(corpus_dir)
    assert json.loads((corpus_dir / "report.json").read_text())["items"] == report.items
    assert (corpus_dir / "sheet.png").stat().st_size > 20_000
