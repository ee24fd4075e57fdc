"""Importing talking videos: finding them, checking them, cutting them, and the whole way."""

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from omnitalker.base.errors import InputError
from omnitalker.base.types import Camera, MotionTrack, TrackedFace
from omnitalker.corpus import import_folder, open_corpus
from omnitalker.corpus.alignment import AlignmentLimits
from omnitalker.corpus.clip import ImportLimits
from omnitalker.corpus.failures import forget_failure, known_failures, record_failures, tried_before
from omnitalker.corpus.folder import find_videos, item_name
from omnitalker.corpus.teachers.speech import TimedSymbol
from omnitalker.corpus.video import check_face, check_sync, cut_at_pauses, measure_sync
from omnitalker.motion.names import INDEX
from omnitalker.text.symbols import SILENT, SYMBOLS

SHARED = Path(os.environ.get("OMNITALKER_SHARED", "../shared")) / "data"
CAMERA = Camera(320.0, 240.0, 300.0)


def test_finds_transcripts_beside_videos_and_in_a_table(tmp_path):
    (tmp_path / "anna").mkdir()
    for name in ("anna/one.mp4", "two.mp4", "three.mp4"):
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "anna/one.txt").write_text("Hello\nthere.")
    (tmp_path / "transcripts.csv").write_text(
        'file,text,speaker,manner\ntwo.mp4,"Oh, no!",ben,sad\n'
    )
    clips = list(find_videos(tmp_path))
    assert [(c.text, c.speaker, c.manner) for c in clips] == [
        ("Hello there.", "anna", "neutral"),
        ("", "three", "neutral"),
        ("Oh, no!", "ben", "sad"),
    ]
    names = [item_name(tmp_path, c) for c in clips]
    assert len(set(names)) == 3


def test_a_folder_without_transcripts_says_what_to_do(tmp_path):
    with pytest.raises(InputError, match="no videos"):
        list(find_videos(tmp_path))
    (tmp_path / "a.mp4").write_bytes(b"")
    with pytest.raises(InputError, match=r"NAME\.txt"):
        list(find_videos(tmp_path))
    with pytest.raises(InputError, match="no folder"):
        list(find_videos(tmp_path / "nowhere"))


def jaw(curve: np.ndarray) -> np.ndarray:
    motion = np.zeros((len(curve), 61), np.float32)
    motion[:, INDEX["jawOpen"]] = curve
    return motion


@pytest.fixture
def syllables() -> np.ndarray:
    rng = np.random.default_rng(3)
    return np.clip(np.convolve(rng.normal(size=150), np.ones(5) / 5, "same"), 0, None)


@pytest.mark.parametrize("lag", [-6, 0, 5])
def test_sync_is_measured(lag, syllables):
    late = jaw(np.roll(syllables, lag) + 0.002 * np.arange(150))
    sync = measure_sync(late, jaw(syllables))
    assert sync.lag == lag
    assert sync.correlation > 0.7


def test_a_mouth_that_does_its_own_thing_is_refused(syllables):
    other = jaw(0.3 + 0.2 * np.sin(np.arange(150) / 20.0))
    assert measure_sync(other, jaw(syllables)).correlation < 0.4
    with pytest.raises(InputError, match="do not go together"):
        check_sync(jaw(np.roll(syllables, 9)), jaw(syllables), ImportLimits())
    check_sync(jaw(np.roll(syllables, 2)), jaw(syllables), ImportLimits())


def test_a_small_or_missing_face_is_refused():
    def face(height: float, found: int) -> TrackedFace:
        landmarks = np.zeros((10, 478, 3), np.float32)
        landmarks[:, 0, 1] = height
        seen = np.arange(10) < found
        motion = MotionTrack(np.zeros((10, 61), np.float32))
        return TrackedFace(landmarks, seen, motion, np.zeros((478, 3)), CAMERA, (640, 480))

    check_face(face(90, 10), ImportLimits())
    with pytest.raises(InputError, match="60 pixels high; at least 80"):
        check_face(face(60, 10), ImportLimits())
    with pytest.raises(InputError, match="only 70% of the frames"):
        check_face(face(90, 7), ImportLimits())


def test_a_failure_is_told_until_it_is_mended(tmp_path):
    record_failures(tmp_path, [("a", "it has no sound")], tried="10 bytes: hello")
    assert tried_before(tmp_path) == {"a": "10 bytes: hello"}
    record_failures(tmp_path, [("a", "it is no video")], tried="12 bytes: hello")
    record_failures(tmp_path, [("a", "it is no video")], tried="12 bytes: hello")
    assert known_failures(tmp_path) == {"a": "it is no video"}
    assert len((tmp_path / "failed.jsonl").read_text().splitlines()) == 2
    forget_failure(tmp_path, "a")
    assert known_failures(tmp_path) == tried_before(tmp_path) == {}


def test_cuts_in_pauses_and_keeps_the_times():
    phones, end = [], 0.0
    for _ in range(4):
        for symbol, seconds in (("ɑ", 1.5), ("m", 1.5), (",", 0.4)):
            end += seconds
            phones.append(TimedSymbol(symbol, 0, end))
    blocks = int(end / 0.16)
    phones[-1] = TimedSymbol(".", 0, blocks * 0.16)
    pieces = cut_at_pauses(phones, blocks, ImportLimits(longest_item_seconds=7.5))
    assert [(p.start, p.stop) for p in pieces] == [(0, 41), (41, 85)]
    for piece in pieces:
        length = (piece.stop - piece.start) * 0.16
        assert piece.phones[-1].end == pytest.approx(length)
        assert all(0 < p.end <= length + 1e-6 for p in piece.phones)
        assert [p.symbol for p in piece.phones].count("ɑ") == 2
    with pytest.raises(InputError, match="no stretch"):
        cut_at_pauses(phones, blocks, ImportLimits(longest_item_seconds=2.0))


@pytest.mark.slow
def test_imports_a_folder(tmp_path):
    clip = SHARED / "clips" / "ravdess_08_happy.mp4"
    if not clip.exists():
        pytest.skip(f"{clip} is not there; set OMNITALKER_SHARED")
    from omnitalker.models.recogniser import PhonemeRecogniser

    videos = tmp_path / "videos"
    videos.mkdir()
    shutil.copy(clip, videos / "happy.mp4")
    (videos / "happy.txt").write_text("Kids are talking by the door.")
    (videos / "broken.mp4").write_bytes(b"no video")
    (videos / "broken.txt").write_text("Nothing.")
    shutil.copy(clip, videos / "untold.mp4")
    model = PhonemeRecogniser(SYMBOLS, sorted(SILENT), width=32, layers=2)
    lenient = ImportLimits(AlignmentLimits(0.0, 0.0), sync_correlation=-1.0, sync_frames=99)
    report = import_folder(videos, out=tmp_path / "corpus", recogniser=model, limits=lenient)
    assert set(report.left_out) == {"broken.mp4", "untold.mp4"}
    assert "untold.txt beside it" in report.left_out["untold.mp4"]
    assert report.items == 1
    item = open_corpus(tmp_path / "corpus")[0]
    assert item.info.speaker == "happy"
    assert item.info.has_motion
    assert item.info.seconds == pytest.approx(report.seconds)
    assert item.motion[:, INDEX["jawOpen"]].astype(float).std() > 0.01
    written = json.loads((tmp_path / "corpus" / "report.json").read_text())
    assert written["items"] == 1
    assert len(written["failed"]) == 2
    assert (tmp_path / "corpus" / "sheet.png").stat().st_size > 10_000

    (videos / "untold.txt").write_text("Kids are talking by the door.")
    asked = []
    again = import_folder(videos, out=tmp_path / "corpus", recogniser=model, limits=lenient,
                          on_clip=lambda name, outcome: asked.append((name, outcome)))  # fmt: skip
    assert asked == [("untold.mp4", "1 item")]
    assert set(again.left_out) == {"broken.mp4"}
