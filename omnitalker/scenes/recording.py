"""A scene as writers see it: chunks that go by, with captions that name who speaks, chapters, and a track for each face.

Nothing of it grows with the scene but captions: sound and tracks wait on disk.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np

from omnitalker.base import timeline
from omnitalker.base.types import AVChunk, FloatArray, Frame
from omnitalker.media.cues import Cue, cues
from omnitalker.motion.names import MOTION_DIM
from omnitalker.motion.track.export import CurveWriter
from omnitalker.scenes.actor import Actor
from omnitalker.scenes.picture import Camera, Shot, Stage
from omnitalker.scenes.scene import Scene
from omnitalker.scenes.timing import Placed
from omnitalker.studio.recording import Chapter, OnProgress, Recording

CHUNK_FRAMES: Final = 24
KNEE: Final = 0.9
"""No single line is louder; above it the sum of several bends."""
KEPT_FRAMES: Final = 50
"""A line is remembered so long after its end: faces still come back from it."""


class SceneRecording(Recording):
    """Iterated once, by the writer of the film or the sound."""

    def __init__(
        self,
        scene: Scene,
        lines: Iterable[Placed],
        actors: Mapping[str, Actor],
        stage: Stage | None,
        tracks: Mapping[str, Path],
        on_progress: OnProgress | None = None,
    ) -> None:
        """`stage`: None where nothing is drawn. `tracks`: where the curves of a person go."""
        super().__init__("", None if stage is None else stage.size, (), on_progress)
        self.scene = scene
        self.shots: list[Shot] = []
        self.placed: list[tuple[int, float]] = []
        """(number of its line in the script, when it begins), of every line."""
        self._lines = lines
        self._actors = actors
        self._stage = stage
        self._tracks = tracks
        self._camera = Camera(scene) if stage is not None else None
        self._captions: list[Cue] = []
        self._is_begun = False
        self._notes: dict[str, int] = {}

    def __iter__(self) -> Iterator[AVChunk]:
        """The first time; afterwards nothing is left to come."""
        if self._is_begun:
            return
        self._is_begun = True
        with ExitStack() as stack:
            writers = {
                name: stack.enter_context(CurveWriter(path)) for name, path in self._tracks.items()
            }
            for chunk in self._chunks(writers):
                self.keep(chunk)
                yield chunk
                if self._on_progress is not None:
                    share = len(self.placed) / len(self.scene.lines)
                    note = (
                        f"{self.seconds:.1f} s, line {len(self.placed)} of {len(self.scene.lines)}"
                    )
                    self._on_progress(1.0 if chunk.is_last else min(share, 0.99), note)

    def keep(self, chunk: AVChunk) -> None:
        """Of what goes by, only how long it is and a few pictures."""
        nothing = np.zeros(0, np.float32), np.zeros((0, MOTION_DIM), np.float32)
        super().keep(replace(chunk, samples=nothing[0], motion=nothing[1], words=()))
        self._samples.clear()
        self._motion.clear()
        self._length += len(chunk.samples)

    @property
    def samples(self) -> FloatArray:
        raise AssertionError("the sound of a scene goes by in chunks")

    def cues(self) -> list[Cue]:
        """Lines of subtitles, each with its speaker."""
        return self._captions

    @property
    def chapters(self) -> tuple[Chapter, ...]:
        starts = [seconds for _, seconds in self.placed]
        known = [c for c in self.scene.chapters if c.line < len(starts)]
        begins = [0.0 if c.line == 0 else starts[c.line] for c in known]
        ends = [*begins[1:], self.seconds][: len(begins)]
        return tuple(
            Chapter(begin, end, chapter.title)
            for begin, end, chapter in zip(begins, ends, known, strict=True)
        )

    def _chunks(self, writers: Mapping[str, CurveWriter]) -> Iterator[AVChunk]:
        """Frames up to where the next line might change what is heard or seen."""
        live: list[Placed] = []
        done = end = 0
        shot: Shot | None = None
        for placed in self._lines:
            coming = None
            limit = placed.start
            if self._camera is not None:
                coming = self._camera.shot(placed)
                limit = min(limit, coming.start)
                self.shots.append(coming)
            self._caption(placed)
            for begin, stop in _pieces(done, limit):
                yield self._chunk(begin, stop, live, shot or coming, writers)
            done = max(done, limit)
            shot = coming
            live = [p for p in live if p.end + KEPT_FRAMES > done] + [placed]
            end = max(end, placed.end)
        end += timeline.seconds_to_video_frames(self.scene.closing_pause)
        for begin, stop in _pieces(done, end):
            yield self._chunk(begin, stop, live, shot, writers, is_last=stop == end)

    def _chunk(
        self,
        begin: int,
        stop: int,
        lines: list[Placed],
        shot: Shot | None,
        writers: Mapping[str, CurveWriter],
        *,
        is_last: bool = False,
    ) -> AVChunk:
        rows = {name: actor.motion(begin, stop, lines) for name, actor in self._actors.items()}
        for name, writer in writers.items():
            writer.write(rows[name])
        frames: tuple[Frame, ...] = ()
        if self._stage is not None and shot is not None:
            frames = tuple(
                self._stage.frame(
                    shot,
                    {name: track[place] for name, track in rows.items()},
                    float(timeline.video_frames_to_seconds(begin + place)),
                )
                for place in range(stop - begin)
            )
        subject = rows[shot.subject] if shot is not None else np.zeros((stop - begin, MOTION_DIM), np.float32)  # fmt: skip
        return AVChunk(
            index=begin // CHUNK_FRAMES,
            start=float(timeline.video_frames_to_seconds(begin)),
            samples=mixed(begin, stop, lines),
            motion=subject,
            frames=frames,
            is_last=is_last,
        )

    @property
    def notes(self) -> tuple[str, ...]:
        """What is worth telling, each thing once, with the first line that it is true of."""
        told = (f"line {number}: {note}" for note, number in self._notes.items())
        return (*map(str, self.scene.problems), *told, *(self._stage.notes if self._stage else ()))

    def _caption(self, placed: Placed) -> None:
        for note in (*placed.line.direction.told, *placed.spoken.notes):
            self._notes.setdefault(note, placed.line.number)
        self.placed.append((placed.line.number, placed.seconds))
        spoken = placed.spoken
        self._captions += [
            Cue(cue.start + placed.seconds, cue.end + placed.seconds, cue.text, placed.line.speaker)
            for cue in cues(spoken.words, placed.line.text)
        ]


def mixed(begin: int, stop: int, lines: Iterable[Placed]) -> FloatArray:
    """The sound of frames `begin` to `stop`: all that is said in them together, never louder than full."""
    first, last = (timeline.video_frames_to_samples(frame) for frame in (begin, stop))
    samples = np.zeros(last - first, np.float32)
    for placed in lines:
        own = timeline.video_frames_to_samples(placed.start)
        start, end = max(first, own), min(last, own + len(placed.spoken.samples))
        if start < end:
            samples[start - first : end - first] += placed.spoken.samples[start - own : end - own]
    over = np.abs(samples) > KNEE
    if over.any():
        room = 1 - KNEE
        bent = KNEE + room * np.tanh((np.abs(samples[over]) - KNEE) / room)
        samples[over] = np.sign(samples[over]) * bent
    return samples


def _pieces(begin: int, end: int) -> Iterator[tuple[int, int]]:
    """Evenly cut, none longer than a chunk."""
    while begin < end:
        stop = min(begin + CHUNK_FRAMES, end)
        yield begin, stop
        begin = stop
