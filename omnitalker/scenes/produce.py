"""An order becomes its files, whether one speaker says it or a whole scene: the command line, batches and the page call this.

Lines are made one after the other in a thread of their own, each through the same path as a single order, and kept
beside the output while pictures are drawn: what was made is not made again.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from omnitalker.base.errors import InputError
from omnitalker.base.machine import beside_others
from omnitalker.base.prefetch import Prefetch
from omnitalker.motion.names import POSE_SLICE
from omnitalker.scenes.formats import read_scene, wishes_of
from omnitalker.scenes.lines import LineMaker, LineStore, Spoken
from omnitalker.scenes.scene import Line, Scene
from omnitalker.scenes.timing import placed
from omnitalker.studio.casting import Casting
from omnitalker.studio.check import Voices, check
from omnitalker.studio.order import Order, Outputs
from omnitalker.studio.produce import Made, produce
from omnitalker.studio.recording import OnProgress
from omnitalker.studio.writers import WRITERS, suffix_of

if TYPE_CHECKING:
    from omnitalker.scenes.actor import Actor
    from omnitalker.scenes.picture import Stage
    from omnitalker.scenes.recording import SceneRecording

LINES_AHEAD = 2
FORMATS = ("mp4", "gif", "wav", "mp3", "flac", "opus", "srt", "vtt")
"""What a scene can be written as; curves of its faces are written beside (`motion_csv`)."""
LINES_FOLDER = ".lines"


def examine(order: Order, voices: Voices | None = None) -> Scene | None:
    """An `InputError` for what cannot be made at all; the scene, if it is one, with what is wrong with its lines."""
    if order.scene is None:
        check(order, voices)
        return None
    scene = read_scene(order.scene, wishes_of(order), voices)
    check_outputs(scene, order.outputs)
    return scene


def check_outputs(scene: Scene, outputs: Outputs) -> None:
    if outputs.format not in FORMATS:
        raise InputError(f"a scene is written as {', '.join(FORMATS)}, not as {outputs.format}")
    if WRITERS[outputs.format].draws and not scene.seen():
        raise InputError("nobody of this scene can be seen; write its sound (wav), or give a face")


def make(
    studio: Casting,
    order: Order,
    output: str | Path,
    on_progress: OnProgress | None = None,
    *,
    lines_folder: Path | None = None,
) -> Made:
    """The files of an order. `lines_folder`: where lines of a scene are kept, if not beside the output."""
    if order.scene is None:
        return produce(studio, order, output, on_progress)
    voices = studio.parts.library.catalogue()
    scene = read_scene(order.scene, wishes_of(order), voices)
    return produce_scene(studio, scene, output, order.outputs, on_progress, lines_folder)


def produce_scene(
    studio: Casting,
    scene: Scene,
    output: str | Path,
    outputs: Outputs | None = None,
    on_progress: OnProgress | None = None,
    lines_folder: Path | None = None,
) -> Made:
    """The files of a scene; they appear under their names only when they are whole."""
    started = time.perf_counter()
    outputs = outputs or Outputs()
    check_outputs(scene, outputs)
    writer = WRITERS[outputs.format]
    path = Path(output).with_suffix(suffix_of(outputs.format))
    folder = lines_folder or path.with_name(f".{path.stem}{LINES_FOLDER}")
    stage = stage_of(studio, scene) if writer.draws else None
    tracks = _tracks(path, scene) if outputs.motion_csv else {}
    began = time.perf_counter()
    with open_scene(studio, scene, folder, stage, tracks, on_progress) as recording:
        writer.write(path, recording, outputs.subtitles)
    others = [path.with_suffix(suffix_of(kind)) for kind in ("srt", "vtt") if outputs.subtitles]
    others = [other for other in others if other != path]
    for other in others:
        WRITERS[other.suffix.removeprefix(".")].write(other, recording, False)
    return Made(
        files=(path, *others, *tracks.values()),
        recording=recording,
        notes=recording.notes,
        startup_seconds=began - started,
        wall_seconds=time.perf_counter() - started,
        first_chunk_seconds=(recording.first_chunk_at or began) - started,
    )


def stage_of(studio: Casting, scene: Scene) -> Stage:
    """Who draws the pictures of a scene; their size is known from here on."""
    from omnitalker.scenes.picture import Stage

    return Stage(scene, lambda look, face: studio.renderer(look, face))


@contextmanager
def open_scene(
    studio: Casting,
    scene: Scene,
    folder: Path,
    stage: Stage | None = None,
    tracks: Mapping[str, Path] | None = None,
    on_progress: OnProgress | None = None,
) -> Iterator[SceneRecording]:
    """A scene whose chunks are made as they are asked for; leaving ends the work. `folder`: of its lines."""
    from omnitalker.scenes.recording import SceneRecording

    actors = _actors(studio, scene) if stage is not None or tracks else {}
    maker = LineMaker(studio, LineStore(folder))
    made: Iterator[tuple[Line, Spoken]] = beside_others(maker(scene))
    with Prefetch(made, LINES_AHEAD, "omnitalker-lines") as ahead:
        lines = placed(scene, ahead)
        yield SceneRecording(scene, lines, actors, stage, tracks or {}, on_progress)


def _actors(studio: Casting, scene: Scene) -> Mapping[str, Actor]:
    from omnitalker.scenes.actor import Actor
    from omnitalker.scenes.picture import directions

    sides = directions(scene.seen())
    found = {}
    for number, speaker in enumerate(scene.cast.values()):
        posture = studio.resolve(speaker.order).style.motion[:, POSE_SLICE].mean(axis=0)
        found[speaker.name] = Actor(speaker.name, posture, number, sides.get(speaker.name, 0.0))
    return found


def _tracks(path: Path, scene: Scene) -> dict[str, Path]:
    """A file of curves for everybody: scene.AVA.csv."""
    names = {name: "".join(c if c.isalnum() else "_" for c in name) for name in scene.cast}
    return {name: path.with_suffix(f".{safe}.csv") for name, safe in names.items()}
