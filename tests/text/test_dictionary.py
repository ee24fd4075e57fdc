"""English from a dictionary, for whoever may not carry espeak-ng: the same sounds for what is common, some for all."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from difflib import SequenceMatcher

import pytest

from omnitalker.text import dictionary
from omnitalker.text.dictionary import DictionaryG2P, english_g2p, sounds_of
from omnitalker.text.g2p import EnglishG2P

pytest.importorskip("misaki", reason="the dictionary needs pip install 'omnitalker[dictionary]'")

SENTENCES = (
    "the train to the sea leaves at nine so there is time for one more coffee",
    "she opened the windows and listened to the birds singing happily in the garden",
    "nobody knew how long the storms would last so we stayed inside and played records",
    "please take an umbrella to the office because the weather is changing quickly",
)


def heard(words: list[str], g2p: EnglishG2P) -> list[str]:
    return [phone.symbol for word in g2p.phonemes(words) for phone in word]


def test_common_words_sound_as_with_espeak() -> None:
    alike = [
        SequenceMatcher(
            None, heard(text.split(), DictionaryG2P()), heard(text.split(), EnglishG2P())
        ).ratio()
        for text in SENTENCES
    ]
    assert min(alike) > 0.85


@pytest.mark.parametrize(
    ("word", "says"),
    [
        ("cities", "s ɪ t i z"),
        ("boxes", "b ɑ k s ɪ z"),
        ("station's", "s t eɪ ʃ ə n z"),
        ("unzipped", "ʌ n z ɪ p t"),
        ("raincloud", "ɹ eɪ n k l aʊ d"),
        ("water", "w ɔ t ɝ"),
        ("flabbing", "f l æ b ɪ ŋ"),
        ("zorbane", "z ɔ ɹ b eɪ n"),
    ],
)
def test_endings_compounds_and_letters(word: str, says: str) -> None:
    assert " ".join(phone.symbol for phone in sounds_of(word)) == says


def test_the_and_to_bend_to_what_follows() -> None:
    said = DictionaryG2P().phonemes(["the", "apple", "to", "the", "tree"])
    assert [word[-1].symbol for word in said if len(word) == 2] == ["i", "ə", "ə"]


@pytest.mark.parametrize("word", ["xqzt", "supercalifragilisticexpialidocious", "q", "'", "ph", "ed", "s", "aaaa" * 30])  # fmt: skip
def test_whatever_is_written_says_something(word: str) -> None:
    (said,) = DictionaryG2P().phonemes([word])
    assert said or not word.strip("'")


def test_every_word_has_one_stress_at_least_where_it_has_two_vowels() -> None:
    for word in ("zorbane", "flimmeration", "raincloud", "kittelwumps"):
        assert any(phone.tone for phone in sounds_of(word)), word


def test_it_is_used_where_espeak_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert type(english_g2p()) is EnglishG2P
    find = importlib.util.find_spec
    monkeypatch.setattr(
        dictionary.importlib.util,
        "find_spec",
        lambda name: None if name == "espeakng_loader" else find(name),
    )
    assert type(english_g2p()) is DictionaryG2P


def test_no_code_of_the_package_runs() -> None:
    code = "import sys; from omnitalker.text.dictionary import sounds_of; sounds_of('word'); print('misaki' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
