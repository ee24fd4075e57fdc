from __future__ import annotations

import numpy as np

from omnitalker.base.types import FloatArray, Frame, RenderMemory
from omnitalker.live.picture import LOWEST, PictureMaker

MOTION = np.zeros(61, np.float32)


class Canvas:
    """A renderer whose work takes as long as it is told, on a clock that only it moves."""

    def __init__(self, size: int, clock: Clock) -> None:
        self.size = (size, size)
        self._clock = clock

    def frame(self, coefficients: FloatArray, memory: RenderMemory | None = None) -> Frame:
        self._clock.now += self._clock.seconds_at_512 * (self.size[0] / 512) ** 2
        self._clock.drawn += 1
        return np.full((*self.size, 3), self._clock.drawn % 256, np.uint8)


class Clock:
    def __init__(self, seconds_at_512: float) -> None:
        self.now = 0.0
        self.drawn = 0
        self.seconds_at_512 = seconds_at_512

    def __call__(self) -> float:
        return self.now

    def pictures(self, adapt: bool = True) -> PictureMaker:
        return PictureMaker(lambda size: Canvas(size, self), 512, adapt=adapt, clock=self)


def test_a_fast_machine_draws_every_picture_in_full() -> None:
    clock = Clock(0.010)
    pictures = clock.pictures()
    for _ in range(100):
        assert pictures.frame(MOTION).shape == (512, 512, 3)
    assert (pictures.level, pictures.repeated, clock.drawn) == (0, 0, 100)


def test_a_slow_machine_steps_down_and_a_faster_one_up_again() -> None:
    clock = Clock(0.060)
    pictures = clock.pictures()
    for _ in range(40):
        pictures.frame(MOTION)
    assert pictures.level == 1
    clock.seconds_at_512 = 0.4
    for _ in range(60):
        assert pictures.frame(MOTION).shape == (512, 512, 3)
    assert pictures.level == LOWEST
    assert pictures.repeated > 5
    clock.seconds_at_512 = 0.010
    for _ in range(2000):
        pictures.frame(MOTION)
    assert pictures.level == 0


def test_a_late_picture_is_the_one_before() -> None:
    clock = Clock(0.010)
    pictures = clock.pictures(adapt=False)
    first = pictures.frame(MOTION)
    assert np.array_equal(pictures.frame(MOTION, lateness=0.2), first)
    assert pictures.repeated == 1
    assert not np.array_equal(pictures.frame(MOTION), first)


def test_sound_that_runs_short_takes_from_the_picture_first() -> None:
    pictures = Clock(0.010).pictures()
    for _ in range(40):
        pictures.note_sound(is_short=True)
        pictures.note_sound(is_short=False)
        pictures.frame(MOTION)
    assert pictures.level == 0
    for _ in range(20):
        pictures.note_sound(is_short=True)
        pictures.frame(MOTION)
    assert pictures.level == 1
    assert not pictures.is_at_lowest


def test_a_listening_face_is_drawn_ahead_and_shown_without_drawing() -> None:
    clock = Clock(0.010)
    pictures = clock.pictures()
    coming = [np.full(61, value, np.float32) for value in np.linspace(0, 1, 60)]
    for index in range(20):  # every frame once, though twice as many in the first beats
        pictures.frame(coming[index])
        pictures.draw_ahead(coming[index + 1 : index + 16], seconds=0.03)
    assert clock.drawn == 35
    for index in range(20, 35):
        pictures.frame(coming[index])
    assert clock.drawn == 35
    pictures.frame(coming[40])
    assert clock.drawn == 36


def test_nothing_is_drawn_ahead_where_there_is_no_time() -> None:
    clock = Clock(0.060)
    pictures = clock.pictures()
    coming = [np.full(61, value, np.float32) for value in (0.1, 0.2)]
    pictures.draw_ahead(coming, seconds=-0.01)
    assert clock.drawn == 0
    for _ in range(40):
        pictures.frame(MOTION)
    assert pictures.level == 1
    before = clock.drawn
    pictures.draw_ahead(coming, seconds=0.02)
    assert clock.drawn == before


def test_what_is_not_coming_any_more_is_forgotten() -> None:
    clock = Clock(0.010)
    pictures = clock.pictures()
    old, new = (np.full(61, value, np.float32) for value in (0.1, 0.2))
    pictures.draw_ahead([old], seconds=0.03)
    pictures.draw_ahead([new], seconds=0.03)
    pictures.frame(old)
    assert clock.drawn == 3
