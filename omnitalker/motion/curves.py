"""Smooth curves in time, the ink that all made-up motion is drawn with. All of them are C1.

Legend: F frames, E events. Times are seconds.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from omnitalker.base import timeline

Curve = npt.NDArray[np.float64]


def frame_times(frames: int) -> Curve:
    """(F,) when each motion frame is shown."""
    return np.arange(frames) / timeline.VIDEO_FPS


def smoothstep(x: Curve) -> Curve:
    """0 below 0, 1 above 1, level at both ends."""
    x = np.clip(x, 0.0, 1.0)
    return x * x * (3.0 - 2.0 * x)


def time_since(times: Curve, onsets: Curve, period: float | None = None) -> Curve:
    """(E, F) seconds from each onset to each time; with a `period` the nearest way around the loop."""
    delta = times[None, :] - np.asarray(onsets, dtype=float)[:, None]
    if period is None:
        return delta
    return (delta + period / 2) % period - period / 2


def plateaus(since: Curve, rise: Curve, hold: Curve, fall: Curve) -> Curve:
    """(E, F) events that rise for `rise` s from time 0, stay at 1 for `hold` s, and fall for `fall` s."""
    up = smoothstep(since / np.reshape(rise, (-1, 1)))
    down = smoothstep((since - np.reshape(rise + hold, (-1, 1))) / np.reshape(fall, (-1, 1)))
    return up * (1.0 - down)


def union(events: Curve) -> Curve:
    """(E, F) -> (F,): how much any of the events is on; overlapping events never exceed 1."""
    return 1.0 - np.prod(1.0 - events, axis=0)


def drift(
    times: Curve,
    rng: np.random.Generator,
    slowest_hz: float,
    fastest_hz: float,
    period: float | None = None,
    components: int = 6,
) -> Curve:
    """(F,) aimless smooth motion of RMS 1: a few sinusoids spread over a band, slow ones stronger.

    With a `period` every sinusoid turns a whole number of times in it, so the curve loops.
    """
    spread = (np.arange(components) + rng.uniform(0.1, 0.9, components)) / components
    hertz = slowest_hz * (fastest_hz / slowest_hz) ** spread
    strength = hertz**-0.5
    if period is not None:
        hertz = np.maximum(1, np.round(hertz * period)) / period
    strength *= np.sqrt(2.0 / np.sum(strength**2))
    phases = rng.uniform(0, 2 * np.pi, components)
    waves = np.cos(2 * np.pi * hertz[:, None] * times[None, :] + phases[:, None])
    return np.asarray(strength @ waves)


def soft_limit(x: Curve, limit: float) -> Curve:
    """Nearly the identity well inside ±limit, never beyond it."""
    return np.asarray(limit * np.tanh(x / limit))


def soft_ceiling(x: Curve, knee: float = 0.8) -> Curve:
    """Values from 0 up: unchanged to `knee`, then bent so that they never reach 1."""
    room = 1.0 - knee
    return np.where(x > knee, knee + room * np.tanh((x - knee) / room), x)
