"""A whole scene with the real classes: small untrained networks, drawn faces."""

from __future__ import annotations

import gc
import weakref
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import av
import numpy as np
import pytest

from omnitalker.base import timeline
from omnitalker.base.errors import InputError
from omnitalker.media.reader import read_audio, read_frames
from omnitalker.motion.names import INDEX
from omnitalker.motion.track.export import import_csv
from omnitalker.scenes.formats import scene_of
from omnitalker.scenes.picture import REACTION_FRAMES, Stage
from omnitalker.scenes.produce import examine, make, open_scene, produce_scene
from omnitalker.scenes.recording import SceneRecording
from omnitalker.studio.casting import Casting
from omnitalker.studio.order import Outputs, parse

if TYPE_CHECKING:
    from omnitalker.pipeline import OmniTalkerPipeline
    from omnitalker.scenes.scene import Scene
    from omnitalker.studio.produce import Made

HEAD = """---
cast:
  ADA: {voice: ada, face: ava, side: left}
  BOB: {voice: bob, face: marcus, side: right}
size: 256
---
"""
TALK = "# One\nADA [happy]: Good morning to you.\nBOB: Hello.\n# Two\nNARRATOR: So it went.\nADA: Yes.\n"


@pytest.fixture(scope="module")
def studio(tiny_pipeline: OmniTalkerPipeline) -> Casting:
    return Casting(tiny_pipeline.parts)


def scene_for(studio: Casting, text: str, **wishes: object) -> Scene:
    return scene_of(HEAD + text, ".txt", wishes, studio.parts.library.catalogue())


@pytest.fixture(scope="module")
def film(studio: Casting, tmp_path_factory: pytest.TempPathFactory) -> tuple[Scene, Made]:
    scene = scene_for(studio, TALK)
    outputs = Outputs(subtitles=True, motion_csv=True)
    folder = tmp_path_factory.mktemp("film")
    return scene, produce_scene(studio, scene, folder / "talk.mp4", outputs)


def test_sound_picture_captions_chapters_and_curves_belong_together(
    film: tuple[Scene, Made],
) -> None:
    scene, made = film
    names = [path.name for path in made.files]
    assert names == [
        "talk.mp4", "talk.srt", "talk.vtt", "talk.ADA.csv", "talk.BOB.csv", "talk.NARRATOR.csv",
    ]  # fmt: skip
    frames = round(made.seconds * timeline.VIDEO_FPS)
    assert abs(len(read_audio(made.files[0])) / 24_000 - made.seconds) < 0.1
    assert sum(1 for _ in read_frames(made.files[0])) == frames
    for path in made.files[3:]:
        assert len(import_csv(path).values) == frames
    vtt = made.files[2].read_text()
    assert [f"<v {line.speaker}>" in vtt for line in scene.lines] == [True] * 4
    assert "[happy]" not in vtt
    with av.open(str(made.files[0])) as container:
        told = container.chapters()
    assert [chapter["metadata"]["title"] for chapter in told] == ["One", "Two"]
    recording = made.recording
    assert isinstance(recording, SceneRecording)
    assert told[1]["start"] == round(1000 * recording.placed[2][1])


def test_cuts_fall_where_they_were_planned_and_a_listener_is_seen_before_it_speaks(
    film: tuple[Scene, Made],
) -> None:
    _, made = film
    recording = made.recording
    assert isinstance(recording, SceneRecording)
    frames = [frame.astype(np.float32) for frame in read_frames(made.files[0])]
    jumps = [float(np.abs(b - a).mean()) for a, b in pairwise(frames)]
    changed = [s.start for s, t in zip(recording.shots[1:], recording.shots, strict=False) if s.subject != t.subject]  # fmt: skip
    found = sorted(np.argsort(jumps)[-len(changed) :] + 1)
    assert found == changed
    starts = dict(recording.placed)
    bob = next(shot for shot in recording.shots if shot.subject == "BOB")
    assert bob.start == round(starts[9] * timeline.VIDEO_FPS) - REACTION_FRAMES
    assert recording.shots[2].subject == "BOB"  # nobody sees the narrator: who spoke before listens


def test_who_listens_keeps_the_mouth_shut_and_looks_at_who_speaks(film: tuple[Scene, Made]) -> None:
    _, made = film
    ada, bob = (import_csv(path).values for path in made.files[3:5])
    assert isinstance(made.recording, SceneRecording)
    starts = dict(made.recording.placed)
    speaks = slice(8, round(starts[9] * timeline.VIDEO_FPS) - 8)
    open_ = INDEX["jawOpen"]
    assert bob[speaks, open_].mean() < 0.3 * ada[speaks, open_].mean() + 0.05
    assert (
        bob[speaks.stop - 1, INDEX["headRotY"]] < bob[0, INDEX["headRotY"]]
    )  # from the right to the left
    steps = np.abs(np.diff(bob[speaks, INDEX["headRotY"]]))
    assert steps.max() < 0.05


def test_lines_that_are_there_are_not_made_again(studio: Casting, tmp_path: Path) -> None:
    first = scene_for(studio, "ADA: One.\nBOB: Two.\n")
    sound = Outputs(format="wav")
    one = produce_scene(studio, first, tmp_path / "a.wav", sound)
    kept = {path.stem: path.stat().st_mtime_ns for path in (tmp_path / ".a.lines").iterdir()}
    assert len(kept) == 2
    second = scene_for(studio, "ADA: One.\nBOB: Other.\nBOB: Two.\n", seed=0)
    produce_scene(studio, second, tmp_path / "a.wav", sound)
    after = {path.stem: path.stat().st_mtime_ns for path in (tmp_path / ".a.lines").iterdir()}
    assert sum(after.get(key) == time for key, time in kept.items()) == 1  # seeds follow the place
    victim = next((tmp_path / ".a.lines").iterdir())
    victim.write_bytes(victim.read_bytes()[:100])
    again = produce_scene(studio, second, tmp_path / "a.wav", sound)
    assert len(list((tmp_path / ".a.lines").iterdir())) == 3
    assert again.seconds > one.seconds


def test_an_interruption_keeps_the_lines_and_leaves_no_film(
    studio: Casting, tmp_path: Path
) -> None:
    scene = scene_for(studio, "ADA: One.\nBOB: Two.\nADA: Three.\n")

    def stop(share: float, note: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        produce_scene(studio, scene, tmp_path / "a.wav", Outputs(format="wav"), stop)
    assert not (tmp_path / "a.wav").exists()
    assert list((tmp_path / ".a.lines").glob("*.npz"))


def test_nothing_of_what_goes_by_is_kept(studio: Casting, tmp_path: Path) -> None:
    scene = scene_for(studio, "ADA: One.\nBOB: Two.\nADA: Three.\n")
    with open_scene(studio, scene, tmp_path) as recording:
        gone = [(weakref.ref(chunk.samples), weakref.ref(chunk.motion)) for chunk in recording]
    gc.collect()
    assert len(gone) > 2
    assert [ref() for pair in gone for ref in pair] == [None] * (2 * len(gone))
    assert recording.seconds > 1
    assert len(recording.cues()) == 3


def test_who_breaks_in_is_heard_before_the_other_has_ended(studio: Casting, tmp_path: Path) -> None:
    talk = "ADA: This is a rather long sentence that goes on.\n{}BOB: Stop.\n"
    lengths = []
    for mark in ("", "& "):
        scene = scene_for(studio, talk.format(mark))
        made = produce_scene(studio, scene, tmp_path / "a.wav", Outputs(format="wav"))
        lengths.append(made.seconds)
        assert np.abs(read_audio(made.files[0])).max() <= 1.0
    assert lengths[1] < lengths[0]


@pytest.mark.parametrize("layout", ["side-by-side", "grid", "picture-in-picture", "voice-over"])
def test_every_layout_has_one_size_and_shows_whom_it_should(studio: Casting, layout: str) -> None:
    scene = scene_for(studio, f"[layout: {layout}]\nADA: One.\nBOB: Two.\n")
    drawn: list[str] = []

    class Watched:
        """A renderer that tells whom it draws, by a colour."""

        size = (256, 256)

        def __init__(self, face: str | None) -> None:
            self.face = face or ""

        def frame(self, row: np.ndarray, memory: object = None) -> np.ndarray:
            drawn.append(self.face)
            return np.full((256, 256, 3), 200 if self.face == "ava" else 50, np.uint8)

    stage = Stage(scene, lambda look, face: Watched(face))
    from omnitalker.scenes.picture import Camera
    from omnitalker.scenes.timing import Placed

    camera = Camera(scene)
    line = scene.lines[0]
    shot = camera.shot(Placed(0, line, None, 0))  # type: ignore[arg-type]
    rows = {name: np.zeros(61, np.float32) for name in scene.cast}
    picture = stage.frame(shot, rows, 0.0)
    assert picture.shape == (256, 256, 3)
    if layout == "voice-over":
        assert set(drawn) == {"marcus"}
    else:
        assert set(drawn) == {"ava", "marcus"}
    if layout in ("side-by-side", "grid"):
        assert picture[:, :120].mean() > 190
        assert picture[:, 136:].mean() < 60


def test_scenes_and_single_orders_go_through_one_door(studio: Casting, tmp_path: Path) -> None:
    script = tmp_path / "talk.txt"
    script.write_text(f"{HEAD}ADA: Hello.\nZOE: Hm.\n")
    order = parse({"scene": str(script), "format": "mp3"})
    scene = examine(order, studio.parts.library.catalogue())
    assert scene is not None
    assert [problem.number for problem in scene.problems] == [8]
    made = make(studio, order, tmp_path / "out.mp3")
    assert made.files == (tmp_path / "out.mp3",)
    assert any("line 8: speaker 'ZOE'" in note for note in made.notes)
    assert examine(parse({"text": "Hello."})) is None
    for wrong in ({"format": "webm"}, {"text": "Hello."}, {"seconds": 3}):
        with pytest.raises(InputError):
            examine(parse({"scene": str(script), **wrong}))
    script.write_text("---\ncast: {X: {voice: ada, seen: no}}\n---\nX: Hello.\n")
    with pytest.raises(InputError, match="nobody of this scene can be seen"):
        examine(parse({"scene": str(script)}), studio.parts.library.catalogue())
