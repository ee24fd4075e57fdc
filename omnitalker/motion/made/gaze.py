"""Where the eyes look: looks away and back, steadiness against head motion, and the lids that follow.

Legend: F frames at 25/s, E glances.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from omnitalker.motion.curves import Curve, drift, plateaus, soft_limit, time_since
from omnitalker.motion.names import GAZE_SLICE, INDEX

Angles = npt.NDArray[np.floating[Any]]
"""Single or double precision."""

GAZE_LIMIT = float(np.radians(20.0))
"""Eyes never turn further than this in the head."""
EYE_LOOK_FULL = float(np.radians(30.0))
"""The gaze at which an eyeLook shape reaches 1."""
_HEAD_COMPENSATION = 0.85
"""How much of a head turn the eyes take back to stay on the viewer."""
_SACCADE_SECONDS = 0.07


@dataclass(frozen=True)
class Glances:
    """Looks away from the viewer: (E,) onsets and durations in seconds, (E, 2) yaw and pitch in radians."""

    onsets: Curve
    durations: Curve
    targets: Curve


def draw_glances(
    rng: np.random.Generator, seconds: float, wander: float, attractors: Sequence[float] = ()
) -> Glances:
    """One look away about every 2.6 s, often where speech begins; `wander` scales how far they go."""
    onsets: list[float] = []
    durations: list[float] = []
    now = rng.uniform(0.2, 1.6)
    while now < seconds - 0.5:
        near = [point for point in attractors if abs(point - now) < 0.5]
        if near and rng.random() < 0.6:
            now = max(min(near) - 0.05, onsets[-1] + durations[-1] + 0.2 if onsets else 0.0)
        stay = min(rng.uniform(0.45, 1.3), seconds - now - 0.2)
        if stay < 0.2:
            break
        onsets.append(now)
        durations.append(stay)
        now += stay + rng.gamma(6.0, 1.7 / 6.0) + 0.2
    count = len(onsets)
    direction = rng.choice(_DIRECTIONS, count) + rng.normal(0.0, 0.25, count)
    reach = np.radians(rng.uniform(6.0, 11.0, count) * wander)
    targets = np.stack([np.cos(direction) * reach, 0.7 * np.sin(direction) * reach], axis=1)
    return Glances(np.array(onsets), np.array(durations), targets.reshape(count, 2))


_DIRECTIONS = np.radians([0.0, 180.0, -35.0, -145.0, 40.0, 140.0, -90.0])
"""Sideways, down to a side, up to a side, down."""


def gaze_curves(
    times: Curve,
    glances: Glances,
    head: Curve,
    rng: np.random.Generator,
    rest_pitch: float = 0.0,
    period: float | None = None,
) -> Curve:
    """(F, 4) left yaw, left pitch, right yaw, right pitch relative to the head. head: (F, 3) rotations."""
    count = len(glances.onsets)
    saccade = np.full(count, _SACCADE_SECONDS)
    since = time_since(times, glances.onsets, period)
    away = plateaus(since, saccade, np.maximum(0.0, glances.durations - _SACCADE_SECONDS), saccade)
    looking = np.asarray(away.T @ glances.targets)
    tremble = np.radians(0.25)
    yaw = looking[:, 0] + tremble * drift(times, rng, 0.3, 1.5, period)
    pitch = looking[:, 1] + tremble * drift(times, rng, 0.3, 1.5, period) + rest_pitch
    yaw = soft_limit(yaw - _HEAD_COMPENSATION * head[:, 1], GAZE_LIMIT)
    pitch = soft_limit(pitch + _HEAD_COMPENSATION * head[:, 0], GAZE_LIMIT)
    converge = float(np.radians(0.4))
    left = np.clip(yaw - converge, -GAZE_LIMIT, GAZE_LIMIT)
    right = np.clip(yaw + converge, -GAZE_LIMIT, GAZE_LIMIT)
    return np.stack([left, pitch, right, pitch], axis=1)


def set_gaze(values: Angles, gaze: Angles) -> None:
    """Write (F, 4) gaze into the gaze and the eyeLook columns of (F, 61), in place.

    The person's left eye is at the viewer's right: yaw to the viewer's right looks out with the left eye
    and in with the right one.
    """
    values[:, GAZE_SLICE] = gaze
    for side, yaw, pitch, outward in (
        ("Left", gaze[:, 0], gaze[:, 1], 1.0),
        ("Right", gaze[:, 2], gaze[:, 3], -1.0),
    ):
        values[:, INDEX[f"eyeLookOut{side}"]] = _positive(outward * yaw)
        values[:, INDEX[f"eyeLookIn{side}"]] = _positive(-outward * yaw)
        values[:, INDEX[f"eyeLookUp{side}"]] = _positive(pitch)
        values[:, INDEX[f"eyeLookDown{side}"]] = _positive(-pitch)


def _positive(angle: Angles) -> Angles:
    """The part above zero as a shape strength, without a corner at zero."""
    x = angle / EYE_LOOK_FULL
    soft = 0.02
    return np.asarray(np.minimum((x + np.sqrt(x * x + soft * soft)) / 2, 1.0))
