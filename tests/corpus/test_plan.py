"""The plan: few voices first, everybody in many manners, test material apart, the same every time."""

import re
from collections import Counter

import pytest

from omnitalker.base.types import MANNERS
from omnitalker.corpus.config import CorpusConfig
from omnitalker.corpus.plan import make_plan
from omnitalker.corpus.texts import DATA, cut, load_texts, read_sentences
from omnitalker.corpus.voices import BUILT_IN, PACKS, draw_population, draw_student
from omnitalker.text.mandarin.g2p import pinyin_of
from omnitalker.text.mandarin.pinyin import phones_from_pinyin

CONFIG = CorpusConfig(
    speakers=120, students=30, student_sentences=60, sentences=2, test_sentences=20, rounds=2
)


@pytest.fixture(scope="module")
def plan():
    return make_plan(CONFIG, load_texts(CONFIG))


def test_the_same_every_time_and_no_name_twice(plan):
    assert plan == make_plan(CONFIG, load_texts(CONFIG))
    assert len({a.id for a in plan}) == len(plan)


def test_built_in_voices_are_recorded_longest_in_both_languages_and_all_manners(plan):
    kokoro = [a for a in plan if a.speaker.voice.teacher == "kokoro"]
    counts = Counter(a.speaker.name for a in kokoro)
    longest = {name for name, _ in counts.most_common(len(BUILT_IN))}
    assert longest == set(BUILT_IN)
    for name in BUILT_IN:
        said = {(a.manner, a.language) for a in kokoro if a.speaker.name == name}
        assert {(m, language) for m in MANNERS for language in ("en", "zh")} <= said


def test_early_parts_have_few_voices_and_later_parts_all(plan):
    kokoro = [a for a in plan if a.speaker.voice.teacher == "kokoro"]
    first = kokoro[: 2 * CONFIG.sentences * len(BUILT_IN)]
    assert {a.speaker.name for a in first} == set(BUILT_IN)
    assert {a.manner for a in first} == {"neutral"}
    assert {a.speaker.name for a in kokoro} == {s.name for s in draw_population(120, CONFIG.seed)}


def test_students_speak_english_only_and_everybody_else_both(plan):
    languages: dict[str, set[str]] = {}
    for a in plan:
        kind = a.speaker.voice.teacher
        languages.setdefault(kind, set()).add(a.language)
    assert languages == {"hibari": {"en"}, "kokoro": {"en", "zh"}}


def test_nothing_of_the_tests_is_trained(plan):
    by_split = {s: [a for a in plan if a.split == s] for s in ("train", "valid", "test")}
    assert all(by_split.values())
    texts = {s: {a.text for a in items} for s, items in by_split.items()}
    assert not (texts["test"] | texts["valid"]) & texts["train"]
    people = {s: {a.speaker.name for a in items} for s, items in by_split.items()}
    assert not people["test"] & (people["train"] | people["valid"])
    assert not people["test"] & set(PACKS)
    assert len(people["test"]) >= 5


def test_a_larger_population_begins_with_the_smaller_one():
    assert draw_population(70, 7) == draw_population(120, 7)[:70]
    assert draw_student(5, 7) == draw_student(5, 7) != draw_student(6, 7)


def test_mixtures_go_beyond_their_packs_and_keep_one_sex():
    mixtures = draw_population(len(PACKS) + 60, 7)[len(PACKS) :]
    for speaker in mixtures:
        assert sum(speaker.voice.timbre.values()) == pytest.approx(1.0, abs=2e-3)
        assert {name[1] for name in speaker.voice.timbre} == {speaker.voice.sex[0]}
    assert any(min(s.voice.timbre.values()) < 0 for s in mixtures)
    assert {s.voice.sex for s in mixtures} == {"female", "male"}


def test_mandarin_sentences_cover_the_language():
    sentences = [*read_sentences(DATA / "zh.txt"), *read_sentences(DATA / "talk_zh.txt")]
    assert len(sentences) >= 1100
    runs = [run for line in sentences for run in re.findall("[一-鿿]+", line)]
    syllables = [syllable for run in runs for syllable in pinyin_of(run)]
    assert len({s[:-1] for s in syllables}) > 330
    tones = Counter(s[-1] for s in syllables)
    assert all(tones[t] > 0.05 * len(syllables) for t in "12345")
    symbols = {p.symbol for s in set(syllables) for p in phones_from_pinyin(s)}
    assert {"ɥ", "ɿ", "ʅ", "y", "ɝ", "ʐ", "tsʰ", "ʈʂʰ"} <= symbols


@pytest.mark.parametrize(("name", "fewest"), [("talk_en.txt", 240), ("talk_zh.txt", 180)])
def test_talk_has_questions_exclamations_lists_and_short_answers(name, fewest):
    lines = read_sentences(DATA / name)
    assert len(lines) >= fewest
    assert sum(line.endswith(("?", "？")) for line in lines) > 30
    assert sum(line.endswith(("!", "！")) for line in lines) >= 10
    assert sum(len(re.findall("[,，、]", line)) >= 3 for line in lines) >= 3
    assert sum(len(line.split()) <= 3 and len(line) <= 16 for line in lines) > 15


def test_long_sentences_are_cut_between_clauses():
    long = "He went to the market very early in the morning, before anybody else was awake, bought all the "
    long += "apples and pears that he could carry, and came home late in the evening,"
    pieces = cut(long)
    assert len(pieces) == 2
    assert all(len(p) <= 118 and p.endswith(".") and p[0].isupper() for p in pieces)
    assert cut("Too short,") == []
