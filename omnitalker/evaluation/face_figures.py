"""How near rendered pictures come to what they should show: points, mouth, blinks, pose, pixels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from omnitalker.base.types import FloatArray
from omnitalker.motion.face import regions
from omnitalker.motion.made.blinks import detect_blinks
from omnitalker.motion.names import POSE_SLICE
from omnitalker.reference.lips import lip_gap

BLINK_TOLERANCE = 3
"""Frames by which a blink may be seen early or late."""


@dataclass(frozen=True)
class LoopFigures:
    """Rendered motion against the same motion tracked from the rendered pictures."""

    landmark_error: float
    """Mean distance of the 478 points from where they were meant, in eye distances."""
    lip_error: float
    """The same for the lips."""
    mouth_correlation: float
    """Of the opening of the lips over time."""
    blink_recall: float | None
    """Part of the blinks that is seen again; None if there were none."""
    blinks: int
    pose_error_degrees: float
    """Mean over the three angles."""
    frames_lost: int


def compare_motion(
    meant: FloatArray,
    seen: FloatArray,
    meant_points: FloatArray,
    seen_points: FloatArray,
    found: npt.NDArray[np.bool_],
) -> LoopFigures:
    """Motions (F, 61), points (F, 478, 2 or 3) in pixels of the same picture."""
    right, left = regions.OUTER_EYE_CORNERS
    apart = meant_points[:, right, :2] - meant_points[:, left, :2]
    unit = np.linalg.norm(apart, axis=1).max()
    error = np.linalg.norm(meant_points[..., :2] - seen_points[..., :2], axis=2)[found] / unit
    opening, again = lip_gap(meant_points[found]), lip_gap(seen_points[found])
    moving = len(opening) > 2 and opening.std() > 1e-6 and again.std() > 1e-6
    recall, count = blink_recall(meant, seen)
    turned = meant[found, POSE_SLICE][:, :3] - seen[found, POSE_SLICE][:, :3]
    return LoopFigures(
        landmark_error=float(error.mean()),
        lip_error=float(error[:, list(regions.LIPS)].mean()),
        mouth_correlation=float(np.corrcoef(opening, again)[0, 1]) if moving else float("nan"),
        blink_recall=recall,
        blinks=count,
        pose_error_degrees=float(np.degrees(np.abs(turned)).mean()),
        frames_lost=int((~found).sum()),
    )


def blink_recall(meant: FloatArray, seen: FloatArray) -> tuple[float | None, int]:
    """Part of the blinks in `meant` that `seen` has at about the same time, and how many there are."""
    wanted = [blink.peak for blink in detect_blinks(meant, rise=0.5)]
    there = np.array([blink.peak for blink in detect_blinks(seen)])
    if not wanted:
        return None, 0
    hits = [len(there) > 0 and np.abs(there - peak).min() <= BLINK_TOLERANCE for peak in wanted]
    return float(np.mean(hits)), len(wanted)
