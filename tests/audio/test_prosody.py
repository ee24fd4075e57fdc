from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from omnitalker.audio.prosody import FEATURES, RATE, Prosody, prosody
from omnitalker.base.errors import WeightsError
from omnitalker.base.types import FloatArray
from omnitalker.models.mood import INPUTS, MOODS, MoodClassifier, inputs_of


def voice(
    hertz: float,
    *,
    semitones: float = 0.0,
    syllables: float = 4.0,
    level: float = 0.2,
    tilt: float = 1.0,
) -> FloatArray:
    """Two seconds of a buzz whose pitch and loudness swing."""
    time = np.arange(2 * RATE) / RATE
    pitch = hertz * 2 ** (semitones / 2 * np.sin(2 * np.pi * 0.7 * time) / 12)
    phase = 2 * np.pi * np.cumsum(pitch) / RATE
    tones = sum(np.sin(k * phase) / k**tilt for k in range(1, 12))
    swing = 0.55 + 0.45 * np.sin(2 * np.pi * syllables * time)
    breath = 0.02 * np.random.default_rng(1).standard_normal(len(time))
    return np.asarray(level * swing * (tones / 3 + breath), np.float32)


@pytest.mark.parametrize("hertz", [90.0, 140.0, 220.0, 330.0])
def test_pitch_is_measured(hertz: float) -> None:
    found = prosody(voice(hertz))
    assert found is not None
    assert abs(found["pitch"] - 12 * np.log2(hertz / 100)) < 0.6
    assert found["pitch_range"] < 1.0


def test_each_number_follows_what_it_is_named_after() -> None:
    plain = prosody(voice(150))
    lively = prosody(voice(150, semitones=8))
    fast = prosody(voice(150, syllables=7))
    loud = prosody(voice(150, level=0.4))
    dark = prosody(voice(150, tilt=2.0))
    assert plain
    assert lively
    assert fast
    assert loud
    assert dark
    assert lively["pitch_range"] > plain["pitch_range"] + 4
    assert fast["rate"] > plain["rate"] + 1.5
    assert abs(loud["level"] - plain["level"] - 6.0) < 0.3
    assert abs(loud["tilt"] - plain["tilt"]) < 0.3
    assert dark["tilt"] < plain["tilt"] - 5


@pytest.mark.parametrize(
    "sound",
    [
        np.zeros(2 * RATE, np.float32),
        np.zeros(0, np.float32),
        voice(150)[: RATE // 4],
        (0.1 * np.random.default_rng(0).standard_normal(2 * RATE)).astype(np.float32),
    ],
    ids=["silence", "nothing", "too short", "noise"],
)
def test_what_is_no_voice_is_not_judged(sound: FloatArray) -> None:
    assert prosody(sound) is None


def test_loudness_alone_says_nothing_unless_the_usual_is_known() -> None:
    quiet, loud = prosody(voice(150, level=0.05)), prosody(voice(150, level=0.5))
    assert quiet
    assert loud
    np.testing.assert_allclose(inputs_of(quiet, None), inputs_of(loud, None), atol=0.05)
    assert np.abs(inputs_of(loud, quiet) - inputs_of(quiet, quiet)).max() > 15


def test_the_shipped_classifier_judges_and_another_version_is_refused(tmp_path: Path) -> None:
    classifier = MoodClassifier.load()
    found = prosody(voice(150))
    assert found is not None
    judged = classifier.judge(found, found)
    assert judged.mood in MOODS
    assert sum(judged.shares.values()) == pytest.approx(1.0, abs=1e-4)
    assert judged.confidence == max(judged.shares.values())
    extreme = classifier.judge(Prosody(np.full(len(FEATURES), 1e4, np.float32)))
    assert np.isfinite(extreme.confidence)
    with pytest.raises(WeightsError, match="train mood"):
        MoodClassifier.load(tmp_path / "none.safetensors")
    from safetensors.numpy import save_file

    other = replace(classifier, mean=np.zeros(INPUTS + 1, np.float32))
    save_file(vars(other), tmp_path / "other.safetensors")
    with pytest.raises(WeightsError, match="another version"):
        MoodClassifier.load(tmp_path / "other.safetensors")
