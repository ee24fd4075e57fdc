"""What WebRTC's encoder makes of our frames."""

from __future__ import annotations

import numpy as np
from aiortc.codecs.opus import OpusEncoder

from omnitalker.base import timeline
from omnitalker.media.rtc import sound_frames


def test_every_piece_of_sound_is_one_packet_with_a_time_of_its_own() -> None:
    encoder = OpusEncoder()
    wave = 0.3 * np.sin(np.arange(25 * 960) / 20).astype(np.float32)
    times = []
    for index in range(25):
        for frame in sound_frames(wave[index * 960 : (index + 1) * 960], index):
            packets, time = encoder.encode(frame)
            assert len(packets) <= 1, "packets of one frame share a time, and all but one are lost"
            if packets:
                times.append(time)
    assert set(np.diff(times)) == {960}
    assert len(times) >= 48


def test_pieces_make_the_whole() -> None:
    wave = np.linspace(-0.5, 0.5, 960).astype(np.float32)
    pieces = sound_frames(wave, 3)
    samples = np.concatenate([piece.to_ndarray()[0] for piece in pieces]) / 32767
    assert np.allclose(samples, wave, atol=1e-3)
    assert [piece.pts for piece in pieces] == [3 * 960, 3 * 960 + 480]
    assert all(piece.sample_rate == timeline.SAMPLE_RATE for piece in pieces)
