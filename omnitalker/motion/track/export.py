"""Tracks as CSV: the Live Link Face layout that drives ARKit avatars, and a plain one with our own names.

Live Link Face: one row per frame, `Timecode` (hours:minutes:seconds:frame.fraction), `BlendshapeCount`,
52 ARKit shapes in PascalCase, then head and eye rotations in radians as Euler angles about ARKit's axes
(x to the viewer's right, y up, z to the viewer), applied yaw, then pitch, then roll. That layout has no head
translation; the plain one has everything.
"""

from __future__ import annotations

import csv
import difflib
import io
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import Final, Literal, get_args

import numpy as np
from scipy.spatial.transform import Rotation

from omnitalker.base import timeline
from omnitalker.base.errors import InputError
from omnitalker.base.files import AtomicFile
from omnitalker.base.types import FloatArray, MotionTrack
from omnitalker.motion.made.gaze import EYE_LOOK_FULL, GAZE_LIMIT, set_gaze
from omnitalker.motion.names import (
    EXPRESSION_SLICE,
    GAZE,
    GAZE_SLICE,
    INDEX,
    MOTION_DIM,
    NAMES,
    POSE_SLICE,
)  # fmt: skip

Layout = Literal["arkit", "plain"]

_EYE: Final = ("Blink", "LookDown", "LookIn", "LookOut", "LookUp", "Squint", "Wide")
ARKIT_SHAPES: Final = (
    *(f"eye{what}{side}" for side in ("Left", "Right") for what in _EYE),
    "jawForward", "jawRight", "jawLeft", "jawOpen", "mouthClose", "mouthFunnel", "mouthPucker",
    "mouthRight", "mouthLeft", "mouthSmileLeft", "mouthSmileRight", "mouthFrownLeft",
    "mouthFrownRight", "mouthDimpleLeft", "mouthDimpleRight", "mouthStretchLeft",
    "mouthStretchRight", "mouthRollLower", "mouthRollUpper", "mouthShrugLower", "mouthShrugUpper",
    "mouthPressLeft", "mouthPressRight", "mouthLowerDownLeft", "mouthLowerDownRight",
    "mouthUpperUpLeft", "mouthUpperUpRight", "browDownLeft", "browDownRight", "browInnerUp",
    "browOuterUpLeft", "browOuterUpRight", "cheekPuff", "cheekSquintLeft", "cheekSquintRight",
    "noseSneerLeft", "noseSneerRight", "tongueOut",
)  # fmt: skip
"""Apple's 52 in Live Link Face's order: our 51 and tongueOut, which we do not move."""
ARKIT_ROTATIONS: Final = (
    "HeadYaw", "HeadPitch", "HeadRoll", "LeftEyeYaw", "LeftEyePitch", "LeftEyeRoll",
    "RightEyeYaw", "RightEyePitch", "RightEyeRoll",
)  # fmt: skip
_EULER: Final = "YXZ"


def to_csv(track: MotionTrack, layout: Layout = "arkit") -> str:
    """The text of the CSV file."""
    if layout not in get_args(Layout):
        raise InputError(
            f"Unknown CSV layout '{layout}'. Choose one of: {', '.join(get_args(Layout))}."
        )
    text = io.StringIO(newline="")
    rows = _arkit_rows(track.values) if layout == "arkit" else _plain_rows(track.values)
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


class CurveWriter(AbstractContextManager["CurveWriter"]):
    """The ARKit layout, piece by piece; the file is there when it is whole."""

    def __init__(self, path: str | Path) -> None:
        self._file = AtomicFile(path)
        self._frames = 0

    def __enter__(self) -> CurveWriter:
        self._text = self._file.__enter__().open("w", encoding="utf-8", newline="")
        self._rows = csv.writer(self._text, lineterminator="\n")
        self._rows.writerow(_arkit_header())
        return self

    def write(self, values: FloatArray) -> None:
        """(F, 61), the next frames."""
        self._rows.writerows(_arkit_rows(values, self._frames)[1:])
        self._frames += len(values)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._text.close()
        self._file.__exit__(kind, error, trace)


def export_csv(track: MotionTrack, path: str | Path, layout: Layout = "arkit") -> Path:
    """Write a track; a failure leaves no partial file."""
    text = to_csv(track, layout)
    target = Path(path)
    with AtomicFile(target) as partial:
        partial.write_text(text, encoding="utf-8")
    return target


def import_csv(path: str | Path, fps: float | None = None) -> MotionTrack:
    """Read either layout, or a CSV with any subset of our names; what is missing stays neutral.

    fps: frame rate of the recording. By default it is read from the timecodes or the `time` column, and is
    25 without either. The track comes out at 25 frames/s.
    """
    header, table = _read(Path(path))
    lower = [name.strip().lower() for name in header]
    values = np.zeros((len(table), MOTION_DIM))
    known = {name.lower(): column for name, column in INDEX.items()}
    ignored = {"timecode", "blendshapecount", "time", "tongueout"}
    ignored |= {name.lower() for name in ARKIT_ROTATIONS}
    for position, name in enumerate(lower):
        if name in known:
            values[:, known[name]] = _numbers(table, position, header[position])
        elif name not in ignored:
            close = difflib.get_close_matches(name, list(known), 1)
            hint = f" Did you mean '{NAMES[known[close[0]]]}'?" if close else ""
            raise InputError(f"Unknown column '{header[position]}' in '{path}'.{hint}")
    _read_rotations(values, table, header, lower)
    _agree_on_gaze(values, lower)
    values[:, EXPRESSION_SLICE] = np.clip(values[:, EXPRESSION_SLICE], 0.0, 1.0)
    return MotionTrack(_resample(values, _times(table, lower, fps)))


def _arkit_header() -> list[str]:
    names = [name[0].upper() + name[1:] for name in ARKIT_SHAPES]
    return ["Timecode", "BlendshapeCount", *names, *ARKIT_ROTATIONS]


def _arkit_rows(values: FloatArray, first: int = 0) -> list[list[str]]:
    """first: which frame of the track they begin with."""
    frames = values.astype(np.float64)
    euler = Rotation.from_rotvec(frames[:, POSE_SLICE][:, :3]).as_euler(_EULER)
    eyes = frames[:, GAZE_SLICE]
    count = str(len(ARKIT_SHAPES) + len(ARKIT_ROTATIONS))
    rows = [_arkit_header()]
    for index, frame in enumerate(frames):
        shapes = [frame[INDEX[name]] if name in INDEX else 0.0 for name in ARKIT_SHAPES]
        left_yaw, left_pitch, right_yaw, right_pitch = eyes[index]
        rotations = [*euler[index], left_yaw, -left_pitch, 0.0, right_yaw, -right_pitch, 0.0]
        rows.append([_timecode(first + index), count, *(f"{x:.9f}" for x in (*shapes, *rotations))])
    return rows


def _plain_rows(values: FloatArray) -> list[list[str]]:
    rows = [["time", *NAMES]]
    for index, frame in enumerate(values):
        time = float(timeline.video_time(index))
        rows.append([f"{time:.3f}", *(f"{x:.9g}" for x in frame)])
    return rows


def _timecode(frame: int) -> str:
    seconds, rest = divmod(frame, timeline.VIDEO_FPS)
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}:{rest:02d}.000"


def _read(path: Path) -> tuple[list[str], list[list[str]]]:
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = [row for row in csv.reader(file) if row]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"Cannot read motion from '{path}': {error}.") from error
    if len(rows) < 2:
        raise InputError(f"'{path}' has no motion: expected a header and at least one row.")
    header, table = rows[0], rows[1:]
    for number, row in enumerate(table, start=2):
        if len(row) != len(header):
            raise InputError(
                f"Row {number} of '{path}' has {len(row)} values, the header {len(header)}."
            )
    return header, table


def _numbers(table: list[list[str]], position: int, name: str) -> np.ndarray:
    try:
        column = np.array([float(row[position]) for row in table])
    except ValueError as error:
        raise InputError(f"Column '{name}' holds something that is no number: {error}.") from error
    if not np.isfinite(column).all():
        raise InputError(f"Column '{name}' holds values that are not finite.")
    return column


def _read_rotations(
    values: np.ndarray, table: list[list[str]], header: list[str], lower: list[str]
) -> None:
    def angle(name: str) -> np.ndarray:
        if name.lower() not in lower:
            return np.zeros(len(table))
        position = lower.index(name.lower())
        return _numbers(table, position, header[position])

    if "headyaw" in lower:
        angles = np.stack([angle("HeadYaw"), angle("HeadPitch"), angle("HeadRoll")], axis=1)
        values[:, POSE_SLICE][:, :3] = Rotation.from_euler(_EULER, angles).as_rotvec()
    if "lefteyeyaw" in lower:
        values[:, GAZE_SLICE] = np.stack(
            [
                angle("LeftEyeYaw"), -angle("LeftEyePitch"),
                angle("RightEyeYaw"), -angle("RightEyePitch"),
            ],
            axis=1,
        )  # fmt: skip


def _agree_on_gaze(values: np.ndarray, lower: list[str]) -> None:
    """Gaze from the eyeLook shapes where only those were recorded, and the other way round."""
    has_gaze = "lefteyeyaw" in lower or any(name.lower() in lower for name in GAZE)
    has_looks = any(name.startswith("eyelook") for name in lower)
    if has_looks and not has_gaze:
        column = INDEX
        for offset, side, sign in ((0, "Left", 1.0), (2, "Right", -1.0)):
            out = values[:, column[f"eyeLookOut{side}"]] - values[:, column[f"eyeLookIn{side}"]]
            up = values[:, column[f"eyeLookUp{side}"]] - values[:, column[f"eyeLookDown{side}"]]
            values[:, GAZE_SLICE.start + offset] = sign * out * EYE_LOOK_FULL
            values[:, GAZE_SLICE.start + offset + 1] = up * EYE_LOOK_FULL
    elif has_gaze and not has_looks:
        set_gaze(values, values[:, GAZE_SLICE].copy())
    values[:, GAZE_SLICE] = np.clip(values[:, GAZE_SLICE], -GAZE_LIMIT, GAZE_LIMIT)


def _times(table: list[list[str]], lower: list[str], fps: float | None) -> np.ndarray:
    """(rows,) seconds from the first row."""
    rate = fps or float(timeline.VIDEO_FPS)
    times = np.arange(len(table)) / rate
    if fps is None and "timecode" in lower:
        times = _timecode_seconds([row[lower.index("timecode")] for row in table])
    elif fps is None and "time" in lower:
        times = _numbers(table, lower.index("time"), "time")
    if (np.diff(times) < 0).any():
        raise InputError("The frames are not in the order of time.")
    return np.asarray(times - times[0])


def _timecode_seconds(codes: list[str]) -> np.ndarray:
    """The frame rate of timecodes is the lowest usual one that their frame numbers fit."""
    try:
        parts = np.array([[float(part) for part in code.split(":")] for code in codes])
        hours, minutes, seconds, frames = parts.T
    except ValueError as error:
        raise InputError(
            f"'{codes[0]}' is no timecode; expected hours:minutes:seconds:frame.fraction."
        ) from error
    rate = next((rate for rate in (25, 30, 50, 60, 120) if frames.max() < rate), 240)
    return np.asarray(hours * 3600 + minutes * 60 + seconds + frames / rate)


def _resample(values: np.ndarray, times: np.ndarray) -> FloatArray:
    """(rows, 61) at `times` -> (F, 61) at 25/s. Rows already on the grid come back as they are."""
    count = timeline.seconds_to_video_frames(float(times[-1])) + 1
    grid = np.arange(count) / timeline.VIDEO_FPS
    if count == len(times) and np.allclose(grid, times, atol=1e-3):
        return values.astype(np.float32)
    columns = [np.interp(grid, times, values[:, k]) for k in range(MOTION_DIM)]
    return np.stack(columns, axis=1).astype(np.float32)
