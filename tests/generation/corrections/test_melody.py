from __future__ import annotations

import numpy as np
import pytest

from omnitalker.audio.mel import mel_of
from omnitalker.base import timeline
from omnitalker.base.assets import checkpoint_dir
from omnitalker.base.types import FloatArray
from omnitalker.generation.corrections.melody import GAINS, OPENING_FRAMES, MelodyMatch
from omnitalker.models.pitch import Melody, PitchTracker
from omnitalker.models.vocoder.vocoder import Vocoder

FRAMES = 600


def song(up_and_down: float, hertz: float = 150.0, seconds: float = 6.4) -> FloatArray:
    """(T, 100) of a voice whose pitch swings by so many semitones to either side."""
    t = np.arange(int(seconds * timeline.SAMPLE_RATE)) / timeline.SAMPLE_RATE
    pitch = hertz * 2 ** (up_and_down * np.sin(2 * np.pi * 0.8 * t) / 12)
    phase = 2 * np.pi * np.cumsum(pitch) / timeline.SAMPLE_RATE
    sound = sum(np.cos(k * phase) / k**1.5 for k in range(1, 25))
    return mel_of((0.1 * sound).astype(np.float32))[:FRAMES]


@pytest.fixture(scope="module")
def ear() -> PitchTracker:
    """The shipped one."""
    heard = Vocoder.from_pretrained(checkpoint_dir("tiny") / "vocoder").ear
    assert heard is not None
    return heard


def swing(ear: PitchTracker, mel: FloatArray) -> float:
    low, high = np.percentile(ear(mel).semitones, [10, 90])
    return float(high - low)


@pytest.mark.parametrize(("made", "wanted"), [(1.5, 2.4), (3.0, 2.0)])
def test_pitch_comes_to_go_up_and_down_as_far_as_the_references(
    ear: PitchTracker, made: float, wanted: float
) -> None:
    reference, flat = song(wanted, 180.0), song(made)
    match = MelodyMatch(reference, ear)
    out = np.concatenate([match(part) for part in np.split(flat, 4)])[FRAMES // 2 :]
    before, after = swing(ear, flat), swing(ear, out)
    goal = swing(ear, reference)
    assert abs(after - goal) < 0.4 * abs(before - goal)


def test_the_middle_stays(ear: PitchTracker) -> None:
    flat = song(1.5)
    out = MelodyMatch(song(3.0), ear)(flat)
    middle = np.median(ear(out).semitones) - np.median(ear(flat).semitones)
    assert abs(middle) < 0.4


def test_gains_have_limits(ear: PitchTracker) -> None:
    flat = song(1.0)
    out = MelodyMatch(song(6.0), ear)(flat)
    assert swing(ear, out) < 1.15 * GAINS[1] * swing(ear, flat)


def test_little_voice_no_strength_or_silence_change_nothing(ear: PitchTracker) -> None:
    flat, lively = song(1.5), song(3.0)
    silence = np.full((150, 100), -11.5, np.float32)
    np.testing.assert_allclose(MelodyMatch(lively, ear, 0.0)(flat), flat, atol=1e-3)
    np.testing.assert_allclose(MelodyMatch(silence, ear)(flat), flat, atol=1e-3)
    assert np.abs(MelodyMatch(lively, ear)(flat[:15]) - flat[:15]).mean() < 0.02
    match = MelodyMatch(lively, ear)
    match(flat)
    np.testing.assert_allclose(match(silence), silence, atol=1e-3)
    assert match(flat[:0]).shape == (0, 100)


def test_an_opening_is_left_alone_but_counts_later(ear: PitchTracker) -> None:
    flat, lively = song(1.5), song(3.0)
    whole, parts = MelodyMatch(lively, ear), MelodyMatch(lively, ear)
    whole(flat[:300])
    np.testing.assert_array_equal(parts(flat[:OPENING_FRAMES]), flat[:OPENING_FRAMES])
    parts(flat[OPENING_FRAMES:300])
    after = np.stack([swing(ear, match(flat[300:])) for match in (whole, parts)])
    assert abs(after[0] - after[1]) < 0.2


def test_windows_meet_without_a_step(ear: PitchTracker) -> None:
    flat = song(1.5)
    parts = MelodyMatch(song(3.0), ear)
    out = np.concatenate([parts(part) for part in np.split(flat, 4)])
    jumps = np.abs(np.diff(ear(out).semitones))
    assert jumps.max() < np.abs(np.diff(ear(flat).semitones)).max() + 0.6


def test_a_styles_melody_is_heard_once(monkeypatch: pytest.MonkeyPatch) -> None:
    vocoder = Vocoder(dim=32, intermediate_dim=48, num_layers=2, pitch_dim=16, pitch_layers=2)
    vocoder.eval().requires_grad_(False).keep_answers()
    heard = []
    hear = type(vocoder.decoder.pitch).hear

    def counted(self: object, mel: object) -> object:
        heard.append(1)
        return hear(self, mel)  # type: ignore[arg-type]

    monkeypatch.setattr(type(vocoder.decoder.pitch), "hear", counted)
    ear, mel = vocoder.ear, song(2.0)
    assert ear is not None
    first, again = ear(mel, is_style=True), ear(mel.copy(), is_style=True)
    np.testing.assert_array_equal(first.semitones, again.semitones)
    assert len(heard) == 1
    assert isinstance(ear(mel[:150]), Melody)
    assert len(heard) == 2


@pytest.mark.parametrize("decoding", ["vocos", "griffin_lim"])
def test_vocoders_without_pitch_have_no_ear(decoding: str) -> None:
    assert Vocoder(decoding, dim=32, intermediate_dim=48, num_layers=2).ear is None  # type: ignore[arg-type]
