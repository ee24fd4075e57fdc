"""Figures of one spoken piece, and how well two lists of them agree."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
import numpy.typing as npt

from omnitalker.base import timeline
from omnitalker.base.errors import MissingExtra
from omnitalker.base.types import FloatArray
from omnitalker.models.pitch import pitch_range
from omnitalker.motion.names import EXPRESSION_SLICE, GAZE_SLICE, POSE_SLICE
from omnitalker.motion.track.statistics import measure_style

AUDIBLE_DB = 30.0
"""Pitch is believed where the sound is at most so much softer than voiced sound on average."""


@dataclass(frozen=True)
class VoiceFigures:
    pitch_level: float
    """Median, semitones over 100 Hz."""
    pitch_range: float
    """Between its 10th and 90th percentile, semitones."""
    energy: float
    """RMS of voiced frames, dB."""


def voice_figures(samples: FloatArray) -> VoiceFigures:
    """(N,) at 24 kHz."""
    try:
        import pyworld
    except ImportError as error:
        raise MissingExtra("pyworld", "eval", "pitch figures") from error
    pitch, _ = pyworld.dio(
        samples.astype(np.float64), timeline.SAMPLE_RATE, f0_floor=60.0, f0_ceil=500.0
    )
    hop = timeline.SAMPLE_RATE // 200
    count = min(len(pitch), len(samples) // hop)
    pitch = pitch[:count]
    power = (samples[: count * hop].reshape(count, hop).astype(np.float64) ** 2).mean(axis=1)
    voiced = pitch > 0
    if voiced.sum() < 5:
        return VoiceFigures(float("nan"), float("nan"), float("nan"))
    energy = float(10 * np.log10(power[voiced].mean() + 1e-9))
    semitones = 12 * np.log2(pitch[voiced] / 100.0)
    middle = float(np.median(semitones))
    loud = 10 * np.log10(power[voiced] + 1e-12) > energy - AUDIBLE_DB
    return VoiceFigures(middle, pitch_range(semitones[loud], middle), energy)


def style_figures(samples: FloatArray, motion: FloatArray, rate: float) -> dict[str, float]:
    """Everything by which a manner is told; `rate` is phonemes per second of speech."""
    figures = {**asdict(voice_figures(samples)), "rate": rate}
    moved = measure_style(motion)
    figures |= {
        "head_amplitude": moved.head_amplitude,
        "blinks_per_minute": moved.blinks_per_minute,
        "smile": moved.smile,
        "mouth_amplitude": moved.mouth_amplitude,
    }
    return figures


def correlation(first: npt.ArrayLike, second: npt.ArrayLike) -> float:
    """Pearson's r over the pairs in which both are known."""
    x, y = np.asarray(first, float), np.asarray(second, float)
    known = np.isfinite(x) & np.isfinite(y)
    if known.sum() < 3 or x[known].std() == 0 or y[known].std() == 0:
        return float("nan")
    return float(np.corrcoef(x[known], y[known])[0, 1])


def frechet_distance(first: FloatArray, second: FloatArray) -> float:
    """Between Gaussians fitted to two sets of rows."""
    from scipy.linalg import sqrtm

    mean = first.mean(axis=0) - second.mean(axis=0)
    a, b = np.cov(first, rowvar=False), np.cov(second, rowvar=False)
    root = np.real(sqrtm(a @ b))
    return float(mean @ mean + np.trace(a + b - 2 * root))


def expression_rows(motion: FloatArray) -> FloatArray:
    """The columns of E-FD: expression and gaze."""
    return np.concatenate([motion[:, EXPRESSION_SLICE], motion[:, GAZE_SLICE]], axis=1)


def pose_rows(motion: FloatArray) -> FloatArray:
    """The columns of P-FD."""
    return motion[:, POSE_SLICE]
