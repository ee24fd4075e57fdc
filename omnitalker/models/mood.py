"""The mood of a speaker by voice alone: a tiny network over `prosody`, trained by `omnitalker train mood`.

It knows voices that act, not people: see docs/live.md for how often it is right, and on what.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, cast

import numpy as np

from omnitalker.audio.prosody import FEATURES, RELATIVE, Prosody
from omnitalker.base.assets import data_path
from omnitalker.base.errors import WeightsError
from omnitalker.base.types import FloatArray

Mood = Literal["neutral", "happy", "sad", "angry", "fearful"]
MOODS: Final[tuple[Mood, ...]] = ("neutral", "happy", "sad", "angry", "fearful")
ABSOLUTE: Final = tuple(name for name in FEATURES if name != "level")
"""Loudness says nothing by itself: microphones differ."""
INPUTS: Final = len(ABSOLUTE) + len(RELATIVE) + 1
WEIGHTS: Final = data_path("mood.safetensors")


@dataclass(frozen=True)
class Judgement:
    mood: Mood
    confidence: float
    """0..1, the share of this mood among all."""
    shares: Mapping[Mood, float]


def inputs_of(spoken: Prosody, usual: Prosody | None) -> FloatArray:
    """(INPUTS,) what the network sees; `usual` is how this person mostly speaks, None while unknown."""
    absolute = [spoken[name] for name in ABSOLUTE]
    relative = [spoken[name] - usual[name] if usual else 0.0 for name in RELATIVE]
    return np.array([*absolute, *relative, float(usual is not None)], np.float32)


@dataclass(frozen=True)
class MoodClassifier:
    """Two layers; a few kilobytes."""

    mean: FloatArray
    scale: FloatArray
    """(INPUTS,) that bring the inputs to unit range."""
    hidden_weight: FloatArray
    hidden_bias: FloatArray
    out_weight: FloatArray
    out_bias: FloatArray

    @classmethod
    def load(cls, path: Path = WEIGHTS) -> MoodClassifier:
        from safetensors.numpy import load_file

        if not path.is_file():
            raise WeightsError(f"{path} is missing; make it with `omnitalker train mood`")
        arrays = load_file(path)
        if len(arrays["mean"]) != INPUTS:
            raise WeightsError(
                f"{path} is of another version; make it anew: `omnitalker train mood`"
            )
        return cls(**arrays)

    def judge(self, spoken: Prosody, usual: Prosody | None = None) -> Judgement:
        x = ((inputs_of(spoken, usual) - self.mean) / self.scale).clip(-4, 4)
        hidden = np.tanh(self.hidden_weight @ x + self.hidden_bias)
        logits = self.out_weight @ hidden + self.out_bias
        shares = np.exp(logits - logits.max())
        shares /= shares.sum()
        best = int(shares.argmax())
        each = cast("dict[Mood, float]", dict(zip(MOODS, map(float, shares), strict=True)))
        return Judgement(MOODS[best], float(shares[best]), each)
