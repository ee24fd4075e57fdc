from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from omnitalker.base.errors import InputError
from omnitalker.base.types import FloatArray
from omnitalker.media.reader import read_audio
from omnitalker.media.sound import SoundEncoder, write_wav


def tone(seconds: float = 1.0) -> FloatArray:
    time = np.arange(int(24_000 * seconds)) / 24_000
    return (0.25 * np.sin(2 * np.pi * 330 * time)).astype(np.float32)


def test_wav_round_trip(tmp_path: Path) -> None:
    write_wav(tmp_path / "a.wav", tone())
    assert np.abs(read_audio(tmp_path / "a.wav") - tone()).max() < 1e-4


@pytest.mark.parametrize("kind", ["wav", "mp3", "opus", "aac", "flac"])
def test_streamed_formats_decode_to_the_same_sound(tmp_path: Path, kind: str) -> None:
    encoder = SoundEncoder(kind)
    pieces = [encoder.push(part) for part in np.split(tone(), 25)]
    path = tmp_path / f"a.{kind}"
    path.write_bytes(b"".join(pieces) + encoder.finish())
    decoded = read_audio(path)
    assert abs(len(decoded) - 24_000) < 3_000
    middle = decoded[6_000:18_000]
    assert np.sqrt(np.mean(middle**2)) == pytest.approx(0.25 / np.sqrt(2), rel=0.1)
    spectrum = np.abs(np.fft.rfft(middle * np.hanning(len(middle))))
    assert np.argmax(spectrum) * 24_000 / len(middle) == pytest.approx(330, abs=4)


def test_pcm_is_headerless_int16() -> None:
    encoder = SoundEncoder("pcm")
    data = encoder.push(tone()) + encoder.finish()
    assert len(data) == 48_000
    assert np.abs(np.frombuffer(data, np.int16) / 32767 - tone()).max() < 1e-4


def test_unknown_format_names_the_valid_ones() -> None:
    with pytest.raises(InputError, match=r"did you mean 'mp3'.*flac"):
        SoundEncoder("mp4")
