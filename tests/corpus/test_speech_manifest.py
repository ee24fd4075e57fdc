"""Real people by manifest: who is kept for tests, what is learnt of whom."""

import csv

import numpy as np
import pytest
import soundfile

from omnitalker.corpus.real import find_clips, import_real
from omnitalker.corpus.real_clip import RealSettings
from omnitalker.corpus.store import open_corpus

COLUMNS = (
    "path", "dataset", "speaker", "sex", "language", "transcript", "emotion", "bandwidth_hz",
)  # fmt: skip


@pytest.fixture
def folder(tmp_path):
    """Ten readers in two sets under the same numbers, one German actor; every clip two seconds of a vowel."""
    rows = []
    rng = np.random.default_rng(0)
    t = np.arange(32_000) / 16_000
    for number in range(10):
        for dataset in ("vctk", "vctk_mp3"):
            text = f"Sentence {number}." if dataset == "vctk" else ""
            rows.append(
                (f"{dataset}/p{number}/a.wav", dataset, f"p{number}", "F", "en", text, "", "7800")
            )
    rows.append(("emodb/03/a.wav", "emodb", "03", "M", "de", "Der Lappen.", "anger", ""))
    for path, *_ in rows:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        hum = sum(np.sin(2 * np.pi * 120 * k * t) / k for k in range(1, 20)) / 8
        soundfile.write(tmp_path / path, hum + 0.001 * rng.standard_normal(len(t)), 16_000)
    with (tmp_path / "manifest.csv").open("w", newline="") as file:
        csv.writer(file).writerows([COLUMNS, *rows])
    return tmp_path


def test_a_person_is_tested_or_trained_in_all_sets(folder):
    clips = find_clips(folder, RealSettings(test_share=0.2))
    splits = {c.speaker: {d.split for d in clips if d.speaker == c.speaker} for c in clips}
    assert all(len(split) == 1 for split in splits.values())
    assert sum(split == {"test"} for split in splits.values()) == 2
    assert clips == find_clips(folder, RealSettings(test_share=0.2))


def test_words_only_of_our_languages_and_bands_as_far_as_they_go(folder):
    clips = {c.id: c for c in find_clips(folder, RealSettings())}
    read, acted = clips["real-vctk-p3-a"], clips["real-emodb-03-a"]
    assert (read.text, read.quality, read.bandwidth_hz) == ("Sentence 3.", "good", 7800.0)
    assert (acted.text, acted.quality, acted.manner, acted.language) == ("", "", "angry", "de")
    assert acted.bandwidth_hz == 12_000.0
    assert clips["real-vctk_mp3-p3-a"].quality == ""


def test_items_know_where_they_come_from(folder, tmp_path_factory):
    out = tmp_path_factory.mktemp("corpus")
    assert import_real(folder, out=out) == []
    corpus = open_corpus(out)
    assert len(corpus) == 21
    info = corpus.filter(source="emodb").infos[0]
    assert (info.language, info.manner, info.intensity, info.has_text) == (
        "de",
        "angry",
        1.0,
        False,
    )
    item = corpus.filter(source="vctk")[0]
    assert item.info.extra["bandwidth_hz"] == "7800"
    voiced = item.pitch[item.pitch > 0].astype(np.float32)
    assert np.exp(np.median(voiced)) == pytest.approx(120, rel=0.05)
    assert import_real(folder, out=out) == []
    assert len(open_corpus(out)) == 21
