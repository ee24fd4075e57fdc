"""Which of the eight manners is it? A logistic regression on statistics of voice and face, taught by the teachers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
import torch
from torch.nn import functional as F

from omnitalker.audio.mel import mel_covering, pad_to_blocks
from omnitalker.base.types import MANNERS, FloatArray, TimedPhoneme
from omnitalker.evaluation.figures import voice_figures
from omnitalker.motion.made.manners import sides
from omnitalker.motion.names import INDEX
from omnitalker.motion.track.statistics import measure_style
from omnitalker.text.symbols import SILENT

PAIRED = (
    "mouthSmile", "mouthFrown", "mouthStretch", "mouthPress", "mouthUpperUp", "browDown", "browOuterUp",
    "eyeWide", "eyeSquint", "cheekSquint", "noseSneer",
)  # fmt: skip
SINGLE = ("browInnerUp", "jawForward", "mouthShrugLower", "mouthShrugUpper")
_VOICE = ("pitch_level", "pitch_range", "energy", "rate", "tilt", "dynamics")


def describe(
    samples: FloatArray, motion: FloatArray, timed: Sequence[TimedPhoneme]
) -> dict[str, float]:
    """Some thirty figures of (N,) sound and (F, 61) motion."""
    spoken = [p for p in timed if p.phoneme.symbol not in SILENT]
    mel = mel_covering(pad_to_blocks(samples))
    loud = mel[mel.mean(axis=1) > np.percentile(mel.mean(axis=1), 40)]
    figures = asdict(voice_figures(samples))
    figures["rate"] = len(spoken) / max(1e-3, sum(p.end - p.start for p in spoken))
    figures["tilt"] = float(loud[:, 60:85].mean() - loud[:, 10:35].mean())
    figures["dynamics"] = float(loud.mean(axis=1).std())
    figures |= {f"face {name}": value for name, value in measure_style(motion).as_dict().items()}
    for shape in PAIRED:
        figures[f"face {shape}"] = float(motion[:, list(sides(shape))].mean())
    for shape in SINGLE:
        figures[f"face {shape}"] = float(motion[:, INDEX[shape]].mean())
    return {name: round(float(value), 5) for name, value in figures.items()}


@dataclass(frozen=True)
class MannerClassifier:
    names: tuple[str, ...]
    """Figures that are looked at."""
    mean: FloatArray
    spread: FloatArray
    weights: FloatArray
    """(figures + 1, manners)."""

    @classmethod
    def fit(
        cls,
        figures: Sequence[dict[str, float]],
        manners: Sequence[str],
        *,
        names: Sequence[str] | None = None,
        decay: float = 1e-3,
    ) -> MannerClassifier:
        """Multinomial logistic regression; `names`: only these figures."""
        chosen = tuple(names or sorted(figures[0]))
        rows = _rows(figures, chosen)
        mean, spread = np.nanmean(rows, axis=0), np.nanstd(rows, axis=0) + 1e-6
        inputs = torch.from_numpy(_prepared(rows, mean, spread))
        wanted = torch.tensor([MANNERS.index(manner) for manner in manners])  # type: ignore[arg-type]
        weights = torch.zeros(inputs.shape[1], len(MANNERS), requires_grad=True)
        optimiser = torch.optim.LBFGS([weights], max_iter=200, line_search_fn="strong_wolfe")

        def loss() -> torch.Tensor:
            optimiser.zero_grad()
            value = F.cross_entropy(inputs @ weights, wanted) + decay * weights.square().sum()
            value.backward()
            return value

        optimiser.step(loss)
        return cls(chosen, mean, spread, weights.detach().numpy())

    def __call__(self, figures: Sequence[dict[str, float]]) -> list[str]:
        rows = _prepared(_rows(figures, self.names), self.mean, self.spread)
        return [MANNERS[index] for index in (rows @ self.weights).argmax(axis=1)]


def of_the_voice(names: Sequence[str]) -> list[str]:
    return [name for name in names if name in _VOICE]


def _rows(figures: Sequence[dict[str, float]], names: Sequence[str]) -> FloatArray:
    return np.array([[row[name] for name in names] for row in figures], np.float32)


def _prepared(rows: FloatArray, mean: FloatArray, spread: FloatArray) -> FloatArray:
    """Standardised, unknown figures at their mean, a one appended."""
    scaled = np.nan_to_num((rows - mean) / spread).clip(-5, 5).astype(np.float32)
    return np.concatenate([scaled, np.ones((len(scaled), 1), np.float32)], axis=1)
