"""What shoulders do by themselves while somebody talks: they rise with the breath and shift their weight."""

from __future__ import annotations

import numpy as np

from omnitalker.base import timeline
from omnitalker.base.types import FloatArray

BREATH = 0.035
"""How far the shoulders rise, in eye distances: some three millimetres."""
BREATH_SECONDS = 3.9
INHALES = 0.38
"""Share of a breath that goes in."""
SWAY = 0.022
"""How far weight shifts to either side, in eye distances."""
SWAY_SECONDS = (7.3, 11.9)
"""Two swings that never meet again, so that it does not look like a pendulum."""


def swayed(frame: int) -> FloatArray:
    """(2,) where the shoulders are in frame `frame` of a video, eye distances right and down; frame 0 is at rest."""
    seconds = frame / timeline.VIDEO_FPS
    first, second = (np.sin(2 * np.pi * seconds / period) for period in SWAY_SECONDS)
    aside = SWAY * (0.6 * first + 0.4 * second)
    return np.array([aside, -BREATH * _filled(seconds / BREATH_SECONDS % 1.0)], np.float32)


def _filled(phase: float) -> float:
    """How full the lungs are, 0..1: in quickly, out slowly."""
    part = phase / INHALES if phase < INHALES else (1 - phase) / (1 - INHALES)
    return float(part * part * (3 - 2 * part))
