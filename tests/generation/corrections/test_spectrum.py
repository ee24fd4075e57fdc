from __future__ import annotations

import numpy as np

from omnitalker.generation.corrections.spectrum import VoiceMatch, _speech


def speech(seed: int, frames: int, mean: float, spread: float) -> np.ndarray:
    """Phrases of tilted noise between stretches of silence."""
    rng = np.random.default_rng(seed)
    tilt = np.linspace(0.5, -0.5, 100)
    mel = mean + tilt + spread * rng.standard_normal((frames, 100))
    mel[np.arange(frames) % 50 < 10] = -10.0
    return mel.astype(np.float32)


def statistics(mel: np.ndarray) -> tuple[float, float]:
    spoken = _speech(mel)
    return float(spoken.mean()), float(spoken.std(axis=0).mean())


def test_speech_is_brought_to_level_and_spread_of_the_reference() -> None:
    reference, flat = speech(0, 400, -3.0, 1.2), speech(1, 600, -3.6, 1.0)
    match = VoiceMatch(reference, strength=1.0)
    out = np.concatenate([match(part) for part in np.split(flat, 4)])
    mean, spread = statistics(out[300:])
    wanted_mean, wanted_spread = statistics(reference)
    before_mean, before_spread = statistics(flat[300:])
    assert abs(mean - wanted_mean) < 0.35 * abs(before_mean - wanted_mean)
    assert abs(spread - wanted_spread) < 0.35 * abs(before_spread - wanted_spread)


def test_the_right_voice_is_left_alone() -> None:
    reference, same = speech(0, 400, -3.0, 1.0), speech(1, 300, -3.0, 1.0)
    assert np.abs(VoiceMatch(reference)(same) - same).mean() < 0.1


def test_windows_meet_without_a_step() -> None:
    reference, steady = speech(0, 400, -3.0, 1.0), np.full((300, 100), -4.5, np.float32)
    match = VoiceMatch(reference, strength=1.0)
    out = np.concatenate([match(part) for part in np.split(steady, 3)])
    assert np.abs(np.diff(out, axis=0)).max() < 0.12


def test_little_speech_changes_little() -> None:
    reference, flat = speech(0, 400, -2.0, 1.0), speech(1, 300, -3.0, 1.0)[:20]
    short = np.abs(VoiceMatch(reference)(flat) - flat).mean()
    long = np.abs(
        VoiceMatch(reference)(speech(1, 300, -3.0, 1.0))[280:] - speech(1, 300, -3.0, 1.0)[280:]
    )
    assert short < 0.4 * long.mean()


def test_no_strength_no_change() -> None:
    mel = speech(1, 100, -3.0, 1.0)
    np.testing.assert_allclose(VoiceMatch(speech(0, 200, -1.0, 2.0), 0.0)(mel), mel, atol=1e-5)


def test_peaks_that_are_missing_are_made_up_for_in_level() -> None:
    def power(mel: np.ndarray) -> float:
        return float(np.log(np.exp(2 * _speech(mel)).mean()))

    reference, flat = speech(0, 400, -3.0, 0.8), speech(1, 600, -3.0, 0.8)
    reference[::10] += 1.5
    reference[np.arange(400) % 50 < 10] = -10.0
    match = VoiceMatch(reference, strength=1.0)
    out = np.concatenate([match(part) for part in np.split(flat, 4)])
    assert power(flat[300:]) < power(reference) - 0.5
    assert abs(power(out[300:]) - power(reference)) < 0.2
