from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from omnitalker.base.errors import InputError
from omnitalker.demo.scenes import LONGEST_SCRIPT, DemoScenes
from omnitalker.demo.takes import Stop
from omnitalker.media.probe import probe

if TYPE_CHECKING:
    from omnitalker.demo.takes import DemoTakes

SCRIPT = "ada [happy]: Good morning to you.\nbob: Hello.\nnarrator: So it went.\nzoe: Hm.\n"


def test_a_script_plays_while_it_is_made_and_becomes_a_film_with_names(demo: DemoTakes) -> None:
    scenes = DemoScenes(demo)
    scene = scenes.read(SCRIPT, "cut")
    assert [problem.number for problem in scene.problems] == [4]
    steps = list(scenes.make(scene))
    *_, last = steps
    assert [step.files == () for step in steps] == [True] * (len(steps) - 1) + [False]
    film, srt, vtt = last.files
    assert probe(film).video == pytest.approx(last.made, abs=0.05)
    assert sum(step.piece_seconds for step in steps) == pytest.approx(last.made, abs=0.01)
    assert "ADA: Good morning to you." in srt.read_text()
    assert "<v BOB>Hello." in vtt.read_text()


def test_a_script_of_a_visitor_names_no_files_and_ends_when_it_is_stopped(demo: DemoTakes) -> None:
    scenes = DemoScenes(demo)
    named = scenes.read("---\ncast: {X: {face: /etc/hostname}}\n---\nX: Hi.\nada: Ho.\n")
    assert "no file can be named here" in str(named.problems[0])
    with pytest.raises(InputError, match="takes up to"):
        scenes.read("ada: " + "x" * LONGEST_SCRIPT)
    stop = Stop()
    stop.event.set()
    with pytest.raises(InputError, match="stopped"):
        list(scenes.make(scenes.read(SCRIPT), stop))
