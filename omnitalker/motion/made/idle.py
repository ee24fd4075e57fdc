"""A face that listens: alive, silent, and endless, for an avatar between its sentences.

Legend: F frames at 25/s.
"""

from __future__ import annotations

import numpy as np

from omnitalker.base import timeline
from omnitalker.base.errors import InputError
from omnitalker.base.types import MotionTrack
from omnitalker.motion.curves import drift, frame_times, plateaus, soft_ceiling, time_since
from omnitalker.motion.made.blinks import blink_curve, draw_blinks
from omnitalker.motion.made.gaze import draw_glances, gaze_curves, set_gaze
from omnitalker.motion.made.manners import manner_effect, sides
from omnitalker.motion.made.style import REST_SHAPES, MotionStyle, in_manner
from omnitalker.motion.names import EXPRESSION_SLICE, INDEX, MOTION_DIM, POSE_SLICE

SHORTEST_SECONDS = 2.0
_SECONDS_PER_NOD = 7.0
_FEWEST_WAVES = 6
_WAVES_PER_SECOND = 0.5
"""Sinusoids that a slow drift is made of: with too few of them a long loop nearly repeats within itself."""


def idle(
    seconds: float,
    style: MotionStyle | None = None,
    manner: str = "neutral",
    seed: int = 0,
    intensity: float = 0.6,
) -> MotionTrack:
    """A listening loop: its last frame leads into its first, in position and in velocity.

    Blinks, glances, breathing, sway, and a nod now and then; the mouth stays closed.
    """
    if seconds < SHORTEST_SECONDS:
        raise InputError(f"An idle loop lasts at least {SHORTEST_SECONDS:g} s; got {seconds:g} s.")
    person = in_manner(style or MotionStyle(), manner, intensity)
    frames = timeline.seconds_to_video_frames(seconds)
    period = float(timeline.video_frames_to_seconds(frames))
    times = frame_times(frames)
    rngs = np.random.default_rng(seed).spawn(4)
    values = np.zeros((frames, MOTION_DIM))
    _wear(values, times, person, manner, intensity, period, rngs[0])
    _sway(values, times, person, period, rngs[1])
    glances = draw_glances(rngs[2], period, 0.8 * person.gaze_wander)
    lower = float(np.radians(manner_effect(manner).gaze_degrees)) * intensity
    head = values[:, POSE_SLICE][:, :3]
    set_gaze(values, gaze_curves(times, glances, head, rngs[2], lower, period))
    lids = blink_curve(
        times, draw_blinks(rngs[3], period, person.blinks_per_minute), rngs[3], period
    )
    for column in sides("eyeBlink"):
        values[:, column] += lids * (0.97 - values[:, column])
    for column in sides("eyeWide"):
        values[:, column] *= 1.0 - lids
    return MotionTrack(values.astype(np.float32))


def _waves(period: float) -> int:
    return max(_FEWEST_WAVES, round(_WAVES_PER_SECOND * period))


def _wear(
    values: np.ndarray,
    times: np.ndarray,
    person: MotionStyle,
    manner: str,
    intensity: float,
    period: float,
    rng: np.random.Generator,
) -> None:
    """The manner and the person's own smile on closed lips, slowly coming and going."""
    waves = _waves(period)
    breath = 1.0 + 0.12 * drift(times, rng, 0.08, 0.3, period, waves)
    for shape, strength in manner_effect(manner).shapes.items():
        if shape in ("jawOpen", "mouthLowerDown", "mouthUpperUp", "mouthFunnel"):
            continue
        for column in sides(shape):
            values[:, column] += strength * intensity * breath
    for shape, strength in zip(REST_SHAPES, person.rest, strict=True):
        for column in () if shape == "mouthShrugUpper" else sides(shape):
            values[:, column] += strength * breath
    brows = drift(times, rng, 0.1, 0.4, period, waves)
    lift = 0.03 * person.brow_activity * np.maximum(1.0 + brows, 0)
    for shape, amount in (
        ("mouthSmile", person.smile * breath), ("cheekSquint", 0.3 * person.smile * breath),
        ("browInnerUp", lift), ("browOuterUp", lift), ("mouthPress", np.full(len(times), 0.03)),
    ):  # fmt: skip
        for column in sides(shape):
            values[:, column] += amount
    for shape in ("mouthSmile", "browOuterUp"):
        left, right = sides(shape)
        values[:, left] *= 1.0 + 0.3 * person.asymmetry
        values[:, right] *= 1.0 - 0.3 * person.asymmetry
    shapes = np.maximum(values[:, EXPRESSION_SLICE], 0.0)
    values[:, EXPRESSION_SLICE] = soft_ceiling(shapes)


def _sway(
    values: np.ndarray,
    times: np.ndarray,
    person: MotionStyle,
    period: float,
    rng: np.random.Generator,
) -> None:
    """Head drift at about a third of talking, breathing, and a nod or two in a row."""
    degrees = np.zeros((len(times), 3))
    slow, fast = 0.06 * person.head_tempo, 0.3 * person.head_tempo
    for axis, size in enumerate((0.7, 1.0, 0.7)):
        degrees[:, axis] = size * drift(times, rng, slow, fast, period, _waves(period))
    count = int(rng.poisson(period / _SECONDS_PER_NOD))
    onsets = rng.uniform(0.3, max(0.4, period - 1.2), count)
    for onset in onsets:
        for repeat in range(int(rng.integers(1, 3))):
            rise = 0.24 / person.head_tempo**0.5
            since = time_since(times, np.array([onset + repeat * 2.2 * rise]), period)
            nod = plateaus(since, np.array([rise]), np.zeros(1), np.array([1.4 * rise]))[0]
            degrees[:, 0] += (1.8 - 0.6 * repeat) * nod
    moving = person.head_amplitude * np.radians(degrees)
    breaths = max(1, round(0.25 * period)) / period
    breath = np.sin(2 * np.pi * (breaths * times + rng.uniform()))
    values[:, POSE_SLICE] = np.concatenate(
        [
            np.asarray(person.posture) + moving + np.radians(0.12) * breath[:, None] * (1, 0, 0),
            np.stack(
                [
                    0.35 * moving[:, 1] - 0.45 * moving[:, 2],
                    -0.45 * moving[:, 0] + 0.007 * breath,
                    0.35 * moving[:, 0] + 0.003 * breath,
                ],
                axis=1,
            ),
        ],
        axis=1,
    )
    values[:, INDEX["jawOpen"]] += 0.004 * (1.0 + breath)
    values[:, INDEX["mouthClose"]] = values[:, INDEX["jawOpen"]]
