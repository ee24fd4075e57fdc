"""Gaze from the iris points, and blinks from how far the lids are apart, calibrated for the person.

Everything is measured in the head's own axes: pixels are lifted to the depth the model gives them and unposed.
Eye order is left, right (the person's own). F frames.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from omnitalker.base.types import Camera, FloatArray
from omnitalker.motion.face import regions
from omnitalker.motion.face.model import FaceModel
from omnitalker.motion.names import INDEX, MOTION_DIM
from omnitalker.reference.fit.head import Heads

_IRISES = np.array([regions.LEFT_IRIS, regions.RIGHT_IRIS])
_CORNERS = np.array([[362, 263], [33, 133]])
_UPPER = np.array([regions.LEFT_LID_UPPER[2:-2], regions.RIGHT_LID_UPPER[2:-2]])
_LOWER = np.array([regions.LEFT_LID_LOWER[2:-2], regions.RIGHT_LID_LOWER[2:-2]])
_BLINKS = [INDEX["eyeBlinkLeft"], INDEX["eyeBlinkRight"]]

USUAL_CLOSED = 0.12
"""How open a tracker sees closed eyes, as a part of open ones, where the person never blinks."""
BLINK_DIP = 0.45
"""A dip below this part of the usual opening is a blink, and shows how the person's closed eyes are seen."""
CLOSED_EYES = 0.45
"""Eyes whose widest opening is narrower than this part of the model's are taken for closed."""
IGNORED = 0.1
"""Flutter of the lids below this strength is noise."""

FARTHEST = 0.55
"""Sine of the gaze beyond which heads turn instead of eyes."""
TOGETHER = 0.7
"""How far both eyes are taken to look at the same thing."""
LID_DROOP, CERTAIN_BLINK = 0.45, 0.75
"""Trackers see fast blinks too open: from the second strength on lids are taken for closed, below the first as seen."""


@dataclass(frozen=True)
class Opening:
    """How far the lids are apart: per frame, usually, and when closed; (F, 2), (2,), (2,) units."""

    gap: FloatArray
    usual: FloatArray
    closed: FloatArray

    @property
    def part(self) -> FloatArray:
        """(F, 2) 0 closed, 1 as usual."""
        return (self.gap - self.closed) / np.maximum(self.usual - self.closed, 1e-3)


def in_head(pixels: FloatArray, camera: Camera, heads: Heads, shapes: FloatArray) -> FloatArray:
    """(F, P, 2) pixels -> (F, P, 3) units in the axes of the head, at the depth of `shapes` (F or 1, P, 3)."""
    space = camera.lift(pixels, heads.posed(shapes)[..., 2])
    return np.asarray((space - heads.place[:, None]) @ heads.turn, np.float32)


def lid_gap(points: FloatArray) -> FloatArray:
    """(..., P, 3) in head axes -> (..., 2) mean distance of the lids."""
    return np.asarray((points[..., _UPPER, 1] - points[..., _LOWER, 1]).mean(-1))


def measure_opening(points: FloatArray, model: FaceModel) -> Opening:
    """Calibrate on a clip: (F, P, 3) in head axes. A single picture is taken to show the usual opening."""
    gap = lid_gap(points)
    usual = np.percentile(gap, 80, axis=0)
    wide = np.linalg.norm(points[:, _CORNERS[:, 1]] - points[:, _CORNERS[:, 0]], axis=-1)
    model_wide = np.linalg.norm(
        model.neutral[_CORNERS[:, 1]] - model.neutral[_CORNERS[:, 0]], axis=-1
    )
    expected = lid_gap(model.neutral) / model_wide * np.median(wide, axis=0)
    if usual.mean() < CLOSED_EYES * expected.mean():
        usual = 0.8 * expected
    lowest = np.percentile(gap, 1, axis=0)
    closed = np.where(lowest < BLINK_DIP * usual, lowest, USUAL_CLOSED * usual)
    return Opening(gap, usual, np.clip(closed, 0, BLINK_DIP * usual))


def eyes_closed(opening: Opening) -> bool:
    """Whether the eyes are hardly ever open."""
    return bool(np.percentile(opening.part.mean(1), 90) < 0.5)


def blink_strengths(
    model: FaceModel, neutral: FloatArray, values: FloatArray, opening: Opening
) -> FloatArray:
    """(F, 2) eyeBlink that, on top of the other shapes in `values` (F, 61), gives the lids the measured opening."""
    without = values.copy()
    without[:, _BLINKS] = 0
    gap = lid_gap(model.deform(neutral, without))
    wanted = opening.part.clip(0, 1) * lid_gap(neutral)
    strength = 1 - wanted / np.maximum(gap, 1e-3)
    strength = ((strength - IGNORED) / (1 - IGNORED)).clip(0, 1)
    full = np.clip((strength - LID_DROOP) / (CERTAIN_BLINK - LID_DROOP), 0, 1)
    return np.asarray(strength + full * (1 - strength), np.float32)


def rest_irises(neutral: FloatArray, model: FaceModel, points: FloatArray) -> FloatArray:
    """The neutral with irises where this person's look straight ahead; points: (F, P, 3) with open eyes.

    Straight ahead is where the irises sit between the eye corners in the model; on a clip it is moved, within
    limits, to where the eyes mostly are, for people mostly look where their head points.
    """
    neutral = neutral.copy()
    model_middle = model.neutral[_CORNERS].mean(1)
    middle = neutral[_CORNERS].mean(1) + (model.neutral[_IRISES[:, 0]] - model_middle)
    seen = points[:, _IRISES]
    arm = iris_arm(model)
    limit = arm * (0.12 if len(points) >= 25 else 0.03)
    offset = np.median(seen[:, :, 0, :2], axis=0) - middle[:, :2]
    shared = offset.mean(0)
    apart = np.array([[0.5, 0.0], [-0.5, 0.0]]) * (offset[0, 0] - offset[1, 0])
    middle[:, :2] += shared.clip(-limit, limit) + apart.clip(-0.03, 0.03)
    ring = seen[:, :, 1:, :2] - seen[:, :, :1, :2]
    radius = np.median(np.linalg.norm(ring, axis=-1)).clip(0.045, 0.08)
    unit = model.neutral[_IRISES[:, 1:]] - model.neutral[_IRISES[:, :1]]
    unit /= np.linalg.norm(unit, axis=-1, keepdims=True)
    neutral[_IRISES[:, 0]] = middle
    neutral[_IRISES[:, 1:]] = middle[:, None] + radius * unit
    return neutral


def iris_arm(model: FaceModel) -> float:
    """Distance of the iris from the middle of the eyeball, units."""
    ring = model.neutral[_IRISES[0, 1:]] - model.neutral[_IRISES[0, 0]]
    return float(np.sqrt(model.eyeball_radius**2 - (ring**2).sum(-1).mean()))


def gaze_angles(points: FloatArray, neutral: FloatArray, model: FaceModel) -> FloatArray:
    """(F, 4) left yaw, pitch, right yaw, pitch in radians; points: (F, P, 3) in head axes."""
    seen = points[:, _IRISES].mean(2)[..., :2]
    rest = neutral[_IRISES].mean(1)[..., :2]
    angles = np.arcsin(((seen - rest) / iris_arm(model)).clip(-FARTHEST, FARTHEST))
    angles = TOGETHER * angles.mean(1, keepdims=True) + (1 - TOGETHER) * angles
    return np.asarray(angles.reshape(len(points), 4), np.float32)


def neutral_lids(neutral: FloatArray, opening: Opening) -> FloatArray:
    """The neutral with its lids as far apart as this person's usually are."""
    neutral = neutral.copy()
    factor = opening.usual / np.maximum(lid_gap(neutral), 1e-3)
    for eye, (upper, lower) in enumerate(
        (
            (regions.LEFT_LID_UPPER, regions.LEFT_LID_LOWER),
            (regions.RIGHT_LID_UPPER, regions.RIGHT_LID_LOWER),
        )
    ):
        high, low = list(upper[1:-1]), list(lower[1:-1])
        middle = 0.5 * (neutral[high, 1] + neutral[low, 1])
        half = 0.5 * (neutral[high, 1] - neutral[low, 1]) * factor[eye]
        neutral[high, 1], neutral[low, 1] = middle + half, middle - half
    return neutral


def still(frames: int) -> FloatArray:
    """(F, 61) zeros."""
    return np.zeros((frames, MOTION_DIM), np.float32)
