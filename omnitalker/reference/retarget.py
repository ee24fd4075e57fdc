"""Motion of one face for another: whose pose counts, and how strongly expression and pose are followed."""

from __future__ import annotations

from typing import Literal

import numpy as np

from omnitalker.base.errors import InputError
from omnitalker.base.types import FloatArray, MotionTrack
from omnitalker.motion.made.gaze import set_gaze
from omnitalker.motion.names import EXPRESSION_SLICE, GAZE_SLICE, INDEX, MOTION_DIM, POSE_SLICE

PoseMode = Literal["relative", "absolute"]
CALM_FRAMES = 12
"""A driving clip's resting pose is taken from about this many of its most usual frames at the start."""
POSE_LIMITS = np.array([0.45, 0.6, 0.45, 0.8, 0.6, 1.5], np.float32)
"""How far a picture may be turned and shifted from how it was taken: radians, units."""


def retarget(
    driving: MotionTrack,
    source: FloatArray,
    *,
    pose_mode: PoseMode = "relative",
    expression_strength: float = 1.0,
    pose_strength: float = 1.0,
    follow_expression: bool = True,
    follow_pose: bool = True,
) -> MotionTrack:
    """Driving motion (F, 61) as the person of `source` (61,), the coefficients of their picture, makes it.

    relative: the head moves from where it is in the source as the driver's moves from where it began.
    absolute: the head takes the driver's rotation itself; its place stays relative.
    Strength 0 is still, 1 as driven, up to 2 exaggerated. What is not followed stays as in the source.
    """
    for name, strength in (("expression", expression_strength), ("pose", pose_strength)):
        if not 0 <= strength <= 2:
            raise InputError(f"{name} strength must be from 0 to 2; got {strength}.")
    if source.shape != (MOTION_DIM,):
        raise InputError(
            f"The source must be one frame of {MOTION_DIM} numbers; got {source.shape}."
        )
    moving = driving.values
    result = np.repeat(source[None], len(moving), axis=0).astype(np.float32)
    if follow_expression:
        result[:, EXPRESSION_SLICE] = _expression(moving[:, EXPRESSION_SLICE], expression_strength)
        looking = result.astype(np.float64)
        set_gaze(looking, moving[:, GAZE_SLICE].astype(np.float64))
        result = looking.astype(np.float32)
    if follow_pose:
        result[:, POSE_SLICE] = _pose(
            moving[:, POSE_SLICE], source[POSE_SLICE], pose_mode, pose_strength
        )
    return MotionTrack(result)


def _expression(shapes: FloatArray, strength: float) -> FloatArray:
    """Lids keep their own strength: half a blink is not a calmer blink."""
    scaled = shapes * np.float32(strength)
    lids = [INDEX["eyeBlinkLeft"], INDEX["eyeBlinkRight"]]
    if strength > 0:
        scaled[:, lids] = shapes[:, lids]
    return np.asarray(scaled.clip(0, 1), np.float32)


def _pose(pose: FloatArray, own: FloatArray, mode: PoseMode, strength: float) -> FloatArray:
    rest = np.median(pose[:CALM_FRAMES], axis=0)
    moved = (pose - rest) * np.float32(strength)
    change = _soft(moved, POSE_LIMITS)
    result = own + change
    if mode == "absolute":
        result[:, :3] = own[:3] + _soft(pose[:, :3] * strength - own[:3], POSE_LIMITS[:3])
    return np.asarray(result, np.float32)


def _soft(values: FloatArray, limit: FloatArray) -> FloatArray:
    """Nearly the identity for small values, never beyond the limit."""
    return np.asarray(limit * np.tanh(values / limit))
