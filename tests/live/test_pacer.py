from __future__ import annotations

import threading

import numpy as np

from omnitalker.live.pacer import Pacer


class Clock:
    """Time that passes only while sleeping, or when told to; every sleep is a little too long."""

    def __init__(self, seed: int = 0) -> None:
        self.now = 1000.0
        self._rng = np.random.default_rng(seed)

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds + self._rng.exponential(0.002)


def test_ten_minutes_do_not_drift() -> None:
    clock = Clock()
    pacer = Pacer(clock, clock.sleep)
    rng = np.random.default_rng(1)
    start, samples, frames = clock.now, 0, 0
    for _ in range(25 * 600):
        pacer.wait()
        clock.now += rng.uniform(0.005, 0.045)  # drawing, sometimes slower than the beat
        samples += 960
        frames += 1
    assert frames == 15_000
    assert samples / 24_000 == frames / 25
    pacer.wait()
    assert 0 <= clock.now - start - 600 < 0.010
    assert pacer.restarts == 0


def test_a_short_hold_up_is_made_good_and_a_long_one_is_not() -> None:
    clock = Clock()
    pacer = Pacer(clock, clock.sleep)
    pacer.wait()
    clock.now += 0.5
    before = clock.now
    for _ in range(12):
        pacer.wait()
    assert clock.now == before  # twelve beats at once
    clock.now += 30.0
    pacer.wait()
    assert pacer.restarts == 1
    assert pacer.lateness < 0


class Hurry(threading.Event):
    """Waiting for it takes time on this clock."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock

    def wait(self, timeout: float | None = None) -> bool:
        if not self.is_set():
            self._clock.sleep(timeout or 0.0)
        return self.is_set()


def test_a_hurried_beat_comes_at_once_and_the_next_at_its_own_time() -> None:
    clock = Clock()
    pacer, hurry = Pacer(clock, clock.sleep), Hurry(clock)
    pacer.wait()
    began = clock.now
    hurry.set()
    assert pacer.wait(hurry) == 1
    assert clock.now == began
    assert pacer.wait(hurry) == 2  # still hurried, but never two beats ahead
    assert 0.04 <= clock.now - began < 0.06
    hurry.clear()
    for _ in range(5):
        pacer.wait(hurry)
    assert pacer.beats == 8
    assert 0.28 <= clock.now - began < 0.30


def test_a_hurry_that_comes_while_it_waits_ends_the_wait() -> None:
    pacer, hurry = Pacer(), threading.Event()
    pacer.wait()
    threading.Timer(0.01, hurry.set).start()
    assert pacer.wait(hurry) == 1
    assert hurry.is_set()
