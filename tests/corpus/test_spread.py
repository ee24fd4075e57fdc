"""Voices and manners come out as they were asked for, and times go with the sound."""

from dataclasses import replace

import numpy as np
import pytest

from omnitalker.corpus.manners import VOCAL_MANNERS, VocalManner, vocal_manner
from omnitalker.corpus.spread import Frames, analyse, change
from omnitalker.corpus.teachers.speech import Spoken, TimedSymbol
from omnitalker.corpus.voices import Voice, draw_population

pytest.importorskip("pyworld", reason="the corpus needs the extra [train]")
EVERYDAY = VocalManner()
PLAIN = Voice(
    kind="woman", teacher="flite/slt", mandarin_teacher="", pitch=200.0, pitch_range=1.0, formants=1.0,
    rate=1.0, breath=0.0, tilt=0.0, roughness=0.0, level=0.0, colour=(0.0,) * 5,
)  # fmt: skip


def hum(seconds: float = 1.2, rate: int = 16_000) -> Spoken:
    """A vowel-like buzz with a moving pitch between silences."""
    count = int(seconds * rate)
    time = np.arange(count) / rate
    phase = 2 * np.pi * np.cumsum(140 + 25 * np.sin(2 * np.pi * 1.5 * time)) / rate
    sound = sum(np.sin(k * phase) / k for k in range(1, 30)) * 0.1
    sound[: rate // 5] = sound[-rate // 5 :] = 0
    phones = (
        TimedSymbol("sil", 0, 0.2),
        TimedSymbol("ɑ", 1, seconds - 0.2),
        TimedSymbol("sil", 0, seconds),
    )
    return Spoken(
        (sound + 1e-4 * np.random.default_rng(0).normal(size=count)).astype(np.float32),
        rate,
        phones,
    )


@pytest.fixture(scope="module")
def spoken() -> Spoken:
    return hum()


@pytest.fixture(scope="module")
def frames(spoken) -> Frames:
    return analyse(spoken)


def changed(spoken, frames, voice=PLAIN, manner=EVERYDAY, **more):
    return change(spoken, frames, voice, manner, rng=np.random.default_rng(1), **more)


def test_pitch_goes_where_the_voice_is(spoken, frames):
    low = changed(spoken, frames, replace(PLAIN, pitch=110.0))
    high = changed(spoken, frames, replace(PLAIN, pitch=260.0))
    assert low.measures["measured_pitch"] == pytest.approx(110, rel=0.05)
    assert high.measures["measured_pitch"] == pytest.approx(260, rel=0.05)
    wide = changed(spoken, frames, replace(PLAIN, pitch_range=1.6))
    narrow = changed(spoken, frames, replace(PLAIN, pitch_range=0.6))
    assert wide.measures["measured_range"] > 1.8 * narrow.measures["measured_range"]


def test_times_follow_the_sound_when_the_rate_changes(spoken, frames):
    slow = changed(spoken, frames, replace(PLAIN, rate=0.8))
    fast = changed(spoken, frames, replace(PLAIN, rate=1.25))
    assert len(slow.samples) > 1.3 * len(fast.samples)
    for result in (slow, fast):
        level = np.abs(result.samples)
        start, stop = (int(p.end * 24_000) for p in result.phones[:2])
        inside = level[start:stop].mean()
        assert level[: start - 600].mean() < 0.1 * inside
        assert level[stop + 600 :].mean() < 0.1 * inside
        assert result.phones[-1].end == pytest.approx(len(result.samples) / 24_000, abs=0.01)


def test_formants_move_the_spectrum(spoken, frames):
    def centre(voice):
        spectrum = np.abs(np.fft.rfft(changed(spoken, frames, voice).samples)) ** 2
        return (spectrum * np.arange(len(spectrum))).sum() / spectrum.sum()

    assert centre(replace(PLAIN, tilt=3.0)) > 1.2 * centre(replace(PLAIN, tilt=-3.0))
    assert centre(replace(PLAIN, formants=1.3)) > centre(replace(PLAIN, formants=0.85))


def test_manners_differ_as_described(spoken, frames):
    sad = changed(spoken, frames, manner=vocal_manner("sad", 1.0))
    angry = changed(spoken, frames, manner=vocal_manner("angry", 1.0))
    assert len(sad.samples) > 1.25 * len(angry.samples)
    assert angry.measures["measured_pitch"] > 1.15 * sad.measures["measured_pitch"]
    assert angry.measures["measured_range"] > sad.measures["measured_range"]
    assert vocal_manner("happy", 0.0) == VocalManner()
    assert vocal_manner("sad", 0.5).rate == pytest.approx(VOCAL_MANNERS["sad"].rate ** 0.5)


def test_a_question_rises(spoken, frames):
    def final_pitch(rise):
        result = changed(spoken, frames, rise=rise)
        frames_again = analyse(Spoken(result.samples, 24_000, result.phones))
        voiced = frames_again.pitch[frames_again.pitch > 0]
        return np.median(voiced[-12:])

    assert final_pitch(5.0) > 1.15 * final_pitch(0.0)


def test_the_population_is_fixed_and_wide():
    people = draw_population(320, seed=7)
    assert people[:40] == draw_population(40, seed=7)
    assert people != draw_population(320, seed=8)
    kinds = [p.voice.kind for p in people]
    assert all(kinds.count(kind) > 15 for kind in ("woman", "man", "child", "old woman", "old man"))
    pitch = {k: [p.voice.pitch for p in people if p.voice.kind == k] for k in set(kinds)}
    assert max(pitch["man"]) < min(pitch["woman"]) < min(pitch["child"])
    clear = [p for p in people if p.voice.teacher.startswith(("flite", "festival"))]
    assert len(clear) > 0.7 * len(people)
    assert sum(bool(p.voice.mandarin_teacher) for p in people) > 100
