"""Curves and words: what other programs read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from omnitalker.base.files import AtomicFile
from omnitalker.base.types import MotionTrack
from omnitalker.media.subtitles import to_srt, to_vtt

if TYPE_CHECKING:
    from omnitalker.studio.recording import Recording


def write_csv(path: Path, recording: Recording, _subtitles: bool) -> None:
    from omnitalker.motion.track.export import export_csv

    recording.finish()
    with AtomicFile(path) as temporary:
        export_csv(MotionTrack(recording.motion), temporary)


def write_srt(path: Path, recording: Recording, _subtitles: bool) -> None:
    recording.finish()
    with AtomicFile(path) as temporary:
        temporary.write_text(to_srt(recording.cues()), encoding="utf-8")


def write_vtt(path: Path, recording: Recording, _subtitles: bool) -> None:
    recording.finish()
    with AtomicFile(path) as temporary:
        temporary.write_text(to_vtt(recording.cues()), encoding="utf-8")
