"""Scenes of the page: a script in, pieces of video as they are made, then the film with its subtitles."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from omnitalker.base.errors import InputError
from omnitalker.demo.pieces import pieces
from omnitalker.demo.takes import DemoTakes, Stop
from omnitalker.media.segments import Segment, SegmentEncoder
from omnitalker.media.writer import VideoWriter
from omnitalker.scenes.formats import scene_of
from omnitalker.scenes.produce import check_outputs, open_scene, stage_of
from omnitalker.scenes.scene import Scene
from omnitalker.studio.order import Outputs
from omnitalker.studio.writers import WRITERS

LONGEST_SCRIPT = 8000


@dataclass(frozen=True)
class SceneStep:
    """A piece to play; the last one with the files."""

    piece: Path
    piece_seconds: float
    made: float
    elapsed: float
    share: float
    """Of the lines that have begun."""
    files: tuple[Path, ...] = ()


class DemoScenes:
    """Names are built-in voices and faces: a visitor's script names no files."""

    def __init__(self, takes: DemoTakes) -> None:
        self._takes = takes

    def read(self, script: str, layout: str | None = None, size: int = 256) -> Scene:
        if len(script) > LONGEST_SCRIPT:
            raise InputError(
                f"the script has {len(script):,} characters; this page takes up to {LONGEST_SCRIPT:,}"
            )
        wishes = {"size": size, "renderer": self._takes.renderer, "layout": layout}
        voices = self._takes.studio.parts.library.catalogue()
        scene = scene_of(script, ".txt", wishes, voices)
        check_outputs(scene, Outputs())
        return scene

    def make(self, scene: Scene, stop: Stop | None = None) -> Iterator[SceneStep]:
        """Pieces in order, the last with the files. Closing the iterator ends the work."""
        with self._takes.at_work():
            yield from self._make(scene, stop)

    def _make(self, scene: Scene, stop: Stop | None) -> Iterator[SceneStep]:
        started = time.monotonic()
        studio, folder = self._takes.studio, self._takes.folder()
        stage = stage_of(studio, scene)
        segments = SegmentEncoder(stage.size)
        count = 0

        def step(segment: Segment, share: float, files: tuple[Path, ...] = ()) -> SceneStep:
            nonlocal count
            piece = folder / f"piece{count:04}.ts"
            piece.write_bytes(segment.data)
            count += 1
            elapsed = time.monotonic() - started
            return SceneStep(piece, segment.seconds, recording.seconds, elapsed, share, files)

        path = folder / "scene.mp4"
        with (
            open_scene(studio, scene, folder / "lines", stage) as recording,
            VideoWriter(path, stage.size, with_subtitles=True, signed=True) as film,
        ):
            for piece in pieces(iter(recording)):
                film.write(piece)
                yield step(segments.push(piece), len(recording.placed) / len(scene.lines))
                self._takes.check_time(started, stop)
            film.write_subtitles(recording.cues())
            film.write_chapters(recording.chapters)
        files = [path]
        for kind in ("srt", "vtt"):
            files.append(path.with_suffix(f".{kind}"))
            WRITERS[kind].write(files[-1], recording, False)
        yield step(segments.finish(), 1.0, tuple(files))
