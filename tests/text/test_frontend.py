"""The whole way from the user's text to phonemes that know where they came from."""

import subprocess
import sys
import threading
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from omnitalker.base.errors import InputError
from omnitalker.base.types import Text
from omnitalker.text.frontend import TextFrontend
from omnitalker.text.lexicon import parse_pronunciation, read_lexicon
from omnitalker.text.symbols import PAUSES, SILENT, SYMBOL_IDS, TONES

FRONTEND = TextFrontend()


def shown(text: Text) -> str:
    """Phonemes with tones, words parted by |."""
    parts, last = [], None
    for phoneme in text.phonemes:
        if parts and phoneme.word != last:
            parts.append("|")
        last = phoneme.word
        parts.append(f"{phoneme.symbol}{phoneme.tone or ''}")
    return " ".join(parts)


def spans(text: Text) -> list[tuple[str, str]]:
    return [(word.text, text.source[word.start : word.end]) for word in text.words]


def test_english_phonemes_know_their_words() -> None:
    text = FRONTEND.prepare("Hello, the best of the world!")
    assert shown(text) == (
        "h ə l oʊ1 | , | ð ə | b ɛ1 s t | ʌ v | ð ə | w ɝ1 l d | !"  # espeak runs "of the" together
    )
    assert spans(text)[0] == ("Hello", "Hello")
    assert text.language == "en"


def test_mixed_text_keeps_both_languages() -> None:
    text = FRONTEND.prepare("我用iPhone。")
    assert shown(text) == "w5 o5 | j6 ʊ6 ŋ6 | aɪ1 | f oʊ1 n | ."
    assert text.language == "zh"


def test_spans_lead_through_normalisation() -> None:
    source = "Pay $42, **now**, Dr. Wu: 你有2个."
    text = FRONTEND.prepare(source)
    assert spans(text) == [
        ("Pay", "Pay"), ("forty", "$42"), ("two", "$42"), ("dollars", "$42"), ("now", "now"),
        ("doctor", "Dr."), ("Wu", "Wu"), ("你", "你"), ("有", "有"), ("两", "2"), ("个", "个"),
    ]  # fmt: skip


def test_clauses_know_their_offset() -> None:
    source = "Well, my friend. 😀 I have 42 cats and they are fine! Good."
    for clause in FRONTEND.clauses(source):
        assert source[clause.offset :].startswith(clause.source)
    assert sum(len(c.words) for c in FRONTEND.clauses(source)) == len(
        FRONTEND.prepare(source).words
    )


PIECES = st.sampled_from(
    ["Hello ", "42 ", "你好", "，", ". ", "3.5%", "**", "<|x|>", "$9.99 ", "😀", "\n", "[a](b)", "@", "FBI ", "10:30 ",
     "-", "《", "http://a.b/c ", "\u200b", "é", "`x` ", "1/2 ", "第1", "&amp;", "[[x|ə]]", "...", "Dr. ", "№", "²", "㎏"]
)  # fmt: skip


@given(st.one_of(st.lists(PIECES, max_size=25).map("".join), st.text(max_size=80)))
@example("²@3.5%")
@example("0,𣺾!")  # a character that nobody knows how to read
@settings(max_examples=300, deadline=None)
def test_whatever_comes_in_what_goes_out_is_well_formed(source: str) -> None:
    try:
        text = FRONTEND.prepare(source)
    except InputError:
        return
    assert all(0 <= word.start < word.end <= len(source) and word.text for word in text.words)
    starts = [word.start for word in text.words]
    assert starts == sorted(starts)
    assert {p.word for p in text.phonemes if p.word is not None} == set(range(len(text.words)))
    assert all(p.symbol in SYMBOL_IDS and 0 <= p.tone < TONES for p in text.phonemes)
    assert all((p.symbol in SILENT) == (p.word is None) for p in text.phonemes)
    owners = [p.word for p in text.phonemes if p.word is not None]
    assert owners == sorted(owners)
    assert text.phonemes[-1].symbol in PAUSES
    pauses = [p.symbol in PAUSES for p in text.phonemes]
    assert not any(a and b for a, b in pairwise(pauses))


@pytest.mark.parametrize(
    "text", ["", "   \n\t", "...?!", "😀🎉", "。，", "\x00\x07", "***", "```\ncode\n```"]
)
def test_nothing_to_say_is_one_clear_line(text: str) -> None:
    for method in (FRONTEND.prepare, FRONTEND.clauses):
        with pytest.raises(InputError, match="nothing to say") as caught:
            method(text)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["Привет мир", "こんにちは", "안녕하세요", "مرحبا", "hello мир"])
def test_other_scripts_are_refused_by_name(text: str) -> None:
    with pytest.raises(InputError, match="en, zh"):
        FRONTEND.prepare(text)


def test_other_languages_are_refused_by_name() -> None:
    with pytest.raises(InputError, match="'fr' is not supported"):
        FRONTEND.prepare("bonjour", language="fr")


def test_control_characters_vanish_inside_words() -> None:
    text = FRONTEND.prepare("he\x00ll\u200bo wor\u00adld")
    assert [word.text for word in text.words] == ["hello", "world"]
    assert text.source[text.words[0].start : text.words[0].end] == "he\x00ll\u200bo"


def test_the_language_decides_how_numbers_are_read() -> None:
    assert [w.text for w in FRONTEND.prepare("42", "zh").words] == ["四", "十", "二"]
    assert [w.text for w in FRONTEND.prepare("42", "en").words] == ["forty", "two"]


def test_a_hundred_kilobytes_are_prepared() -> None:
    source = "The quick brown fox, 42 years old, jumps over Dr. Smith. " * 1750
    clauses = FRONTEND.clauses(source)
    assert "".join(clause.source for clause in clauses) == source
    assert sum(len(clause.words) for clause in clauses) == 12 * 1750


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("[[tomato|təˈmɑːtoʊ]]", "t ə m ɑ1 t oʊ | ."),
        ("[[Xu|xu2]]", "ɕ y4 | ."),
        ("[[重|chong2]]", "ʈʂʰ ʊ4 ŋ4 | ."),
        ("[[重庆|chong2 qing4]]", "ʈʂʰ ʊ4 ŋ4 | tɕʰ i6 ŋ6 | ."),
        ("[[data|D AE1 T AH0]]", "d æ1 t ə | ."),
        ("[[data|d æ1 t ə]]", "d æ1 t ə | ."),
    ],
)
def test_inline_pronunciation(written: str, expected: str) -> None:
    assert shown(FRONTEND.prepare(written)) == expected


def test_inline_pronunciation_points_at_the_word_and_refuses_nonsense() -> None:
    text = FRONTEND.prepare("Say [[tomato|təˈmɑːtoʊ]]!")
    assert spans(text) == [("Say", "Say"), ("tomato", "tomato")]
    with pytest.raises(InputError, match=r"\[\[tomato\|ʘʘ\]\]"):
        FRONTEND.prepare("Say [[tomato|ʘʘ]]!")


def test_lexicon(tmp_path: Path) -> None:
    path = tmp_path / "words.tsv"
    path.write_text(
        "# names\nNguyen\twɪn\nGPT-4o\tdʒ iː p ɪ t iː\n单于\tchan2 yu2\n", encoding="utf-8"
    )
    frontend = TextFrontend(read_lexicon(path))
    assert shown(frontend.prepare("nguyen")) == "w ɪ n | ."
    assert spans(frontend.prepare("Use GPT-4o now")) == [
        ("Use", "Use"),
        ("GPT-4o", "GPT-4o"),
        ("now", "now"),
    ]
    assert shown(frontend.prepare("单于")) == "ʈʂʰ a4 n4 | y4 | ."
    assert "w ɪ n" not in shown(frontend.prepare("Nguyens"))


def test_a_broken_lexicon_names_its_line(tmp_path: Path) -> None:
    path = tmp_path / "words.tsv"
    path.write_text("good\tɡʊd\nbad line\n", encoding="utf-8")
    with pytest.raises(InputError, match="line 2: expected word<TAB>pronunciation"):
        read_lexicon(path)
    with pytest.raises(InputError, match="cannot be read"):
        read_lexicon(tmp_path / "missing.tsv")
    with pytest.raises(InputError, match="empty"):
        parse_pronunciation("  ")


def test_threads_get_the_same_answers() -> None:
    sentences = [f"Sentence number {i} of the day, 第{i}句话。" for i in range(40)]
    expected = [shown(TextFrontend().prepare(s)) for s in sentences]
    found: dict[int, list[str]] = {}

    def work(thread: int) -> None:
        found[thread] = [shown(FRONTEND.prepare(s)) for s in sentences]

    threads = [threading.Thread(target=work, args=(i,)) for i in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(found[i] == expected for i in range(6))


def test_importing_loads_neither_espeak_nor_pypinyin() -> None:
    code = (
        "import sys, omnitalker.text.frontend;"
        "assert not {'torch', 'pypinyin', 'espeakng_loader'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
