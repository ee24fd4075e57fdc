from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from omnitalker.audio.lufs import LoudnessMeter, integrated_loudness, k_weighting, true_peak_db
from omnitalker.base.types import FloatArray
from omnitalker.media.sound import write_wav

RATE = 24_000


def tone(seconds: float, level_db: float, hertz: float = 997.0) -> FloatArray:
    t = np.arange(int(seconds * RATE)) / RATE
    return (10 ** (level_db / 20) * np.sin(2 * np.pi * hertz * t)).astype(np.float32)


def test_the_weighting_is_that_of_the_standard_at_48_khz() -> None:
    """Tables 1 and 2 of ITU-R BS.1770-4."""
    shelf, high_pass = k_weighting(48_000)
    np.testing.assert_allclose(
        shelf.b, [1.53512485958697, -2.69169618940638, 1.19839281085285], atol=1e-6
    )
    np.testing.assert_allclose(shelf.a, [1.0, -1.69065929318241, 0.73248077421585], atol=1e-6)
    np.testing.assert_allclose(high_pass.b, [1.0, -2.0, 1.0])
    np.testing.assert_allclose(high_pass.a, [1.0, -1.99004745483398, 0.99007225036621], atol=1e-6)


def test_a_full_tone_of_one_kilohertz_is_3_lufs_under_full_scale() -> None:
    """As the standard says of one channel at 0 dBFS."""
    assert integrated_loudness(tone(5, 0.0)) == pytest.approx(-3.01, abs=0.05)
    assert integrated_loudness(tone(5, -20.0)) == pytest.approx(-23.01, abs=0.05)


def test_pauses_and_whispers_do_not_count() -> None:
    loud = tone(10, -20.0)
    quiet = np.concatenate([loud, np.zeros(10 * RATE, np.float32), tone(10, -45.0)])
    assert integrated_loudness(quiet) == pytest.approx(integrated_loudness(loud), abs=0.25)
    assert integrated_loudness(np.zeros(RATE, np.float32)) == float("-inf")
    assert integrated_loudness(loud[:100]) == float("-inf")


def test_pieces_measure_as_the_whole() -> None:
    sound = np.concatenate([tone(2, -20.0), tone(2, -30.0, 300.0)])
    meter = LoudnessMeter()
    for piece in np.array_split(sound, 37):
        meter.push(piece)
    assert meter.loudness == pytest.approx(integrated_loudness(sound), abs=1e-9)


def test_a_peak_between_samples_is_found() -> None:
    """A quarter of the sample rate, sampled beside its crests: 3 dB under them."""
    n = np.arange(RATE)
    sound = np.sin(2 * np.pi * n / 4 + np.pi / 4).astype(np.float32) * 0.5
    assert 20 * np.log10(np.abs(sound).max()) == pytest.approx(-9.03, abs=0.01)
    assert true_peak_db(sound) == pytest.approx(-6.02, abs=0.2)


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")
def test_ffmpeg_measures_the_same(tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    noise = rng.normal(0, 1, 12 * RATE) * np.repeat(rng.uniform(0, 0.3, 24), RATE // 2)
    sound = noise.clip(-1, 1).astype(np.float32)
    write_wav(tmp_path / "x.wav", sound)
    command = ["ffmpeg", "-nostats", "-i", str(tmp_path / "x.wav")]
    command += ["-af", "ebur128=peak=true", "-f", "null", "-"]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stderr
    summary = said[said.rindex("Summary") :]
    loudness = float(re.search(r"I:\s+(-?[\d.]+) LUFS", summary)[1])  # type: ignore[index]
    peak = float(re.search(r"Peak:\s+(-?[\d.]+) dBFS", summary)[1])  # type: ignore[index]
    assert integrated_loudness(sound) == pytest.approx(loudness, abs=0.1)
    assert true_peak_db(sound) == pytest.approx(peak, abs=0.3)
