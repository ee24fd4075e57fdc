from __future__ import annotations

import io

import av
import numpy as np

from omnitalker.base.types import AVChunk
from omnitalker.media.segments import HELD_FRAMES, Segment, SegmentEncoder

SIZE = (64, 64)


def segments(lengths: list[int], samples: np.ndarray) -> list[Segment]:
    """Pictures get brighter by one every frame."""
    encoder = SegmentEncoder(SIZE)
    made, at = [], 0
    for length in lengths:
        frames = tuple(np.full((*SIZE, 3), 2 * (at + i), np.uint8) for i in range(length))
        sound = samples[960 * at : 960 * (at + length)]
        made.append(encoder.push(AVChunk(0, 0.0, sound, np.zeros((length, 61)), frames)))
        at += length
    return [*made, encoder.finish()]


def times(data: bytes, kind: str) -> list[tuple[float, bool]]:
    with av.open(io.BytesIO(data)) as container:
        packets = [p for p in container.demux() if p.stream.type == kind and p.pts is not None]
        return [(float(p.pts * p.time_base), p.is_keyframe) for p in packets]


def test_every_segment_begins_with_a_key_frame_and_goes_on_where_the_last_one_ended() -> None:
    made = segments([16, 32, 20], np.zeros(68 * 960, np.float32))
    at = 1.0
    for segment in made:
        assert len(segment.data) % 188 == 0
        pictures = times(segment.data, "video")
        assert pictures[0][1]
        assert abs(pictures[0][0] - at) < 0.001
        assert len(pictures) == round(25 * segment.seconds)
        sound = times(segment.data, "audio")
        assert abs(sound[0][0] - at) < 0.1  # no player has to wait for it
        at += segment.seconds
    assert [round(25 * segment.seconds) for segment in made] == [13, 32, 20, HELD_FRAMES]


def test_joined_they_are_one_film_without_a_gap() -> None:
    samples = np.zeros(68 * 960, np.float32)
    samples[30 * 960 : 30 * 960 + 240] = 0.8  # a click in the 31st picture
    data = b"".join(segment.data for segment in segments([16, 32, 20], samples))
    with av.open(io.BytesIO(data)) as container:
        pictures = [frame.to_ndarray(format="gray") for frame in container.decode(video=0)]
    levels = [float(picture.mean()) for picture in pictures]
    assert len(levels) == 68
    assert np.all(np.diff(levels) > 0)
    with av.open(io.BytesIO(data)) as container:
        frames = list(container.decode(audio=0))
        begins = float(frames[0].pts * frames[0].time_base)
        sound = np.concatenate([frame.to_ndarray()[0] for frame in frames])
    loudest = begins + int(np.abs(sound).argmax()) / 48_000 - 1.0
    assert 30 / 25 - 0.005 < loudest < 30 / 25 + 0.02
    gaps = np.diff([float(frame.pts * frame.time_base) for frame in frames])
    assert np.allclose(gaps, 1024 / 48_000, atol=1e-4)
