"""What the teachers say: phonemes that cover the sound, in the right order, at the right time."""

import ctypes.util
import shutil

import numpy as np
import pytest

from omnitalker.base.errors import ConfigError
from omnitalker.corpus.teachers.speech import make_teacher
from omnitalker.corpus.teachers.speech.festival import FestivalTeacher
from omnitalker.corpus.teachers.speech.mandarin import syllable_phones
from omnitalker.corpus.teachers.speech.stress import copy_stress
from omnitalker.corpus.teachers.speech.teacher import (
    TeacherError,
    TimedSymbol,
    finish,
    pause_symbol,
)
from omnitalker.text.symbols import PAUSES, SILENCE, VOWELS

TEXT = "Well, my father bought the boat. Did you see it?"
HAVE = {
    "flite": ctypes.util.find_library("flite_cmu_us_slt"),
    "festival": shutil.which("festival"),
    "espeak": ctypes.util.find_library("espeak-ng"),
}


def speak(voice: str, text: str, language: str = "en"):
    if not HAVE[voice.split("/")[0]]:
        pytest.skip(f"{voice} is not installed; see scripts/install_teachers.sh")
    teacher = make_teacher(voice, language)
    try:
        return teacher.say(text)
    finally:
        teacher.close()


@pytest.mark.parametrize("voice", ["flite/slt", "flite/kal16", "festival/kal", "espeak/f2"])
def test_english(voice):
    spoken = speak(voice, TEXT)
    symbols = [p.symbol for p in spoken.phones]
    ends = np.array([p.end for p in spoken.phones])
    assert (np.diff(ends) > 0).all()
    assert ends[-1] == pytest.approx(spoken.seconds, abs=1e-3)
    for word in (["w", "ɛ", "l"], ["m", "aɪ", "f", "ɑ", "ð"], ["b", "oʊ", "t"]):
        at = [symbols[i : i + len(word)] == word for i in range(len(symbols))]
        assert any(at), f"{word} not in {symbols}"
    assert "?" in symbols[-3:]
    stressed = {p.symbol for p in spoken.phones if p.tone == 1}
    assert stressed <= VOWELS
    assert {"ɑ", "oʊ"} <= stressed


@pytest.mark.parametrize("voice", ["flite/slt", "festival/kal", "espeak/f2"])
def test_vowels_are_loud_and_pauses_quiet(voice):
    """The times are those of the sound: shifted by a few phonemes this fails."""
    spoken = speak(voice, TEXT)
    levels: dict[str, list[float]] = {"vowel": [], "pause": []}
    start = 0.0
    for phone in spoken.phones:
        piece = spoken.samples[int(start * spoken.rate) : int(phone.end * spoken.rate)]
        middle = piece[len(piece) // 4 : -(len(piece) // 4) or None]
        if phone.symbol in VOWELS:
            levels["vowel"].append(float(np.sqrt((middle**2).mean())))
        elif phone.symbol in PAUSES or phone.symbol == SILENCE:
            levels["pause"].append(float(np.sqrt((middle**2).mean())))
        start = phone.end
    assert np.median(levels["pause"]) < 0.05 * np.median(levels["vowel"])
    assert min(levels["vowel"]) > np.median(levels["pause"])


def test_mandarin():
    spoken = speak("espeak/f2", "ni2 hao3, zhong1 guo2.", "zh")
    assert [(p.symbol, p.tone) for p in spoken.phones if p.symbol != SILENCE][:-1] == [
        ("n", 0), ("i", 4), ("x", 0), ("aʊ", 5), (",", 0),
        ("ʈʂ", 0), ("ʊ", 3), ("ŋ", 3), ("k=", 0), ("w", 4), ("o", 4),
    ]  # fmt: skip


def test_who_speaks_no_mandarin_says_so():
    with pytest.raises(ConfigError, match="espeak"):
        make_teacher("flite/slt", "zh")
    with pytest.raises(ConfigError, match="flite/slt"):
        make_teacher("flite/nobody")


def test_a_syllable_is_divided_between_its_phonemes():
    """espeak speaks "guang" as k + wa + ŋ; ours are k= w a ŋ."""
    phones = syllable_phones("guang3", [("k", 0.0, 0.1), ("wa", 0.1, 0.3), ("ŋ", 0.3, 0.4)])
    assert [p.symbol for p in phones] == ["k=", "w", "a", "ŋ"]
    assert [p.end for p in phones] == pytest.approx([0.1, 0.16, 0.3, 0.4])
    fused = syllable_phones("zhong1", [("ts.", 0.0, 0.1), ("onɡ", 0.1, 0.3)])
    assert [p.symbol for p in fused] == ["ʈʂ", "ʊ", "ŋ"]
    assert fused[1].end == pytest.approx(0.21)


def test_short_gaps_belong_to_the_plosive_after_them():
    phones = [
        ("sil", 0.1),
        ("æ", 0.2),
        ("sil", 0.25),
        ("t", 0.3),
        ("sil", 0.34),
        ("s", 0.5),
        ("sil", 0.9),
    ]
    done = finish([TimedSymbol(s, 0, e) for s, e in phones], 0.9, "?")
    assert [p.symbol for p in done] == ["sil", "æ", "t", "s", "?", "sil"]
    assert [p.end for p in done] == pytest.approx([0.1, 0.2, 0.34, 0.5, 0.7, 0.9])
    with pytest.raises(TeacherError):
        finish([TimedSymbol("sil", 0, 0.4)], 0.4, ".")


def test_pause_symbols():
    assert [pause_symbol(p) for p in (";", "...", "?!", "。", "", '"')] == [
        ",",
        ".",
        "?",
        ".",
        "sil",
        "sil",
    ]


def test_stress_is_copied_where_the_phonemes_agree():
    symbols, tones = ["b", "ə", "n", "æ", "n", "ə"], [0, 1, 0, 2, 0, 1]
    phones = [
        TimedSymbol(s, t, i + 1.0) for i, (s, t) in enumerate(zip(symbols, tones, strict=True))
    ]
    stressed = [("b", 0), ("ə", 0), ("n", 0), ("æ", 1), ("n", 0), ("ʌ", 2)]
    assert [p.tone for p in copy_stress(phones, stressed)] == [0, 0, 0, 1, 0, 1]


def test_festival_is_started_again_after_it_ended():
    if not HAVE["festival"]:
        pytest.skip("festival is not installed; see scripts/install_teachers.sh")
    teacher = FestivalTeacher("kal")
    try:
        teacher._process.kill()
        teacher._process.wait()
        assert len(teacher.say("Hello there.").phones) > 5
    finally:
        teacher.close()
