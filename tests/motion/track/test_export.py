"""CSV out and in again, in both layouts, and what a stranger's file may look like."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from omnitalker.base.errors import InputError
from omnitalker.base.types import MotionTrack
from omnitalker.motion.made.gaze import EYE_LOOK_FULL
from omnitalker.motion.made.idle import idle
from omnitalker.motion.names import BLENDSHAPES, INDEX, NAMES, POSE_SLICE
from omnitalker.motion.track.export import export_csv, import_csv


@pytest.fixture
def track() -> MotionTrack:
    """A face in motion with every shape in use and a head well turned."""
    values = idle(4.0, seed=1).values.copy()
    rng = np.random.default_rng(0)
    busy = [i for i, name in enumerate(BLENDSHAPES) if not name.startswith("eyeLook")]
    values[:, busy] = rng.uniform(0, 1, (len(values), len(busy)))
    values[:, POSE_SLICE] = rng.uniform(-0.3, 0.3, (len(values), 6))
    return MotionTrack(values)


def test_plain_round_trip_keeps_everything(track: MotionTrack, tmp_path: Path) -> None:
    again = import_csv(export_csv(track, tmp_path / "plain.csv", "plain"))
    np.testing.assert_allclose(again.values, track.values, atol=1e-6)


def test_arkit_round_trip_keeps_all_but_translation(track: MotionTrack, tmp_path: Path) -> None:
    again = import_csv(export_csv(track, tmp_path / "arkit.csv")).values
    kept = [i for i, name in enumerate(NAMES) if not name.startswith("headTrans")]
    np.testing.assert_allclose(again[:, kept], track.values[:, kept], atol=1e-5)
    assert (again[:, [INDEX["headTransX"], INDEX["headTransZ"]]] == 0).all()


def test_arkit_header_is_that_of_live_link_face(track: MotionTrack, tmp_path: Path) -> None:
    with export_csv(track, tmp_path / "a.csv").open() as file:
        header, first, *rest = list(csv.reader(file))
    assert len(header) == 63
    assert header[:4] == ["Timecode", "BlendshapeCount", "EyeBlinkLeft", "EyeLookDownLeft"]
    assert header[16:20] == ["JawForward", "JawRight", "JawLeft", "JawOpen"]
    assert header[53:57] == ["TongueOut", "HeadYaw", "HeadPitch", "HeadRoll"]
    assert {name[0].lower() + name[1:] for name in header[2:54]} - set(BLENDSHAPES) == {"tongueOut"}
    assert first[:2] == ["00:00:00:00.000", "61"]
    assert rest[25][0] == "00:00:01:01.000"
    assert len(rest) + 1 == len(track.values)


def write(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def test_any_subset_of_names_in_any_case(tmp_path: Path) -> None:
    path = write(tmp_path / "s.csv", "JawOpen,headRotY\n0.5,0.1\n0.25,-0.1\n")
    values = import_csv(path).values
    assert values.shape == (2, len(NAMES))
    np.testing.assert_allclose(values[:, INDEX["jawOpen"]], [0.5, 0.25])
    np.testing.assert_allclose(values[:, INDEX["headRotY"]], [0.1, -0.1], atol=1e-7)
    assert values[:, INDEX["mouthPucker"]].max() == 0


def test_gaze_follows_eye_looks(tmp_path: Path) -> None:
    path = write(tmp_path / "s.csv", "eyeLookOutLeft,eyeLookInRight,eyeLookDownLeft\n0.4,0.4,0.2\n")
    values = import_csv(path).values[0]
    assert values[INDEX["gazeLeftYaw"]] == pytest.approx(0.4 * EYE_LOOK_FULL)
    assert values[INDEX["gazeRightYaw"]] == pytest.approx(0.4 * EYE_LOOK_FULL)
    assert values[INDEX["gazeLeftPitch"]] == pytest.approx(-0.2 * EYE_LOOK_FULL)


def test_sixty_frames_a_second_become_twenty_five(tmp_path: Path) -> None:
    rows = [f"00:00:{10 + i // 60:02d}:{i % 60:02d}.000,61,{i / 120:.5f}" for i in range(121)]
    path = write(tmp_path / "s.csv", "\n".join(["Timecode,BlendShapeCount,JawOpen", *rows]))
    values = import_csv(path).values
    assert len(values) == 51
    np.testing.assert_allclose(values[:, INDEX["jawOpen"]], np.linspace(0, 1, 51), atol=1e-5)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("jawOpne\n0.5\n", "jawOpen"),
        ("jawOpen\nwide\n", "no number"),
        ("jawOpen\nnan\n", "finite"),
        ("jawOpen\n", "at least one row"),
        ("jawOpen,mouthPucker\n0.5\n", "Row 2"),
        ("Timecode,jawOpen\nnoon,0.5\n", "timecode"),
    ],
)
def test_bad_files_are_told(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        import_csv(write(tmp_path / "bad.csv", text))


def test_missing_file_and_unwritable_place(track: MotionTrack, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="Cannot read"):
        import_csv(tmp_path / "none.csv")
    blocker = tmp_path / "file"
    blocker.touch()
    with pytest.raises(InputError, match="cannot write"):
        export_csv(track, blocker / "such.csv")
    blocker.unlink()
    with pytest.raises(InputError, match="arkit, plain"):
        export_csv(track, tmp_path / "x.csv", "bvh")  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []
