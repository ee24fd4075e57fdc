from __future__ import annotations

import numpy as np

from omnitalker.base.types import MANNERS, FloatArray, Phoneme, TimedPhoneme
from omnitalker.evaluation.manner import MannerClassifier, describe, of_the_voice
from omnitalker.motion.made.manners import manner_effect, sides
from omnitalker.motion.names import INDEX, MOTION_DIM


def tone(seconds: float, hertz: float, loudness: float) -> FloatArray:
    at = np.arange(int(seconds * 24_000)) / 24_000
    wave = sum(np.sin(2 * np.pi * hertz * k * at) / k for k in range(1, 12))
    return (loudness * wave).astype(np.float32)


def face(manner: str, rng: np.random.Generator) -> FloatArray:
    values = np.abs(rng.normal(0, 0.05, (50, MOTION_DIM))).astype(np.float32)
    for shape, strength in manner_effect(manner).shapes.items():
        columns = [INDEX[shape]] if shape in INDEX else list(sides(shape))
        values[:, columns] += strength
    return values


def figures(manner: str, seed: int) -> dict[str, float]:
    rng = np.random.default_rng(seed)
    timed = [TimedPhoneme(Phoneme("ɑ"), 0.0, 1.0), TimedPhoneme(Phoneme("sil"), 1.0, 2.0)]
    return describe(tone(2.0, 150 + 5 * rng.random(), 0.2), face(manner, rng), timed)


def test_describes_sound_pace_and_face() -> None:
    found = figures("happy", 0)
    assert abs(found["pitch_level"] - 12 * np.log2(1.52)) < 1
    assert found["rate"] == 1.0  # the silence does not count
    assert found["face mouthSmile"] > 0.5 > 0.2 > found["face browDown"]
    louder = describe(tone(2.0, 150, 0.4), face("happy", np.random.default_rng(0)), [])
    assert 5 < louder["energy"] - found["energy"] < 7


def test_learns_manners_from_examples() -> None:
    train = [(manner, figures(manner, seed)) for manner in MANNERS for seed in range(4)]
    classifier = MannerClassifier.fit([f for _, f in train], [m for m, _ in train])
    unseen = [(manner, figures(manner, 100 + i)) for i, manner in enumerate(MANNERS)]
    assert classifier([f for _, f in unseen]) == [m for m, _ in unseen]


def test_unknown_figures_do_not_spoil_the_rest() -> None:
    train = [(manner, figures(manner, seed)) for manner in MANNERS for seed in range(4)]
    classifier = MannerClassifier.fit([f for _, f in train], [m for m, _ in train])
    silent = {**figures("angry", 9), "pitch_level": float("nan"), "pitch_range": float("nan")}
    assert classifier([silent]) == ["angry"]


def test_the_voice_alone_has_no_face() -> None:
    names = of_the_voice(list(figures("calm", 1)))
    assert "pitch_level" in names
    assert not any(name.startswith("face") for name in names)
