"""The best stretch of a long film, without holding the rest of it."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from omnitalker.base import assets
from omnitalker.media.reader import read_clip
from omnitalker.reference.best_stretch import read_best
from omnitalker.reference.identity_file import load_identity
from tests.reference.phone_video import write_film


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three seconds of a wall, four of a face, three of the wall again."""
    presenter = assets.presenter_file("ava")
    assert presenter is not None
    face = cv2.resize(load_identity(presenter).picture, (512, 512), interpolation=cv2.INTER_AREA)
    wall = np.full_like(face, 90)
    path = tmp_path_factory.mktemp("film") / "long.mp4"
    return write_film(path, [*[wall] * 75, *[face] * 100, *[wall] * 75])


def test_of_a_long_film_the_part_with_the_face_is_read(film: Path) -> None:
    clip, said = read_best(film, seconds=5.0)
    assert len(clip.frames) == 100
    whole = read_clip(film)
    assert np.array_equal(clip.frames[0], whole.frames[75])
    assert np.array_equal(clip.frames[-1], whole.frames[174])
    assert said == ["long is 10.0 s long; the 4.0 s from 3.0 s on are used."]


def test_a_short_film_is_read_whole(film: Path) -> None:
    clip, said = read_best(film, seconds=10.0)
    assert len(clip.frames) == 250
    assert said == []
