"""Foreign notations against hand-written expectations in our alphabet."""

import pytest
from pypinyin.constants import PINYIN_DICT

from omnitalker.base.errors import InputError
from omnitalker.base.types import Phoneme
from omnitalker.text.espeak import shared_espeak
from omnitalker.text.mandarin.pinyin import is_pinyin, phones_from_pinyin
from omnitalker.text.phones import phones_from_cmu, phones_from_espeak_ipa, phones_from_ipa
from omnitalker.text.symbols import SYMBOL_IDS


def shown(phones: list[Phoneme]) -> str:
    return " ".join(f"{p.symbol}{p.tone or ''}" for p in phones)


@pytest.mark.parametrize(
    ("arpabet", "expected"),
    [
        ("HH AH0 L OW1", "h ə l oʊ1"),
        ("W ER1 L D", "w ɝ1 l d"),
        ("W AO1 T ER0", "w ɔ1 t ɝ"),
        ("B AH1 T", "b ʌ1 t"),
        ("pau hh ax l ow1 pau", "sil h ə l oʊ1 sil"),
        ("CH OY1 S ZH", "tʃ ɔɪ1 s ʒ"),
        ("EH2 K S", "ɛ2 k s"),
    ],
)
def test_arpabet(arpabet: str, expected: str) -> None:
    assert shown(phones_from_cmu(arpabet.split())) == expected


@pytest.mark.parametrize(
    ("ipa", "spelling", "expected"),
    [
        ("h_ə_l_ˈoʊ", "hello", "h ə l oʊ1"),
        ("w_ˈɔː_ɾ_ɚ", "water", "w ɔ1 t ɝ"),
        ("l_ˈæ_ɾ_ɚ", "ladder", "l æ1 d ɝ"),
        ("ɹ_ˈiː_d_ᵻ_ŋ", "reading", "ɹ i1 d ɪ ŋ"),
        ("d_ˈɪ_ɾ_ɪ_d_ˈæ_ɾ", "did-it-at", "d ɪ1 d ɪ d æ1 t"),
        ("b_ˈʌ_ʔ_n̩", "button", "b ʌ1 t ə n"),
        ("f_ˈaɪɚ_ɹ", "fire", "f aɪ1 ɝ"),
        ("(fr)_s_ˈaʊ_θ_(en-us)", "south", "s aʊ1 θ"),
    ],
)
def test_espeak_ipa(ipa: str, spelling: str, expected: str) -> None:
    assert shown(phones_from_espeak_ipa(ipa, spelling)) == expected
    assert shown(phones_from_espeak_ipa(ipa.split("_"), spelling)) == expected


@pytest.mark.parametrize(
    ("syllable", "expected"),
    [
        ("zhuang1", "ʈʂ w3 a3 ŋ3"),
        ("shi4", "ʂ ʅ6"),
        ("si4", "s ɿ6"),
        ("xi1", "ɕ i3"),
        ("yuan2", "ɥ4 ɛ4 n4"),
        ("xuan2", "ɕ ɥ4 ɛ4 n4"),
        ("xiong2", "ɕ j4 ʊ4 ŋ4"),
        ("lv4", "l y6"),
        ("lǜ", "l y6"),
        ("nǚ", "n y5"),
        ("lu:4", "l y6"),
        ("qu4", "tɕʰ y6"),
        ("de", "t= ɤ7"),
        ("er2", "ɝ4"),
        ("dianr3", "t= j5 a5 ɹ5"),
        ("wen4", "w6 ə6 n6"),
        ("you3", "j5 oʊ5"),
        ("yi1", "i3"),
        ("gui4", "k= w6 eɪ6"),
    ],
)
def test_pinyin(syllable: str, expected: str) -> None:
    assert shown(phones_from_pinyin(syllable)) == expected


def test_every_reading_of_pypinyin_is_understood_and_lossless() -> None:
    readings = {reading for value in PINYIN_DICT.values() for reading in value.split(",")}
    readings.discard("wòng")  # a slip of the dictionary
    shapes = {reading: shown(phones_from_pinyin(reading)) for reading in readings}
    assert all(
        p in SYMBOL_IDS for s in shapes.values() for p in (x.rstrip("34567") for x in s.split())
    )
    confusable = {"lüè", "nüè"}  # also spelled lue, nue
    assert len(set(shapes.values())) > 0.97 * len(set(shapes) - confusable)


@pytest.mark.parametrize("syllable", ["zx1", "hello", "", "1", "vv"])
def test_not_pinyin(syllable: str) -> None:
    assert not is_pinyin(syllable)
    with pytest.raises(InputError, match="pinyin"):
        phones_from_pinyin(syllable)


def test_written_ipa_carries_stress_to_the_vowel_and_refuses_the_unknown() -> None:
    assert shown(phones_from_ipa("həˈloʊ")) == "h ə l oʊ1"
    assert shown(phones_from_ipa("ˈstɹɛŋθ")) == "s t ɹ ɛ1 ŋ θ"
    with pytest.raises(InputError, match="ʘ"):
        phones_from_ipa("həʘ")
    with pytest.raises(InputError, match="no ARPAbet"):
        phones_from_cmu(["QQ"])


def test_espeak_itself_is_folded_completely(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG", logger="omnitalker.text.phones")
    text = "The quick brown fox jumps over thirteen lazy dogs; measure each vision, boy, of a south choir"
    phones = [p for group in shared_espeak().ipa(text) for p in phones_from_espeak_ipa(group)]
    assert len(phones) > 50
    assert not caplog.records
