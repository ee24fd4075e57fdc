"""How well the marks hold: read again after what people do to files, and how often one is seen where none is.

The material is a folder of real recordings and films. They are marked as given sounds and pictures are,
treated, and read; as they are, they say how often real material passes for ours.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from scipy.signal import resample, resample_poly

from omnitalker.base import timeline
from omnitalker.base.errors import InputError
from omnitalker.base.types import FloatArray, Frame
from omnitalker.marks.picture import PictureMarker
from omnitalker.marks.picture_reader import PictureMark
from omnitalker.marks.sound import mark_sound
from omnitalker.marks.sound_reader import SoundMark
from omnitalker.media.probe import probe
from omnitalker.media.reader import read_audio, read_frames
from omnitalker.media.sound import SoundEncoder
from omnitalker.media.writer import VideoSettings, VideoWriter
from omnitalker.studio.verify import verify_pictures, verify_sound

VALUE = 4711
SOUND_SECONDS, PICTURE_SECONDS = 8.0, 4.0
SIDE = 512
"""Films are brought to this height before they are marked: what is rendered mostly is."""

Sounds = Callable[[FloatArray], FloatArray]
Films = Callable[[list[Frame]], list[Frame]]


@dataclass(frozen=True)
class Row:
    """One treatment, over all the material."""

    kind: str
    treatment: str
    scores: tuple[float, ...]
    found: int
    told: int
    """How often the number was read, and rightly."""

    @property
    def line(self) -> str:
        cases = len(self.scores)
        share, told = 100 * self.found / cases, 100 * self.told / cases
        lowest, middle = min(self.scores), float(np.median(self.scores))
        return (
            f"{self.kind:8} {self.treatment:28} {cases:5}  found {share:5.1f} %  number {told:5.1f} %"
            f"  score {middle:6.1f} (lowest {lowest:.1f}, highest {max(self.scores):.1f})"
        )


def study(folder: Path, most: int = 200) -> Iterator[Row]:
    """A row for each treatment as soon as it is known; `none` rows are the false alarms."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    tracks = {path: found for path in files if (found := _tracks(path)) is not None}
    sounds = [path for path, (_, audio) in tracks.items() if audio >= 1.5][:most]
    films = [path for path, (video, _) in tracks.items() if video >= 2.5][:most]
    if not sounds and not films:
        raise InputError(f"{folder} has no recording of 1.5 s and no film of 2.5 s")
    for name, treat in SOUND_TREATMENTS.items():
        if sounds:
            yield _sound_row(name, treat, sounds)
    for name, change in FILM_TREATMENTS.items():
        if films:
            yield _film_row(name, change, films)


def _tracks(path: Path) -> tuple[float, float] | None:
    """Seconds of pictures and of sound; None for what is neither."""
    try:
        found = probe(path)
    except InputError:
        return None
    return found.video or 0.0, found.audio or 0.0


def _sound_row(name: str, treat: Sounds | None, paths: list[Path]) -> Row:
    marks: list[SoundMark] = []
    for path in paths:
        sound = read_audio(path, max_seconds=SOUND_SECONDS)
        marks.append(verify_sound(treat(mark_sound(sound, VALUE)) if treat else sound))
    return _row("sound", name, marks)


def _film_row(name: str, change: Films | None, paths: list[Path]) -> Row:
    marks: list[PictureMark] = []
    for path in paths:
        frames = [_sized(frame) for frame in read_frames(path, 0.0, PICTURE_SECONDS)]
        marks.append(verify_pictures(change(_marked(frames)) if change else frames))
    return _row("picture", name, marks)


def _row(kind: str, name: str, marks: list[SoundMark] | list[PictureMark]) -> Row:
    return Row(
        kind,
        name,
        tuple(mark.score for mark in marks),
        sum(mark.is_found for mark in marks),
        sum(mark.is_found and mark.value == VALUE for mark in marks),
    )


def _encoded(kind: str, bit_rate: int) -> Sounds:
    def treat(sound: FloatArray) -> FloatArray:
        encoder = SoundEncoder(kind, bit_rate)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"sound.{'ogg' if kind == 'opus' else kind}"
            path.write_bytes(encoder.push(sound) + encoder.finish())
            return read_audio(path)

    return treat


def _noisy(sound: FloatArray) -> FloatArray:
    noise = np.random.default_rng(0).normal(0, 1, len(sound)) * np.sqrt(np.mean(sound**2) / 100)
    return np.asarray(sound + noise, np.float32)


def _through(rate: int) -> Sounds:
    def treat(sound: FloatArray) -> FloatArray:
        down = resample_poly(sound, rate, timeline.SAMPLE_RATE)
        return np.asarray(resample_poly(down, timeline.SAMPLE_RATE, rate), np.float32)

    return treat


def _faster(speed: float) -> Sounds:
    return lambda sound: np.asarray(resample(sound, round(len(sound) / speed)), np.float32)


def _second(sound: FloatArray) -> FloatArray:
    """The loudest whole second: what somebody would cut out."""
    length = timeline.SAMPLE_RATE
    starts = range(0, max(1, len(sound) - length), length // 4)
    start = max(starts, key=lambda at: float(np.mean(sound[at : at + length] ** 2)))
    return sound[start : start + length]


SOUND_TREATMENTS: dict[str, Sounds | None] = {
    "none, and no mark": None,
    "as it is": lambda sound: sound,
    "AAC 64 kbit/s": _encoded("aac", 64_000),
    "MP3 48 kbit/s": _encoded("mp3", 48_000),
    "Opus 24 kbit/s": _encoded("opus", 24_000),
    "8 kHz": _through(8_000),
    "16 kHz": _through(16_000),
    "one second": _second,
    "noise at 20 dB": _noisy,
    "5 % faster": _faster(1.05),
    "5 % slower": _faster(0.95),
}


def _sized(frame: Frame) -> Frame:
    width = round(frame.shape[1] * SIDE / frame.shape[0] / 2) * 2
    return cv2.resize(frame, (width, SIDE), interpolation=cv2.INTER_AREA)


def _marked(frames: list[Frame]) -> list[Frame]:
    marker = PictureMarker((frames[0].shape[1], frames[0].shape[0]), VALUE)
    times = (float(timeline.video_frames_to_seconds(index)) for index in range(len(frames)))
    return [marker.mark(frame, time) for frame, time in zip(frames, times, strict=True)]


def _compressed(frames: list[Frame], crf: int = 28) -> list[Frame]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "film.mp4"
        size, settings = (frames[0].shape[1], frames[0].shape[0]), VideoSettings(crf=crf)
        with VideoWriter(path, size, settings=settings, with_audio=False) as writer:
            writer.write_frames(frames)
        return list(read_frames(path))


def _half(frames: list[Frame]) -> list[Frame]:
    size = (frames[0].shape[1] // 2, frames[0].shape[0] // 2)
    return _compressed([cv2.resize(f, size, interpolation=cv2.INTER_AREA) for f in frames])


def _cropped(frames: list[Frame]) -> list[Frame]:
    height, width = frames[0].shape[:2]
    top, left = round(0.07 * height), round(0.08 * width)
    return _compressed(
        [f[top : top + 9 * height // 10, left : left + 9 * width // 10] for f in frames]
    )


def _on_a_screen(frames: list[Frame]) -> list[Frame]:
    """Played in a window of a larger screen, and recorded."""
    shown = []
    for frame in _compressed(frames):
        small = cv2.resize(frame, None, fx=0.9, fy=0.9, interpolation=cv2.INTER_AREA)
        screen = np.full((720, max(1280, small.shape[1] + 340), 3), 40, np.uint8)
        screen[100 : 100 + small.shape[0], 300 : 300 + small.shape[1]] = small
        shown.append(screen)
    return _compressed(shown, crf=23)


FILM_TREATMENTS: dict[str, Films | None] = {
    "none, and no mark": None,
    "as it is": lambda frames: frames,
    "H.264 crf 28": _compressed,
    "half the size, crf 28": _half,
    "a tenth cut off, crf 28": _cropped,
    "screen recording": _on_a_screen,
}
