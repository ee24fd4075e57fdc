"""The mark in pictures: how often it is seen after each treatment, how often where none is, what it costs."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np

from omnitalker.base import timeline
from omnitalker.base.types import Frame
from omnitalker.evaluation.rows import Row, row
from omnitalker.marks.picture import PictureMarker, table
from omnitalker.marks.picture_reader import (
    FALSE_ALARMS,
    agreement,
    evened,
    swings_of,
    tiles_of,
)
from omnitalker.media.reader import read_frames
from omnitalker.media.writer import VideoSettings, VideoWriter
from omnitalker.studio.verify import verify_pictures

GROUP = "mark in pictures"
VALUE = 4711
SECONDS = 4.0
SIDE = 512
"""Films are brought to this height before they are marked: what is rendered mostly is."""
STRANGE_FIELDS = 40_000
"""Fields that nobody marks with, laid against real films: each is a chance of a false alarm."""

Film = list[Frame]
Treatment = Callable[[Film], Film]


def rows(films: Sequence[Callable[[], Film]]) -> Iterator[Row]:
    """The figures over real films, each read when it is needed: pictures of many would fill the memory."""
    found = {name: np.zeros(2) for name in TREATMENTS}
    alarms = np.zeros(3)
    likeness, spent, pictures = 0.0, 0.0, 0
    for read in films:
        plain = [_sized(picture) for picture in read()]
        began = time.process_time()
        film = _marked(plain)
        spent += time.process_time() - began
        pictures += len(film)
        likeness += _psnr(plain, film)
        for name, treat in TREATMENTS.items():
            mark = verify_pictures(treat(film))
            found[name] += mark.is_found, mark.is_found and mark.value == VALUE
        alarms += verify_pictures(plain).is_found, *strange(plain, -(-STRANGE_FIELDS // len(films)))
    count = len(films)
    for name, (seen, told) in found.items():
        yield row(
            GROUP, f"found: {name}", seen / count, count, at_least=0.98, beside=told / count,
            beside_is="number",
        )  # fmt: skip
    yield row(GROUP, "found where none is", alarms[0] / count, count, at_most=0)
    yield row(
        GROUP,
        "fields nobody uses that are found",
        alarms[1] / alarms[2],
        int(alarms[2]),
        at_most=1e-4,
    )
    yield row(GROUP, "likeness to the unmarked, dB", likeness / count, count, at_least=42)
    yield row(GROUP, "ms of work per picture", 1000 * spent / pictures, pictures, at_most=3)


def strange(film: Film, fields: int) -> tuple[int, int]:
    """(How many are found, how many were tried) of random fields: a mark that nobody makes."""
    times = [float(timeline.video_frames_to_seconds(index)) for index in range(len(film))]
    tiles = tiles_of(evened(swings_of(film, times)), 1.0)
    if tiles is None:
        return 0, 0
    rng, (signs, bits) = np.random.default_rng(0), table()
    found = 0
    for _ in range(fields):
        sides = rng.choice([-1.0, 1.0], signs.shape)
        scores = np.abs(agreement(tiles, np.where(bits < 0, sides, 0).astype(np.float32))) ** 2
        found += bool(np.exp(-float(scores.max())) * scores.size <= FALSE_ALARMS)
    return found, fields


def _sized(picture: Frame) -> Frame:
    width = round(picture.shape[1] * SIDE / picture.shape[0] / 2) * 2
    return cv2.resize(picture, (width, SIDE), interpolation=cv2.INTER_AREA)


def _marked(film: Film) -> Film:
    marker = PictureMarker((film[0].shape[1], film[0].shape[0]), VALUE)
    times = (float(timeline.video_frames_to_seconds(index)) for index in range(len(film)))
    return [marker.mark(picture, at) for picture, at in zip(film, times, strict=True)]


def _psnr(plain: Film, marked: Film) -> float:
    return float(np.mean([cv2.PSNR(a, b) for a, b in zip(plain, marked, strict=True)]))


def _compressed(film: Film, crf: int = 28) -> Film:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "film.mp4"
        size, settings = (film[0].shape[1], film[0].shape[0]), VideoSettings(crf=crf)
        with VideoWriter(path, size, settings=settings, with_audio=False) as writer:
            writer.write_frames(film)
        return list(read_frames(path))


def _half(film: Film) -> Film:
    size = (film[0].shape[1] // 2, film[0].shape[0] // 2)
    return _compressed([cv2.resize(f, size, interpolation=cv2.INTER_AREA) for f in film])


def _cropped(film: Film) -> Film:
    height, width = film[0].shape[:2]
    top, left = round(0.07 * height), round(0.08 * width)
    return _compressed(
        [f[top : top + 9 * height // 10, left : left + 9 * width // 10] for f in film]
    )


def _on_a_screen(film: Film) -> Film:
    """Played in a window of a larger screen, and recorded."""
    shown = []
    for frame in _compressed(film):
        small = cv2.resize(frame, None, fx=0.9, fy=0.9, interpolation=cv2.INTER_AREA)
        screen = np.full((720, max(1280, small.shape[1] + 340), 3), 40, np.uint8)
        screen[100 : 100 + small.shape[0], 300 : 300 + small.shape[1]] = small
        shown.append(screen)
    return _compressed(shown, crf=23)


TREATMENTS: dict[str, Treatment] = {
    "as it is": lambda film: film,
    "H.264 crf 28": _compressed,
    "half the size, crf 28": _half,
    "a tenth cut off, crf 28": _cropped,
    "screen recording": _on_a_screen,
}
