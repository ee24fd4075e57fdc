"""A small corpus from the plan to the report: the same twice, and after a stop."""

import json

import numpy as np
import pytest

from omnitalker.base.errors import ConfigError
from omnitalker.corpus import ShardWriter, open_corpus
from omnitalker.corpus.builder import Shard, make_shard, run_build
from omnitalker.corpus.config import CorpusConfig
from omnitalker.corpus.failures import known_failures, record_failures
from omnitalker.corpus.plan import make_plan
from omnitalker.corpus.report import summarise, write_report
from omnitalker.corpus.synthesis import Synthesiser
from omnitalker.corpus.texts import load_texts
from omnitalker.corpus.voices import MASTER

CONFIG = CorpusConfig(speakers=60, students=13, student_sentences=4, sentences=1, shard_items=2)
for module in ("onnx", "onnxruntime", "jieba", "hibari"):
    pytest.importorskip(module, reason="the extra 'teachers' is not installed")


@pytest.fixture(scope="module")
def assignments():
    """Two of the student as it is, two of other throats; one of them is kept for tests."""
    plan = make_plan(CONFIG, load_texts(CONFIG))
    students = [a for a in plan if a.speaker.voice.teacher == "hibari"]
    own = [a for a in students if a.speaker.name == MASTER]
    others = [a for a in students if a.speaker.name != MASTER]
    return [*own[:2], next(a for a in others if a.split == "test"), others[0]]


@pytest.fixture(scope="module")
def corpus_dir(assignments, tmp_path_factory):
    root = tmp_path_factory.mktemp("corpus")
    done = make_shard(Synthesiser(CONFIG), Shard("a", tuple(assignments)), root)
    ShardWriter(root).list_items(done.lines)
    assert not done.failures
    return root


def test_items_are_sound(corpus_dir, assignments):
    corpus = open_corpus(corpus_dir)
    assert [i.id for i in corpus.infos] == [a.id for a in assignments]
    for item in corpus:
        level = np.sqrt((item.sound.astype(np.float64) ** 2).mean())
        assert 0.005 < level < 0.3
        assert np.abs(item.samples).max() < 32_700
        assert item.info.has_motion
        assert np.abs(item.motion).max() > 0.1
        symbols, _ = item.phonemes_per_frame()
        loud = item.mel.astype(np.float32).mean(axis=1)
        assert loud[symbols == 1].mean() < loud[symbols > 5].mean() - 2, (
            "speech is where it should be"
        )


def test_curves_say_what_the_mel_does(corpus_dir):
    for item in open_corpus(corpus_dir):
        symbols, _ = item.phonemes_per_frame()
        voiced = item.pitch > 0
        assert 0.2 < voiced.mean() < 0.95
        assert voiced[symbols > 5].mean() > voiced[symbols == 1].mean() + 0.3
        hz = np.exp(item.pitch[voiced].astype(np.float32))
        assert np.median(hz) == pytest.approx(item.info.style["measured_pitch"], rel=0.15)
        np.testing.assert_allclose(item.energy, item.mel.astype(np.float32).mean(axis=1), atol=0.02)


def test_the_same_again(corpus_dir, assignments):
    synthesiser = Synthesiser(CONFIG)
    for assignment, before in zip(assignments, open_corpus(corpus_dir), strict=True):
        again = synthesiser.make(assignment)
        assert again.info == before.info
        for name in ("samples", "symbols", "starts", "motion", "pitch"):
            np.testing.assert_array_equal(getattr(again, name), getattr(before, name))


def test_a_build_goes_on_where_it_stopped(assignments, tmp_path):
    writer = ShardWriter(tmp_path)
    run_build(CONFIG, assignments[:2], writer, 1, lambda progress: None)
    first = (tmp_path / "manifest.jsonl").read_text()
    run_build(CONFIG, assignments, writer, 1, lambda progress: None)
    assert (tmp_path / "manifest.jsonl").read_text().startswith(first)
    assert [i.id for i in open_corpus(tmp_path).infos] == [a.id for a in assignments]


def test_report(corpus_dir, assignments):
    record_failures(corpus_dir, [("x-1", "lasts 20 s")])
    record_failures(corpus_dir, [("x-1", "lasts 20 s"), ("x-2", "nothing came back")])
    assert known_failures(corpus_dir) == {"x-1": "lasts 20 s", "x-2": "nothing came back"}
    corpus = open_corpus(corpus_dir)
    report = summarise(corpus, list(corpus), known_failures(corpus_dir))
    assert report.items == len(assignments)
    assert set(report.hours_by_language) == {"en"}
    assert report.failed == known_failures(corpus_dir)
    assert report.hours_with_motion == report.hours
    assert not report.clipped_items


def test_packs_that_are_missing_are_told(monkeypatch, tmp_path):
    from omnitalker.corpus.teachers.speech.kokoro import packs_folder

    monkeypatch.setenv("OMNITALKER_KOKORO_VOICES", str(tmp_path))
    with pytest.raises(ConfigError, match=r"install_teachers\.sh"):
        packs_folder()


@pytest.mark.slow
def test_sheet(corpus_dir):
    report = write_report(corpus_dir)
    assert json.loads((corpus_dir / "report.json").read_text())["items"] == report.items
    assert (corpus_dir / "sheet.png").stat().st_size > 20_000
