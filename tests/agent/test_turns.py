from __future__ import annotations

import numpy as np

from omnitalker.agent.turns import TurnSettings, TurnTaker, ends_open
from omnitalker.agent.voice_activity import EnergyActivity


def run(
    taker: TurnTaker, *stretches: tuple[float, bool], level: float = 0.1, avatar: bool = False
) -> list[str]:
    """Kinds of what happened over stretches of (seconds, is voice)."""
    heard = []
    for seconds, is_voice in stretches:
        for _ in range(round(seconds / 0.032)):
            for event in taker.push(0.9 * is_voice, level * is_voice, avatar_speaks=avatar):
                heard.append(event.kind)
    return heard


def test_an_utterance_with_a_pause() -> None:
    kinds = run(TurnTaker(), (1, False), (1, True), (0.5, False), (1, True), (1, False))
    assert kinds == ["speech_started", "pause", "pause", "speech_ended"]


def test_a_click_is_nothing_and_a_cough_does_not_stop_the_avatar() -> None:
    assert run(TurnTaker(), (0.064, True), (1, False)) == []
    assert run(TurnTaker(), (0.16, True), (1, False), avatar=True) == []
    assert run(TurnTaker(), (0.4, True), avatar=True) == ["barge_in"]


def test_a_sentence_that_breaks_off_is_given_more_time() -> None:
    taker = TurnTaker()
    run(taker, (2, True))
    taker.partial_text = "I would like to go there, but"
    assert "speech_ended" not in run(taker, (1.2, False))
    assert "speech_ended" in run(taker, (0.5, False))
    assert not ends_open("That is all.")


def test_the_listener_says_mm_hm_now_and_then() -> None:
    turns = [(3.5, True), (0.5, False), (1.0, True), (0.5, False), (3.0, True), (0.5, False)]
    kinds = run(TurnTaker(), *turns)
    assert kinds.count("backchannel") == 2
    assert kinds.count("pause") == 3


def test_silence_of_both_is_noticed_once() -> None:
    taker = TurnTaker(TurnSettings(silence_seconds=5))
    assert run(taker, (20, False)) == ["silence"]
    assert run(taker, (10, False), avatar=True) == []
    assert "silence" in run(taker, (1, True), (8, False))


def test_a_user_much_louder_than_usual_is_agitated() -> None:
    taker = TurnTaker()
    for _ in range(3):
        assert "agitated" not in run(taker, (2, True), (1, False), level=0.05)
    assert "agitated" in run(taker, (2, True), (1, False), level=0.2)
    assert "agitated" not in run(taker, (2, True), (1, False), level=0.05)


def test_the_energy_detector_hears_a_voice_over_noise() -> None:
    rng = np.random.default_rng(0)
    detector = EnergyActivity()

    def noise(level: float) -> np.ndarray:
        return rng.normal(0, level, 512).astype(np.float32)

    quiet = [detector.probability(noise(0.003)) for _ in range(60)][30:]
    loud = [detector.probability(noise(0.06)) for _ in range(20)]
    assert np.mean(quiet) < 0.3
    assert np.min(loud) > 0.9
