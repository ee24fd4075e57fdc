"""Frames as WebRTC tracks want them, and a microphone's frames as plain samples."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import cast

import av
import numpy as np

from omnitalker.audio.pcm import to_int16
from omnitalker.base import timeline
from omnitalker.base.types import FloatArray, Frame

VIDEO_CLOCK = 90_000
PACKET_SAMPLES = timeline.SAMPLE_RATE // 50
"""What one packet of Opus holds."""


def sound_frames(samples: FloatArray, index: int) -> list[av.AudioFrame]:
    """The 960 samples of video frame `index` in pieces of 20 ms.

    aiortc gives all packets that one frame becomes the same time; of a longer frame a listener would hear
    the first 20 ms only.
    """
    start = timeline.video_frames_to_samples(index)
    frames = []
    for offset in range(0, len(samples), PACKET_SAMPLES):
        piece = to_int16(samples[offset : offset + PACKET_SAMPLES])[None]
        frame = av.AudioFrame.from_ndarray(piece, format="s16", layout="mono")
        frame.sample_rate = timeline.SAMPLE_RATE
        frame.pts = start + offset
        frame.time_base = Fraction(1, timeline.SAMPLE_RATE)
        frames.append(frame)
    return frames


def picture_frame(picture: Frame, index: int) -> av.VideoFrame:
    """Video frame `index` on WebRTC's clock."""
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")
    frame.pts = index * VIDEO_CLOCK // timeline.VIDEO_FPS
    frame.time_base = Fraction(1, VIDEO_CLOCK)
    return frame


class MicrophoneReader:
    """Received frames of any rate -> 16-bit little-endian mono at `rate`."""

    def __init__(self, rate: int) -> None:
        self._resampler = av.AudioResampler("s16", "mono", rate)

    def read(self, frame: object) -> Iterator[bytes]:
        for piece in self._resampler.resample(cast(av.AudioFrame, frame)):
            yield piece.to_ndarray().astype("<i2").tobytes()
