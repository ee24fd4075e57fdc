from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import av
import numpy as np
import pytest

from omnitalker.base import timeline
from omnitalker.base.errors import InputError
from omnitalker.base.types import AVChunk, Frame
from omnitalker.media.cues import Cue
from omnitalker.media.reader import read_audio, read_clip
from omnitalker.media.writer import VideoWriter


def picture(value: int, width: int = 64, height: int = 48) -> Frame:
    """Grey `value`, with a white top left corner to tell which way is up."""
    pixels = np.full((height, width, 3), value, dtype=np.uint8)
    pixels[: height // 4, : width // 4] = 255
    return pixels


def write_clip(path: Path, blocks: int) -> None:
    time = np.arange(timeline.BLOCK_SAMPLES) / timeline.SAMPLE_RATE
    tone = (0.3 * np.sin(2 * np.pi * 440 * time)).astype(np.float32)
    with VideoWriter(path, (64, 48)) as writer:
        for index in range(blocks):
            frames = tuple(picture(20 * (index % 10)) for _ in range(4))
            motion = np.zeros((4, 61), dtype=np.float32)
            writer.write(AVChunk(index, 0.16 * index, tone, motion, frames))


def test_what_is_written_is_read_back_in_time(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    write_clip(path, blocks=10)
    clip = read_clip(path)
    assert len(clip.frames) == 40
    assert len(clip.samples) == timeline.video_frames_to_samples(40)
    for index in (0, 17, 39):
        assert abs(int(clip.frames[index][40, 40, 0]) - 20 * (index // 4)) < 8
    assert np.sqrt(np.mean(clip.samples[2000:-2000] ** 2)) == pytest.approx(
        0.3 / np.sqrt(2), rel=0.1
    )


def test_sound_and_picture_end_together(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    write_clip(path, blocks=25)
    with av.open(str(path)) as container:
        video, audio = container.streams.video[0], container.streams.audio[0]
        picture_end = float(video.duration * video.time_base)
        sound_end = float(audio.duration * audio.time_base)
    assert picture_end == pytest.approx(4.0, abs=1e-3)
    assert abs(sound_end - picture_end) < 0.045


def test_a_failure_leaves_nothing_behind(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    with pytest.raises(ZeroDivisionError), VideoWriter(path, (64, 48)) as writer:
        writer.write_frames(picture(1 // zero) for zero in (1, 0))
    assert list(tmp_path.iterdir()) == []


def test_an_older_file_survives_a_failed_run(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(b"older")
    with pytest.raises(RuntimeError), VideoWriter(path, (64, 48)):
        raise RuntimeError("stop")
    assert path.read_bytes() == b"older"


def test_other_frame_rates_keep_their_length(tmp_path: Path) -> None:
    path = tmp_path / "thirty.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=30)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for index in range(60):
            frame = av.VideoFrame.from_ndarray(picture(4 * index), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    clip = read_clip(path)
    assert abs(len(clip.frames) - 50) <= 1
    assert abs(int(clip.frames[25][40, 40, 0]) - 4 * 30) < 12


def test_large_pictures_are_made_smaller_and_stills_have_one_frame(tmp_path: Path) -> None:
    path = tmp_path / "large.png"
    write_still(path, picture(90, width=2560, height=1920))
    clip = read_clip(path)
    assert len(clip.frames) == 1
    assert clip.frames[0].shape == (960, 1280, 3)
    assert len(clip.samples) == 0


def write_still(path: Path, pixels: Frame) -> None:
    with av.open(str(path), "w", format="image2") as container:
        stream = container.add_stream("png", rate=1)
        stream.height, stream.width = pixels.shape[:2]
        stream.pix_fmt = "rgb24"
        frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


@pytest.mark.parametrize(
    ("content", "message"),
    [(None, "no such file"), (b"", "empty"), (b"not a video at all" * 50, "cannot read")],
)
def test_bad_files_get_one_clear_line(tmp_path: Path, content: bytes | None, message: str) -> None:
    path = tmp_path / "bad.mp4"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=message) as caught:
        read_clip(path)
    assert "\n" not in str(caught.value)


def test_a_cut_off_file_gives_what_was_before_the_cut(tmp_path: Path) -> None:
    whole = tmp_path / "whole.mp4"
    write_clip(whole, blocks=25)
    data = whole.read_bytes()
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(data[: len(data) // 2])
    assert 0 < len(read_clip(cut).frames) < 100


def test_a_silent_video_has_no_sound_track_to_read(tmp_path: Path) -> None:
    path = tmp_path / "mute.mp4"
    with VideoWriter(path, (64, 48), with_audio=False) as writer:
        writer.write_frames([picture(1)] * 5)
    assert len(read_clip(path).samples) == 0
    with pytest.raises(InputError, match="no sound track"):
        read_audio(path)


def test_unwritable_place_is_the_users_mistake(tmp_path: Path) -> None:
    blocker = tmp_path / "file"
    blocker.write_text("")
    with pytest.raises(InputError, match="cannot write"), VideoWriter(blocker / "a.mp4", (64, 48)):
        pass


_FULL_DISK = """
import resource, signal, sys
import numpy as np
from omnitalker.base.errors import InputError
from omnitalker.media.writer import VideoWriter
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (30_000, 30_000))
rng = np.random.default_rng(0)
try:
    with VideoWriter(sys.argv[1], (320, 320)) as writer:
        for _ in range(100):
            writer.write_frames([rng.integers(0, 255, (320, 320, 3), dtype=np.uint8)])
except InputError as error:
    print(f"told: {error}")
"""


def test_a_full_disk_is_told_in_one_line_and_leaves_nothing(tmp_path: Path) -> None:
    """The limit on file size stands in for the disk: writing really fails in the operating system."""
    path = tmp_path / "video.mp4"
    done = subprocess.run(
        [sys.executable, "-c", _FULL_DISK, str(path)], capture_output=True, text=True
    )
    assert done.stdout.startswith("told: cannot write"), done.stdout + done.stderr
    assert len(done.stdout.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_odd_sizes_are_made_even(tmp_path: Path) -> None:
    path = tmp_path / "odd.mp4"
    with VideoWriter(path, (65, 47)) as writer:
        writer.write_frames([picture(90, 65, 47)] * 3)
        writer.write_samples(np.zeros(2_880, np.float32))
    assert read_clip(path).frames[0].shape == (48, 66, 3)


def test_subtitles_are_a_track_of_the_video(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    with VideoWriter(path, (64, 48), with_subtitles=True) as writer:
        writer.write_frames([picture(90)] * 50)
        writer.write_samples(np.zeros(48_000, np.float32))
        writer.write_subtitles([Cue(0.2, 0.9, "Hello, {you}"), Cue(1.0, 1.8, "你好。")])
    with av.open(str(path)) as container:
        track = container.streams.subtitles[0]
        packets = [p for p in container.demux(track) if p.size > 2]
        texts = [bytes(p)[2:].decode() for p in packets]
        starts = [float(p.pts * p.time_base) for p in packets]
    assert texts == ["Hello, (you)", "你好。"]
    assert starts == pytest.approx([0.2, 1.0], abs=0.01)
    assert len(read_clip(path).frames) == 50
