"""The store gives back what was put in, survives a kill, and refuses what does not fit."""

import pickle

import numpy as np
import pytest

from omnitalker.base.errors import InputError
from omnitalker.corpus import CorpusItem, ShardWriter, open_corpus
from omnitalker.corpus.item import ItemInfo, check_item
from omnitalker.text.symbols import SYMBOL_IDS


def make_item(name: str, blocks: int = 3, **info) -> CorpusItem:
    rng = np.random.default_rng(len(name) + blocks)
    seconds = blocks * 0.16
    motion = rng.uniform(size=(blocks * 4, 61)) * info.get("has_motion", False)
    return CorpusItem(
        info=ItemInfo(id=name, speaker="s1", language="en", source="kokoro", blocks=blocks, **info),
        samples=rng.integers(-9000, 9000, blocks * 3840).astype(np.int16),
        mel=rng.normal(size=(blocks * 15, 100)).astype(np.float16),
        symbols=np.array([SYMBOL_IDS[s] for s in ("sil", "m", "ɑ", ".")], np.int16),
        tones=np.array([0, 0, 1, 0], np.int16),
        starts=np.array([0, 0.1, 0.2, 0.3, seconds], np.float32),
        motion=motion.astype(np.float16),
        pitch=np.where(np.arange(blocks * 15) % 3, 5.3, 0.0).astype(np.float16),
        energy=rng.normal(-4, 1, blocks * 15).astype(np.float16),
    )


def test_items_come_back_as_they_were(tmp_path):
    items = [make_item("a", 3), make_item("b", 5, split="test", has_motion=True)]
    ShardWriter(tmp_path).write("0000", items)
    corpus = open_corpus(tmp_path)
    assert len(corpus) == 2
    for put, got in zip(items, corpus, strict=True):
        assert got.info == put.info
        for name in ("samples", "mel", "symbols", "tones", "starts", "motion", "pitch", "energy"):
            np.testing.assert_array_equal(getattr(got, name), getattr(put, name))
            assert getattr(got, name).dtype == getattr(put, name).dtype
    assert corpus.seconds == pytest.approx(8 * 0.16)


def test_a_corpus_from_before_the_curves_is_heard_anew(tmp_path, monkeypatch):
    """Older shards hold no pitch and no energy; what is asked for is computed from the mel."""
    monkeypatch.setattr("omnitalker.corpus.store.CURVES", ())
    ShardWriter(tmp_path).write("0000", [make_item("a", 3)])
    monkeypatch.undo()
    item = open_corpus(tmp_path)[0]
    assert item.pitch.shape == item.energy.shape == (45,)
    np.testing.assert_allclose(item.energy, item.mel.astype(np.float32).mean(axis=1), atol=0.01)
    check_item(item)


def test_filter(tmp_path):
    writer = ShardWriter(tmp_path)
    writer.write("0000", [make_item("a"), make_item("b", split="test"), make_item("c", weight=4.0)])
    corpus = open_corpus(tmp_path)
    assert [i.id for i in corpus.filter(split="train").infos] == ["a", "c"]
    assert [i.id for i in corpus.filter(split="train", where=lambda i: i.weight > 1).infos] == ["c"]
    assert len(corpus.filter(language="zh")) == 0


def test_overlay_adds_motion_and_text(tmp_path):
    writer = ShardWriter(tmp_path)
    writer.write("0000", [make_item("a", has_text=False), make_item("b")])
    motion = np.full((12, 61), 0.25, np.float16)
    writer.overlay("motion", "0000", {"a": {"motion": motion}}, {"a": {"has_motion": True}})
    phones = {"symbols": np.array([1], np.int16), "tones": np.array([0], np.int16)}
    phones["starts"] = np.array([0, 0.48], np.float32)
    writer.overlay("text", "0000", {"a": phones}, {"a": {"has_text": True, "text": "Hi."}})
    first, second = open_corpus(tmp_path)
    assert first.info.has_motion
    assert first.info.has_text
    assert first.info.text == "Hi."
    np.testing.assert_array_equal(first.motion, motion)
    assert len(first.symbols) == 1
    assert not second.info.has_motion
    assert not second.motion.any()
    assert len(second.symbols) == 4


def test_a_line_cut_off_by_a_kill_is_forgotten(tmp_path):
    writer = ShardWriter(tmp_path)
    writer.write("0000", [make_item("a")])
    with (tmp_path / "manifest.jsonl").open("a") as file:
        file.write('{"id": "half')
    assert [i.id for i in open_corpus(tmp_path).infos] == ["a"]
    again = ShardWriter(tmp_path)
    assert again.known_ids() == {"a"}
    again.write("0001", [make_item("b")])
    assert [i.id for i in open_corpus(tmp_path).infos] == ["a", "b"]


def test_survives_pickling_with_open_shards(tmp_path):
    ShardWriter(tmp_path).write("0000", [make_item("a")])
    corpus = open_corpus(tmp_path)
    np.testing.assert_array_equal(
        pickle.loads(pickle.dumps((corpus, corpus[0])))[0][0].mel, corpus[0].mel
    )


def test_frames_take_the_phoneme_at_their_centre():
    item = make_item("a")
    symbols, tones = item.phonemes_per_frame()
    assert symbols.shape == tones.shape == (45,)
    centres = np.arange(45) / 93.75
    assert (symbols[(centres >= 0.1) & (centres < 0.2)] == SYMBOL_IDS["m"]).all()
    assert symbols[0] == SYMBOL_IDS["sil"]
    assert symbols[-1] == SYMBOL_IDS["."]
    assert set(tones[symbols == SYMBOL_IDS["ɑ"]]) == {1}


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("mel", np.zeros((44, 100), np.float16), "mel"),
        ("starts", np.array([0, 0.1, 0.1, 0.3, 0.48], np.float32), "increase"),
        ("starts", np.array([0, 0.1, 0.2, 0.3, 0.5], np.float32), "last from"),
        ("symbols", np.array([1, 2, 3, 9999], np.int16), "symbol ids"),
    ],
)
def test_refuses_what_does_not_fit(field, value, message):
    from dataclasses import replace

    with pytest.raises(InputError, match=message):
        check_item(replace(make_item("a"), **{field: value}))


def test_missing_corpus_says_how_to_build_one(tmp_path):
    with pytest.raises(InputError, match="corpus build"):
        open_corpus(tmp_path)
