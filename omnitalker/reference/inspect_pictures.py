"""What the tracker saw, as pictures: curves over time, and the points on the frames."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from omnitalker.base import timeline
from omnitalker.base.errors import MissingExtra
from omnitalker.base.types import FloatArray, Frame, TrackedFace
from omnitalker.motion.face import regions
from omnitalker.motion.face.model import FaceModel
from omnitalker.motion.made.blinks import detect_blinks
from omnitalker.motion.names import BLENDSHAPES, EXPRESSION_SLICE, GAZE_SLICE, INDEX, POSE_SLICE

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST = 12
"""Shapes that move most get a curve of their own; all are in the map below."""
_LINES = (
    regions.INNER_LIPS,
    regions.OUTER_LIPS,
    regions.LEFT_EYE,
    regions.RIGHT_EYE,
    regions.LEFT_BROW,
    regions.RIGHT_BROW,
    regions.OVAL,
    regions.LEFT_IRIS[1:],
    regions.RIGHT_IRIS[1:],
)
_SEEN, _FITTED = (80, 230, 120), (255, 90, 90)


def plot_curves(face: TrackedFace, path: str | Path, title: str = "") -> Path:
    """Write a picture of coefficients, pose, gaze and blinks over time (.png, .svg or .pdf)."""
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingExtra("matplotlib", "eval", "Plotting a tracked face") from error
    values = face.motion.values
    seconds = np.asarray(np.arange(len(values)) / timeline.VIDEO_FPS, np.float32)
    figure = Figure(figsize=(12, 14), layout="constrained")
    axes: Any = figure.subplots(5, 1, height_ratios=[2, 1.2, 1.2, 0.8, 4], sharex=True)
    figure.suptitle(title or "Tracked face")
    _curves(axes[0], seconds, values)
    _angles(axes[1], seconds, np.degrees(values[:, POSE_SLICE][:, :3]), "head, degrees")
    axes[1].legend(["nod", "turn", "tilt"], loc="upper right", ncols=3, fontsize=8)
    _angles(axes[2], seconds, np.degrees(values[:, GAZE_SLICE]), "gaze, degrees")
    names = ["left yaw", "left pitch", "right yaw", "right pitch"]
    axes[2].legend(names, loc="upper right", ncols=4, fontsize=8)
    _lids(axes[3], seconds, values)
    _map(axes[4], seconds, values)
    for axis in axes:
        _mark(axis, face)
    figure.savefig(str(path), dpi=110)
    return Path(path)


def _curves(axis: Axes, seconds: FloatArray, values: FloatArray) -> None:
    shapes = values[:, EXPRESSION_SLICE]
    order = np.argsort(-shapes.std(0))[:MOST] if len(shapes) > 1 else np.argsort(-shapes[0])[:MOST]
    for index in order:
        axis.plot(seconds, shapes[:, index], label=BLENDSHAPES[index], linewidth=1.2)
    axis.set_ylim(0, 1.02)
    axis.set_ylabel("strength")
    axis.legend(loc="upper right", ncols=4, fontsize=7)


def _angles(axis: Axes, seconds: FloatArray, degrees: FloatArray, label: str) -> None:
    axis.plot(seconds, degrees, linewidth=1.2)
    axis.axhline(0, color="0.7", linewidth=0.6)
    axis.set_ylabel(label)


def _lids(axis: Axes, seconds: FloatArray, values: FloatArray) -> None:
    left, right = values[:, INDEX["eyeBlinkLeft"]], values[:, INDEX["eyeBlinkRight"]]
    axis.plot(seconds, left, seconds, right, linewidth=1.2)
    blinks = detect_blinks(values)
    for blink in blinks:
        axis.axvspan(seconds[blink.start], seconds[min(blink.end, len(seconds) - 1)], alpha=0.2)
    axis.set_ylabel(f"lids, {len(blinks)} blinks")
    axis.set_ylim(0, 1.05)


def _map(axis: Axes, seconds: FloatArray, values: FloatArray) -> None:
    last = float(seconds[-1]) + 1 / timeline.VIDEO_FPS
    shapes = values[:, EXPRESSION_SLICE].T
    extent = (0.0, last, len(BLENDSHAPES) - 0.5, -0.5)
    axis.imshow(shapes, aspect="auto", extent=extent, vmin=0, vmax=1, cmap="magma")
    axis.set_yticks(range(len(BLENDSHAPES)), BLENDSHAPES, fontsize=5)
    axis.set_xlabel("seconds")


def _mark(axis: Axes, face: TrackedFace) -> None:
    """Scene cuts as lines, frames without a face as grey stretches."""
    for cut in face.cuts:
        axis.axvline(cut / timeline.VIDEO_FPS, color="tab:red", linestyle=":")
    for frame in np.nonzero(~face.found)[0]:
        start = frame / timeline.VIDEO_FPS
        axis.axvspan(start, start + 1 / timeline.VIDEO_FPS, color="0.6", alpha=0.4, linewidth=0)


def draw_landmarks(frame: Frame, face: TrackedFace, index: int) -> Frame:
    """Frame `index` with the tracked points (green) and those that the coefficients give (red)."""
    model = FaceModel.load()
    fitted = model.pixels(face.neutral, face.motion.values[index], face.camera)
    picture = np.ascontiguousarray(frame).copy()
    width = max(1, round(face.camera.scale / 150))
    for points, colour in ((face.landmarks[index], _SEEN), (fitted, _FITTED)):
        for line in _LINES:
            corners = np.round(points[list(line), :2] * 16).astype(np.int32)
            cv2.polylines(picture, [corners], True, colour, width, cv2.LINE_AA, 4)
    return picture


def contact_sheet(
    frames: Sequence[Frame], face: TrackedFace, count: int = 8, width: int = 1280
) -> Frame:
    """`count` frames spread over the clip, cut to the face, with their landmarks, four in a row."""
    chosen = np.unique(np.linspace(0, len(frames) - 1, count).round().astype(int))
    across = min(4, len(chosen))
    side = width // across
    window = _window(face)
    drawn = [draw_landmarks(frames[i], face, int(i))[window] for i in chosen]
    tall = round(side * drawn[0].shape[0] / drawn[0].shape[1])
    tiles = [cv2.resize(picture, (side, tall), interpolation=cv2.INTER_AREA) for picture in drawn]
    tiles += [np.full_like(tiles[0], 255)] * (-len(tiles) % across)
    rows = [np.hstack(tiles[i : i + across]) for i in range(0, len(tiles), across)]
    return np.asarray(np.vstack(rows), np.uint8)


def _window(face: TrackedFace) -> tuple[slice, slice]:
    """Rows and columns around everywhere the face goes."""
    points = face.landmarks[..., :2].reshape(-1, 2)
    low, high = points.min(0), points.max(0)
    edge = 0.2 * (high - low).max()
    left, top = np.maximum(low - edge, 0).astype(int)
    right, bottom = np.minimum(high + edge, face.size).astype(int)
    return slice(int(top), int(bottom)), slice(int(left), int(right))


def summary(face: TrackedFace) -> dict[str, float]:
    """A few numbers that tell whether a clip makes a good reference."""
    values = face.motion.values
    eyes = face.landmarks[:, regions.OUTER_EYE_CORNERS[0], :2]
    eyes = eyes - face.landmarks[:, regions.OUTER_EYE_CORNERS[1], :2]
    return {
        "seconds": len(values) / timeline.VIDEO_FPS,
        "face_found": float(face.found.mean()),
        "eye_distance_px": float(np.median(np.linalg.norm(eyes, axis=1))),
        "turn_degrees": float(np.degrees(np.abs(values[:, INDEX["headRotY"]]).max())),
        "blinks": float(len(detect_blinks(values))),
        "jaw_range": float(np.ptp(values[:, INDEX["jawOpen"]])),
    }
