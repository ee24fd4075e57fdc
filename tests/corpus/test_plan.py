"""The plan: everybody in every manner, test material apart, the same every time."""

import re
from collections import Counter

import pytest
from omnitalker.corpus.mandarin import to_pinyin

from omnitalker.base.types import MANNERS
from omnitalker.corpus.config import CorpusConfig
from omnitalker.corpus.plan import make_plan
from omnitalker.corpus.teachers.speech.teacher import TeacherError
from omnitalker.corpus.texts import DATA, cut, load_texts, question_rise, read_sentences
from omnitalker.text.mandarin.pinyin import phones_from_pinyin

CONFIG = CorpusConfig(speakers=40, test_sentences=20, rounds=2)


@pytest.fixture(scope="module")
def plan():
    return make_plan(CONFIG, load_texts(CONFIG))


def test_everybody_in_every_manner(plan):
    groups = Counter((a.speaker.name, a.manner) for a in plan)
    assert len(groups) == 40 * len(MANNERS)
    assert set(groups.values()) == {CONFIG.rounds * CONFIG.items_per_manner}
    assert len({a.id for a in plan}) == len(plan)
    assert plan == make_plan(CONFIG, load_texts(CONFIG))
    first = {a.speaker.name for a in plan[: 40 * CONFIG.items_per_manner]}
    assert len(first) == 40


def test_nothing_of_the_tests_is_trained(plan):
    by_split = {
        split: [a for a in plan if a.split == split] for split in ("train", "valid", "test")
    }
    texts = {split: {a.text for a in items} for split, items in by_split.items()}
    assert not texts["test"] & texts["train"]
    pairs = {
        split: {(a.speaker.name, a.manner) for a in items} for split, items in by_split.items()
    }
    assert not pairs["test"] & (pairs["train"] | pairs["valid"])
    tested = {a.speaker.name for a in by_split["test"]}
    trained = {a.speaker.name for a in by_split["train"]}
    assert len(tested - trained) == 3
    assert tested & trained, "some known speakers have a manner that is only tested"


def test_mandarin_only_by_those_who_speak_it(plan):
    for a in plan:
        assert a.teacher.startswith("espeak") or a.language == "en"
    languages = Counter(a.language for a in plan)
    assert 0.1 < languages["zh"] / len(plan) < 0.5


def test_mandarin_sentences_cover_the_language():
    sentences = read_sentences(DATA / "zh.txt")
    assert len(sentences) >= 1000
    syllables = [s.rstrip(",.?!") for line in sentences for s in to_pinyin(line).split()]
    assert len({s[:-1] for s in syllables}) > 330
    tones = Counter(s[-1] for s in syllables)
    assert all(tones[t] > 0.08 * len(syllables) for t in "12345")
    symbols = {p.symbol for s in set(syllables) for p in phones_from_pinyin(s)}
    assert {"ɥ", "ɿ", "ʅ", "y", "ɝ", "ʐ", "tsʰ", "ʈʂʰ"} <= symbols


def test_english_lines_have_all_kinds():
    lines = read_sentences(DATA / "en.txt")
    assert sum(line.endswith("?") for line in lines) > 60
    assert sum(line.endswith("!") for line in lines) > 60
    assert sum(len(line.split()) == 1 for line in lines) > 30
    assert sum(bool(re.search(r"\b[A-Z], [A-Z], [A-Z]\b", line)) for line in lines) > 10


def test_long_sentences_are_cut_between_clauses():
    long = "He went to the market very early in the morning, before anybody else was awake, bought all the "
    long += "apples and pears that he could carry, and came home late in the evening,"
    pieces = cut(long)
    assert len(pieces) == 2
    assert all(len(p) <= 118 and p.endswith(".") and p[0].isupper() for p in pieces)
    assert cut("Too short,") == []


def test_pinyin_with_sandhi_and_punctuation():
    assert to_pinyin("你好，世界！") == "ni2 hao3, shi4 jie4!"
    assert to_pinyin("“绿”字") == "lv4 zi4"
    with pytest.raises(TeacherError, match="characters"):
        to_pinyin("我有3个")


def test_questions_for_yes_or_no_rise_most():
    assert (
        question_rise("Do you know?") > question_rise("What is it?") > question_rise("I know.") == 0
    )
    assert question_rise("好吗？") > question_rise("谁？") > 0
