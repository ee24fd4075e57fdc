"""One video file from one request: generates, renders, muxes and writes what was asked for beside it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from omnitalker.base import timeline
from omnitalker.base.errors import InputError
from omnitalker.base.files import AtomicFile
from omnitalker.base.types import AVChunk, MotionTrack, Renderer, TimedWord
from omnitalker.generation.parts import Parts
from omnitalker.generation.request import SpeakRequest
from omnitalker.generation.stream import stream
from omnitalker.media.sound import write_wav
from omnitalker.media.subtitles import cues, to_srt, to_vtt
from omnitalker.media.writer import VideoSettings, VideoWriter
from omnitalker.motion.track.export import export_csv

OnProgress = Callable[[float, str], None]


@dataclass(frozen=True)
class Production:
    """What to make: the request, who is seen, and which files to write."""

    request: SpeakRequest
    output: Path
    """.mp4, or .wav for the sound alone."""
    renderer: Renderer | None = None
    subtitles: bool = False
    motion_csv: bool = False
    video: VideoSettings = field(default_factory=VideoSettings)


@dataclass(frozen=True)
class ProductionReport:
    files: tuple[Path, ...]
    seconds: float
    """Length of what was made."""
    wall_seconds: float
    first_chunk_seconds: float
    words: tuple[TimedWord, ...]

    @property
    def real_time_factor(self) -> float:
        return self.wall_seconds / self.seconds


def produce(
    parts: Parts, production: Production, on_progress: OnProgress | None = None
) -> ProductionReport:
    """Make the files; they appear under their names only when they are whole."""
    suffix = production.output.suffix.lower()
    if suffix not in (".mp4", ".wav", ".csv"):
        raise InputError(
            f"cannot write '{production.output.name}': use a name ending in .mp4 or .wav (or .csv for motion)"
        )
    collector = _Collector(production.request.text, on_progress)
    started = time.perf_counter()
    chunks = collector.watch(stream(parts, production.request, production.renderer))
    if suffix == ".mp4":
        _write_video(chunks, production, collector)
    elif suffix == ".csv":
        export_csv(MotionTrack(np.concatenate([c.motion for c in chunks])), production.output)
    else:
        _write_wav(chunks, production.output)
    wall = time.perf_counter() - started
    return ProductionReport(
        files=(production.output, *_write_companions(production, collector)),
        seconds=collector.seconds,
        wall_seconds=wall,
        first_chunk_seconds=collector.first_chunk_at - started,
        words=tuple(collector.words),
    )


class _Collector:
    """Keeps what the companions need while the chunks pass by."""

    def __init__(self, text: str, on_progress: OnProgress | None) -> None:
        self.words: list[TimedWord] = []
        self.motion: list[np.ndarray] = []
        self.seconds = 0.0
        self.first_chunk_at = 0.0
        self._text = text
        self._on_progress = on_progress

    def watch(self, chunks: Iterator[AVChunk]) -> Iterator[AVChunk]:
        for chunk in chunks:
            self.first_chunk_at = self.first_chunk_at or time.perf_counter()
            self.words.extend(chunk.words)
            self.motion.append(chunk.motion)
            self.seconds += float(timeline.samples_to_seconds(len(chunk.samples)))
            yield chunk
            if self._on_progress:
                spoken = self.words[-1].end_char / len(self._text) if self.words else 0.0
                done = 1.0 if chunk.is_last else min(spoken, 0.99)
                self._on_progress(done, f"{self.seconds:.1f} s made")


def _write_video(chunks: Iterator[AVChunk], production: Production, collector: _Collector) -> None:
    if production.renderer is None:
        raise InputError("a video needs a presenter; write to a .wav for the sound alone")
    size = production.renderer.size
    with VideoWriter(
        production.output,
        size,
        settings=production.video,
        with_subtitles=production.subtitles,
    ) as writer:
        for chunk in chunks:
            writer.write(chunk)
        if production.subtitles:
            writer.write_subtitles(cues(collector.words, production.request.text))


def _write_wav(chunks: Iterator[AVChunk], output: Path) -> None:
    with AtomicFile(output) as temporary:
        write_wav(temporary, np.concatenate([chunk.samples for chunk in chunks]))


def _write_companions(production: Production, made: _Collector) -> list[Path]:
    source, words = production.request.text, made.words
    writers: dict[str, Callable[[Path], object]] = {}
    if production.subtitles:
        writers[".srt"] = lambda path: path.write_text(to_srt(words, source), encoding="utf-8")
        writers[".vtt"] = lambda path: path.write_text(to_vtt(words, source), encoding="utf-8")
    if production.motion_csv:
        track = MotionTrack(np.concatenate(made.motion))
        writers[".csv"] = lambda path: export_csv(track, path)
    paths = []
    for suffix, write in writers.items():
        paths.append(production.output.with_suffix(suffix))
        with AtomicFile(paths[-1]) as temporary:
            write(temporary)
    return paths
