"""Video in segments for HLS: a browser plays the first while the next is made. No program but PyAV's libav."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import av
import numpy as np
from av.video.frame import PictureType

from omnitalker.base import timeline
from omnitalker.base.types import AVChunk, FloatArray, Frame
from omnitalker.media.live_video import live_streams
from omnitalker.media.outgoing import OutgoingBytes
from omnitalker.media.writer import audio_frame

SOUND_RATE = 48_000
"""Hz. Browsers take AAC at 24 kHz for the half of an HE-AAC stream."""
HELD_FRAMES = 3
"""The last pictures of a chunk go into the next segment: AAC is out only some 60 ms after its sound went in."""
BEGINNING = Fraction(1)
"""Seconds on the segments' clock where the first picture is: AAC begins a little before it."""


@dataclass(frozen=True)
class Segment:
    """MPEG-TS that begins with a key frame and goes on where the one before it ended."""

    data: bytes
    seconds: float
    """As a playlist's EXTINF wants it."""


class SegmentEncoder:
    """`push` chunks with pictures, each becomes a segment; `finish` once for what is left."""

    def __init__(self, size: tuple[int, int], *, crf: int = 23, bit_rate: int = 96_000) -> None:
        self._buffer = OutgoingBytes()
        options = {
            "mpegts_flags": "pat_pmt_at_frames",
            "pes_payload_size": "0",
            "flush_packets": "1",
        }
        self._container = av.open(self._buffer, "w", format="mpegts", options=options)
        self._video, self._audio = live_streams(
            self._container,
            size,
            crf=crf,
            bit_rate=bit_rate,
            sound_rate=SOUND_RATE,
            **{"forced-idr": "1"},
        )
        self._resampler = av.AudioResampler(format="fltp", layout="mono", rate=SOUND_RATE)
        self._waiting: list[Frame] = []
        self._frames = 0
        self._samples = 0

    def push(self, chunk: AVChunk) -> Segment:
        """Takes chunks of more than `HELD_FRAMES` pictures."""
        pictures = [*self._waiting, *chunk.frames]
        self._waiting = pictures[-HELD_FRAMES:]
        return self._segment(pictures[:-HELD_FRAMES], chunk.samples)

    def finish(self) -> Segment:
        last = self._segment(self._waiting, None)
        self._container.close()
        return Segment(last.data + self._buffer.take(), last.seconds)

    def _segment(self, pictures: list[Frame], samples: FloatArray | None) -> Segment:
        """Without samples the sound has ended."""
        packets = self._heard(samples)
        for index, pixels in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format="rgb24")
            frame.pts = self._frames
            frame.pict_type = PictureType.NONE if index else PictureType.I
            packets += self._video.encode(frame)
            self._frames += 1
        for packet in packets:
            assert packet.pts is not None
            assert packet.dts is not None
            later = round(BEGINNING / packet.time_base)
            packet.pts += later
            packet.dts += later
            self._container.mux(packet)
        return Segment(self._buffer.take(), len(pictures) / timeline.VIDEO_FPS)

    def _heard(self, samples: FloatArray | None) -> list[av.Packet]:
        sound = None
        if samples is not None:
            sound = audio_frame(samples, self._samples)
            sound.time_base = Fraction(1, timeline.SAMPLE_RATE)
            self._samples += len(samples)
        packets = []
        for resampled in self._resampler.resample(sound):
            packets += self._audio.encode(resampled)
        return packets if sound else packets + self._audio.encode(None)
