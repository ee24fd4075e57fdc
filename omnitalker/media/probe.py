"""How long the tracks of a file really are, from its packets: nothing is decoded."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import av

from omnitalker.base.errors import InputError


@dataclass(frozen=True)
class Tracks:
    """Seconds; None where there is no such track."""

    video: float | None
    audio: float | None
    pictures: int = 0


def probe(path: str | Path) -> Tracks:
    """Lengths of the first picture track and the first sound track."""
    try:
        with av.open(str(path)) as container:
            video, pictures = _length(container, "video")
        with av.open(str(path)) as container:
            audio, _ = _length(container, "audio")
    except (av.FFmpegError, OSError) as error:
        raise InputError(f"cannot read {Path(path).name}: {error}") from error
    return Tracks(video, audio, pictures)


def _length(container: av.container.InputContainer, kind: str) -> tuple[float | None, int]:
    """(Seconds, packets) of the first stream of a kind."""
    streams = [stream for stream in container.streams if stream.type == kind]
    if not streams:
        return None, 0
    first: int | None = None
    end, count = 0, 0
    for packet in container.demux(streams[0]):
        if packet.pts is None:
            continue
        first = packet.pts if first is None else min(first, packet.pts)
        end = max(end, packet.pts + (packet.duration or 0))
        count += 1
    base = streams[0].time_base
    length = float((end - (first or 0)) * base) if base is not None else 0.0
    return length, count
