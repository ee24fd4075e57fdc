"""What a track says about its talker: style figures.

Legend: F frames at 25/s.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np

from omnitalker.base import timeline
from omnitalker.base.errors import InputError
from omnitalker.base.types import FloatArray
from omnitalker.motion.made.blinks import detect_blinks
from omnitalker.motion.made.manners import sides
from omnitalker.motion.made.style import REST_SHAPES, MotionStyle
from omnitalker.motion.names import GAZE_SLICE, INDEX, MOTION_DIM, POSE_SLICE


@dataclass(frozen=True)
class StyleFigures:
    """How one talker moves, measured. The same quantities that `MotionStyle` sets, in plain units."""

    mouth_amplitude: float
    """jawOpen between its 5th and 95th percentile."""
    head_amplitude: float
    """RMS of the three rotations about their mean, degrees."""
    head_tempo: float
    """RMS rotation speed over RMS rotation, as a frequency in Hz."""
    blinks_per_minute: float
    smile: float
    """Median of mouthSmile over both sides."""
    brow_activity: float
    """Standard deviation of the raised brow."""
    gaze_wander: float
    """RMS of the look away from the viewer, head turns taken into account, degrees."""
    asymmetry: float
    """-1..1; above 0 the person's left half moves more."""
    nod: float
    turn: float
    tilt: float
    """Mean head posture, degrees."""

    def as_dict(self) -> dict[str, float]:
        return asdict(self)


def measure_style(values: FloatArray) -> StyleFigures:
    """Figures of (F, 61); two frames at least."""
    if values.ndim != 2 or values.shape[1] != MOTION_DIM or len(values) < 2:
        raise InputError(f"A motion track is (F, {MOTION_DIM}) with F >= 2; got {values.shape}.")
    frames = values.astype(np.float64)
    head = np.degrees(frames[:, POSE_SLICE][:, :3])
    moving = head - head.mean(axis=0)
    speed = np.gradient(moving, axis=0) * timeline.VIDEO_FPS
    low, high = np.percentile(frames[:, INDEX["jawOpen"]], [5, 95])
    return StyleFigures(
        mouth_amplitude=float(high - low),
        head_amplitude=_rms(moving),
        head_tempo=_rms(speed) / (2 * np.pi * _rms(moving) + 1e-9),
        blinks_per_minute=_blink_rate(values),
        smile=float(np.median(_both(frames, "mouthSmile"))),
        brow_activity=float(np.std(_both(frames, "browOuterUp") + frames[:, INDEX["browInnerUp"]])),
        gaze_wander=_wander(frames, head),
        asymmetry=_asymmetry(frames),
        nod=float(head[:, 0].mean()),
        turn=float(head[:, 1].mean()),
        tilt=float(head[:, 2].mean()),
    )


USUAL_MOUTH, USUAL_HEAD, USUAL_TEMPO, USUAL_BROWS, USUAL_WANDER = 0.32, 1.8, 0.70, 0.33, 2.6
"""Figures of the talker whose `MotionStyle` is 1 throughout."""


def motion_style(values: FloatArray, rest: FloatArray | None = None) -> MotionStyle:
    """How somebody moves, from (F, 61) of them; what is measured of a short clip is believed within bounds.

    rest: (61,) their everyday face, where `values` show another.
    """
    figures = measure_style(values)
    calm = values.mean(axis=0) if rest is None else rest

    def factor(value: float, usual: float, low: float, high: float) -> float:
        return float(np.clip(value / usual, low, high))

    smile = float(calm[list(sides("mouthSmile"))].mean())
    pitch, yaw, roll = (float(angle) for angle in calm[POSE_SLICE][:3])
    return MotionStyle(
        mouth_amplitude=factor(figures.mouth_amplitude, USUAL_MOUTH, 0.7, 1.35),
        head_amplitude=factor(figures.head_amplitude, USUAL_HEAD, 0.4, 1.8),
        head_tempo=factor(figures.head_tempo, USUAL_TEMPO, 0.6, 1.5),
        blinks_per_minute=float(np.clip(figures.blinks_per_minute, 10.0, 40.0)),
        smile=float(np.clip(smile, 0.0, 0.4)),
        brow_activity=factor(figures.brow_activity, USUAL_BROWS, 0.3, 1.6),
        gaze_wander=factor(figures.gaze_wander, USUAL_WANDER, 0.3, 1.6),
        asymmetry=float(np.clip(figures.asymmetry, -0.6, 0.6)),
        posture=(pitch, yaw, roll),
        rest=tuple(float(np.clip(calm[list(sides(s))].mean(), 0, 0.3)) for s in REST_SHAPES),
    )


def _rms(x: np.ndarray) -> float:
    return float(np.sqrt(np.mean(np.square(x))))


def _both(frames: np.ndarray, shape: str) -> np.ndarray:
    """(F,) mean of a paired shape over its two sides."""
    left, right = sides(shape)
    return np.asarray((frames[:, left] + frames[:, right]) / 2)


def _blink_rate(values: FloatArray) -> float:
    return len(detect_blinks(values)) * 60.0 * timeline.VIDEO_FPS / len(values)


def _wander(frames: np.ndarray, head: np.ndarray) -> float:
    gaze = np.degrees(frames[:, GAZE_SLICE])
    yaw = (gaze[:, 0] + gaze[:, 2]) / 2 + head[:, 1]
    pitch = (gaze[:, 1] + gaze[:, 3]) / 2 - head[:, 0]
    return _rms(np.stack([yaw - np.median(yaw), pitch - np.median(pitch)]))


def _asymmetry(frames: np.ndarray) -> float:
    left = right = 1e-6
    for shape in ("mouthSmile", "mouthStretch", "mouthLowerDown", "mouthUpperUp", "browOuterUp"):
        left_column, right_column = sides(shape)
        left += float(frames[:, left_column].mean())
        right += float(frames[:, right_column].mean())
    return (left - right) / (left + right)
