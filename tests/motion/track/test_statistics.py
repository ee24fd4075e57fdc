"""Figures of tracks whose figures are known by construction."""

from __future__ import annotations

import numpy as np
import pytest

from omnitalker.base.errors import InputError
from omnitalker.motion.curves import frame_times
from omnitalker.motion.made.blinks import blink_curve, detect_blinks
from omnitalker.motion.made.gaze import set_gaze
from omnitalker.motion.names import INDEX, MOTION_DIM
from omnitalker.motion.track.statistics import measure_style


def test_figures_of_a_known_track() -> None:
    times = frame_times(250)
    values = np.zeros((250, MOTION_DIM))
    values[:, INDEX["headRotY"]] = np.radians(3 + 4 * np.sin(2 * np.pi * 0.5 * times))
    values[:, INDEX["mouthSmileLeft"]] = 0.4
    values[:, INDEX["mouthSmileRight"]] = 0.2
    values[:, INDEX["jawOpen"]] = 0.3 + 0.3 * np.sin(2 * np.pi * times)
    onsets = np.array([1.0, 3.0, 6.5, 8.0])
    lids = blink_curve(times, onsets, np.random.default_rng(0))
    values[:, [INDEX["eyeBlinkLeft"], INDEX["eyeBlinkRight"]]] = lids[:, None]
    set_gaze(values, np.stack([-values[:, INDEX["headRotY"]], times * 0] * 2, axis=1))
    figures = measure_style(values.astype(np.float32))
    assert figures.head_amplitude == pytest.approx(4 / np.sqrt(2) / np.sqrt(3), rel=0.02)
    assert figures.head_tempo == pytest.approx(0.5, rel=0.03)
    assert figures.turn == pytest.approx(3, abs=0.05)
    assert figures.blinks_per_minute == pytest.approx(24)
    assert figures.smile == pytest.approx(0.3)
    assert figures.asymmetry == pytest.approx(1 / 3, abs=0.01)
    assert figures.mouth_amplitude == pytest.approx(0.59, abs=0.02)
    assert figures.gaze_wander < 0.05, "eyes that hold the viewer against the head do not wander"


def test_blinks_are_found_on_squinting_and_drifting_lids() -> None:
    times = frame_times(300)
    onsets = np.array([0.8, 1.4, 5.0, 9.0])
    lids = blink_curve(times, onsets, np.random.default_rng(1))
    values = np.zeros((300, MOTION_DIM), np.float32)
    base = 0.25 + 0.1 * np.sin(times)
    for name in ("eyeBlinkLeft", "eyeBlinkRight"):
        values[:, INDEX[name]] = base + lids * (1 - base)
    found = detect_blinks(values)
    assert [b.start / 25 for b in found] == pytest.approx(onsets + 0.06, abs=0.06)
    assert all(2 <= b.end - b.start <= 7 for b in found)
    values[:, INDEX["eyeBlinkLeft"]] = values[:, INDEX["eyeBlinkRight"]] = base
    assert detect_blinks(values) == []


def test_wrong_input_is_told() -> None:
    with pytest.raises(InputError, match="61"):
        measure_style(np.zeros((10, 52), np.float32))
