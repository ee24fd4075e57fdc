"""How the user feels, by their voice, and in which manner the avatar should answer.

The judgement is uncertain (docs/live.md says how uncertain), so it only chooses a tone, never words.
"""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from typing import Final

import numpy as np

from omnitalker.audio.prosody import RATE, Prosody, prosody
from omnitalker.base.types import FloatArray, Manner
from omnitalker.models.mood import Judgement, Mood, MoodClassifier

LONGEST_SECONDS: Final = 8
"""The end of an utterance says enough, and is judged in 20 ms."""
SURE: Final = 0.5
"""Below this confidence the user counts as neutral."""
SURE_OF_A_STRANGER: Final = 0.8
"""The same while it is not known how this user mostly speaks."""
ENOUGH: Final = 2
"""Utterances after which it is known how this user mostly speaks."""
ANSWERS: Final[dict[Mood, Manner]] = {
    "happy": "happy", "sad": "calm", "angry": "calm", "fearful": "calm",
}  # fmt: skip


class Feelings:
    """One per user: it learns how this voice usually sounds."""

    def __init__(self, classifier: MoodClassifier | None = None) -> None:
        self._classifier = classifier or MoodClassifier.load()
        self._recent: deque[FloatArray] = deque(maxlen=12)

    def judge(self, samples: FloatArray) -> Judgement | None:
        """(N,) at 16 kHz, one utterance; None where it is too short to tell."""
        spoken = prosody(samples[-LONGEST_SECONDS * RATE :])
        if spoken is None:
            return None
        usual = None
        is_known = len(self._recent) >= ENOUGH
        if is_known:
            usual = Prosody(np.median(np.stack(self._recent), axis=0).astype(np.float32))
        self._recent.append(spoken.values)
        judgement = self._classifier.judge(spoken, usual)
        if not is_known and judgement.confidence < SURE_OF_A_STRANGER:
            return replace(judgement, mood="neutral", confidence=judgement.shares["neutral"])
        return judgement


def manner_for(judgement: Judgement | None, own: Manner) -> Manner:
    """The manner of the answer; `own` is the character's, kept where the user is neutral or unclear."""
    if judgement is None or judgement.confidence < SURE:
        return own
    return ANSWERS.get(judgement.mood, own)
