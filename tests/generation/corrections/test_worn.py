"""A manner on top of what the network makes: as strong as asked, timed with the voice, never in speech's way."""

from __future__ import annotations

import numpy as np
import pytest

from omnitalker.base import timeline
from omnitalker.base.types import WornManner
from omnitalker.generation.corrections.worn import ManneredFace
from omnitalker.motion.made.manners import EFFECTS, MANNERS, shape_offsets, sides
from omnitalker.motion.names import INDEX, MOTION_DIM

BLOCKS = 20
FRAMES, MEL = BLOCKS * timeline.BLOCK_VIDEO_FRAMES, BLOCKS * timeline.BLOCK_MEL_FRAMES


def still(frames: int = FRAMES) -> np.ndarray:
    return np.zeros((frames, MOTION_DIM), np.float32)


def wear(
    manner: str, intensity: float = 1.0, motion: np.ndarray | None = None, speaking: float = 1.0
) -> np.ndarray:
    face = ManneredFace(WornManner(manner, intensity), still())
    motion = still() if motion is None else motion
    said = np.arange(MEL) < speaking * MEL
    return face(motion, np.zeros((MEL, 100), np.float32), said)


@pytest.mark.parametrize("manner", [m for m in MANNERS if m != "neutral"])
def test_intensities_are_ordered_in_every_shape_of_a_manner(manner: str) -> None:
    half, full, more = (wear(manner, i).mean(axis=0) for i in (0.5, 1.0, 1.5))
    for column, strength in shape_offsets(manner).items():
        if strength > 0:
            assert 0 < half[column] < full[column] <= more[column] <= 1


def test_neutral_changes_nothing() -> None:
    motion = np.random.default_rng(0).uniform(0, 0.4, (FRAMES, MOTION_DIM)).astype(np.float32)
    np.testing.assert_allclose(wear("neutral", motion=motion), motion, atol=1e-6)


def test_what_the_prompt_already_shows_is_not_added_again() -> None:
    prompt, rest = still(), np.zeros(MOTION_DIM, np.float32)
    brows = list(sides("browDown"))
    prompt[:, brows] = 0.4
    face = ManneredFace(WornManner("angry", 1.0, rest), prompt)
    made = face(prompt, np.zeros((MEL, 100), np.float32), np.ones(MEL, bool))
    alone = wear("angry")
    np.testing.assert_allclose(made[-20:, brows], alone[-20:, brows], atol=0.06)


def test_it_fades_in_pauses_and_comes_back() -> None:
    smile = wear("happy", speaking=0.4)[:, sides("mouthSmile")[0]]
    spoken, paused = smile[: int(0.4 * FRAMES)].max(), smile[-1]
    assert paused == pytest.approx(spoken * EFFECTS["happy"].paused, rel=0.15)


def test_rounded_lips_are_not_pulled_into_a_smile() -> None:
    rounded = still()
    rounded[:, INDEX["mouthPucker"]] = 1.0
    corner = sides("mouthSmile")[0]
    assert wear("happy", motion=rounded)[-1, corner] < 0.35 * wear("happy")[-1, corner]


def test_lids_still_close_in_fear() -> None:
    blinking = still()
    blinking[10, list(sides("eyeBlink"))] = 1.0
    made = wear("fearful", motion=blinking)
    assert (made[10, list(sides("eyeWide"))] == 0).all()
    assert (made[10, list(sides("eyeBlink"))] >= 0.99).all()


def test_in_pieces_as_whole() -> None:
    whole = wear("sad")
    face = ManneredFace(WornManner("sad"), still())
    half, half_mel = FRAMES // 2, MEL // 2
    mel, said = np.zeros((half_mel, 100), np.float32), np.ones(half_mel, bool)
    parts = [face(still(half), mel, said) for _ in range(2)]
    np.testing.assert_allclose(np.concatenate(parts), whole, atol=0.03)


def test_one_manner_melts_into_the_next() -> None:
    said, mel = np.ones(MEL, bool), np.zeros((MEL, 100), np.float32)
    sad = ManneredFace(WornManner("sad"), still())
    before = sad(still(), mel, said)
    after = ManneredFace(WornManner("happy"), still(), before=sad)(still(), mel, said)
    jump = np.abs(after[0] - before[-1]).max()
    assert jump < 0.12
    assert after[-1, sides("mouthSmile")[0]] > 0.5 > after[-1, sides("mouthFrown")[0]]
