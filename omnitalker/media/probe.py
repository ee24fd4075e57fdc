"""How long the tracks of a file really are, from its packets: nothing is decoded."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from omnitalker.media import sandbox
from omnitalker.media.decode import Job
from omnitalker.media.intake import sniff


@dataclass(frozen=True)
class Tracks:
    """Seconds; None where there is no such track."""

    video: float | None
    audio: float | None
    pictures: int = 0


def probe(path: str | Path) -> Tracks:
    """Lengths of the first picture track and the first sound track. Pictures without times count as 1/25 s."""
    path = Path(path)
    kind = sniff(path)
    job = Job(str(path.resolve()), path.name, kind.demuxer, kind.is_still, "lengths")
    found: dict[str, tuple[float, int] | None] = {}
    for record in sandbox.run(job):
        if isinstance(record, dict):
            found = record
    video, audio = found["video"], found["audio"]
    return Tracks(video and video[0], audio and audio[0], video[1] if video else 0)
