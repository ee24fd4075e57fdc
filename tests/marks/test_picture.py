"""The mark in pictures: seen again after what happens to films, and nowhere else."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from omnitalker.base.types import Frame
from omnitalker.marks.picture import PictureMarker
from omnitalker.marks.picture_reader import read_picture_mark

SIDE, COUNT, VALUE = 256, 100, 4711
TIMES = [index / 25 for index in range(COUNT)]


def film(seed: int = 0) -> list[Frame]:
    """A blurred room, a head-like disc that sways before it, and the noise of a camera."""
    rng = np.random.default_rng(seed)
    room = cv2.GaussianBlur(rng.uniform(40, 210, (SIDE, SIDE, 3)).astype(np.float32), (0, 0), 6)
    frames = []
    for time in TIMES:
        picture = room.copy()
        sway = 12 * np.sin(1.9 * time + seed), 6 * np.sin(2.7 * time)
        cv2.circle(picture, (int(128 + sway[0]), int(120 + sway[1])), 60, (190, 150, 130), -1)
        noisy = picture + rng.normal(0, 1.5, picture.shape)
        frames.append(np.clip(noisy, 0, 255).astype(np.uint8))
    return frames


@pytest.fixture(scope="module")
def marked() -> list[Frame]:
    marker = PictureMarker((SIDE, SIDE), VALUE)
    return [marker.mark(picture, time) for picture, time in zip(film(), TIMES, strict=True)]


def test_a_mark_is_read_back_with_its_number(marked: list[Frame]) -> None:
    found = read_picture_mark(marked, TIMES)
    assert found.is_found
    assert found.value == VALUE


@pytest.mark.parametrize("seed", range(3))
def test_films_without_a_mark_have_none(seed: int) -> None:
    assert not read_picture_mark(film(seed), TIMES).is_found


def test_the_mark_is_faint(marked: list[Frame]) -> None:
    error = np.mean([(a.astype(float) - b) ** 2 for a, b in zip(marked, film(), strict=True)])
    assert 10 * np.log10(255**2 / error) > 45


def test_it_outlives_half_the_size(marked: list[Frame]) -> None:
    small = [cv2.resize(picture, (128, 128), interpolation=cv2.INTER_AREA) for picture in marked]
    assert read_picture_mark(small, TIMES).is_found


def test_it_outlives_a_crop_inside_another_picture(marked: list[Frame]) -> None:
    shown = []
    for picture in marked:
        screen = np.full((270, 480, 3), 40, np.uint8)
        screen[20:250, 130:360] = picture[13:243, 20:250]
        shown.append(screen)
    assert read_picture_mark(shown, TIMES).is_found


def test_the_fourth_channel_is_left_alone() -> None:
    clear = np.zeros((64, 48, 4), np.uint8)
    assert not PictureMarker((48, 64)).mark(clear, 0.2)[..., 3].any()


def test_a_still_or_a_moment_has_no_mark(marked: list[Frame]) -> None:
    assert not read_picture_mark(marked[:10], TIMES[:10]).is_found
    assert not read_picture_mark([], []).is_found
