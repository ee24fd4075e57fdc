from __future__ import annotations

import json
import time

import pytest

from omnitalker.base.errors import InputError
from omnitalker.base.types import MANNERS
from omnitalker.scenes.formats import FORMATS, is_script, scene_of
from omnitalker.scenes.scene import Scene

VOICES = dict.fromkeys(("ada", "bob", "eve"), MANNERS)
HEAD = """---
title: Breakfast
layout: side by side
cast:
  ANN: {voice: ada, side: left, pitch: 1}
  BOB: bob
---
"""


def read(text: str, kind: str = ".txt", **wishes: object) -> Scene:
    return scene_of(text, kind, wishes, VOICES)


def test_a_script_says_who_speaks_how_and_when() -> None:
    scene = read(
        HEAD + "# Morning\nANN [happy, slowly]: Hello. (pause 0.5) Well?\n  And more.\n"
        "// a remark\n(pause 1.5)\n& BOB (whispering): No!\n[layout: cut]\nNARRATOR: The end.\n(pause 2)\n"
    )
    ann, bob, end = scene.lines
    assert (scene.title, scene.problems) == ("Breakfast", ())
    assert ann.text == "Hello. (pause 0.5) Well? And more."
    assert (ann.order.delivery.emotion, ann.order.delivery.pitch) == ("happy", 1.0)
    assert ann.order.delivery.speed < 1
    assert (bob.overlaps, bob.pause, bob.order.voice.voice) == (True, 1.5, "bob")
    assert bob.order.delivery.energy < 0.5
    assert [line.layout for line in scene.lines] == ["side-by-side", "side-by-side", "cut"]
    assert (scene.cast["NARRATOR"].is_seen, scene.cast["ANN"].side) == (False, "left")
    assert (scene.chapters[0].title, scene.chapters[0].line) == ("Morning", 0)
    assert (end.pause, scene.closing_pause) == (0.0, 2.0)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("BOP: Hi.", "speaker 'BOP' is not known; did you mean 'BOB'? Valid: ANN"),
        ("ANN [flabbergastingly]: Hi.", "direction 'flabbergastingly' is not known"),
        ("ANN: This is [purplish] text.", "direction 'purplish' is not known"),
        ("ANN: ", "nothing to say"),
        ("ANN: Привет всем", "Cyrillic script"),
        ("no speaker here", "names no speaker; write NAME: text"),
        ("[layout: gird]", "layout 'gird' is not known; did you mean 'grid'"),
    ],
)
def test_what_is_wrong_with_a_line_is_told_with_its_number_and_costs_no_other(
    line: str, told: str
) -> None:
    scene = read(f"{HEAD}ANN: One.\n{line}\nBOB: Two.\n")
    assert [item.text for item in scene.lines] == ["One.", "Two."]
    assert [problem.number for problem in scene.problems] == [9]
    assert told in str(scene.problems[0])


@pytest.mark.parametrize(
    ("head", "told"),
    [
        ("cast: {ANN: {voice: nobody}}", "voice 'nobody' is not known"),
        ("cast: {ANN: {voice: ada, face: nobody}}", "face 'nobody' is not known"),
        ("cast: {ANN: {voice: ada, side: up}}", "side 'up' is not known"),
        ("cast: [ANN]", "cast must be"),
        ("lay: cut", "key 'lay' is not known"),
        ("gap: long", "gap must be a number"),
    ],
)
def test_what_is_wrong_with_the_head_is_told(head: str, told: str) -> None:
    scene = read(f"---\n{head}\n---\nada: Hello.\n")
    assert told in str(scene.problems[0])
    assert len(scene.lines) == 1


def test_a_scene_without_a_line_is_refused() -> None:
    with pytest.raises(InputError, match=r"no line that can be said; line 1: speaker 'ZOE'"):
        read("ZOE: Hello.\n")
    with pytest.raises(InputError, match="must end with ---"):
        read("---\ntitle: x\nada: Hello.")


def test_open_casts_give_everybody_an_own_voice() -> None:
    scene = read("---\ncast: auto\n---\nX: One.\nY: Two.\nZ: Three.\nX: Four.\n")
    assert {s.order.voice.voice for s in scene.cast.values()} == set(VOICES)
    assert len(scene.cast) == 3


def test_wishes_of_the_whole_scene_go_before_its_head_and_lines_before_both() -> None:
    scene = read(HEAD + "ANN: One.\nBOB: Two.\n", layout="grid", size=256, speed=1.2, seed=5)
    assert scene.layouts == {"grid"}
    assert {line.order.look.size for line in scene.lines} == {256}
    assert [line.order.delivery.speed for line in scene.lines] == [1.2, 1.2]
    assert [line.order.delivery.seed for line in scene.lines] == [5, 6]


def test_fountain() -> None:
    scene = read(
        "Title: *Two*\nCast: ANN = ada, BOB = bob\n\nINT. KITCHEN - DAY\n\nThey sit.\n\n"
        "ANN\n(whispering)\nDid you hear?\n(beat)\nI did.\n\nBOB (V.O.) ^\n(to the cat)\nYes, of course.\n\n> CUT TO:\n",
        ".fountain",
    )
    first, second = scene.lines
    assert (first.number, first.text) == (8, "[whispering] Did you hear? (pause) I did.")
    assert (second.text, second.overlaps) == ("Yes, of course.", True)
    assert (scene.title, scene.chapters[0].title) == ("Two", "KITCHEN - DAY")


@pytest.mark.parametrize("kind", [".srt", ".vtt"])
def test_subtitles(kind: str) -> None:
    sep = "," if kind == ".srt" else "."
    scene = read(
        f"1\n00:00:01{sep}000 --> 00:00:02{sep}000\nANN: Hello: you.\n\n"
        f"2\n00:00:05{sep}000 --> 00:00:06{sep}000\n<v Bob>Hi <i>there</i>.\n\n"
        f"3\n00:00:05{sep}500 --> 00:00:07{sep}000\nANN [sad]: Oh.\n\n"
        f"4\n00:00:07{sep}000 --> 00:00:08{sep}000\nno name here\n",
        kind,
    )
    assert [(line.speaker, line.overlaps) for line in scene.lines] == [
        ("ANN", False), ("BOB", False), ("ANN", True), ("ANN", False),
    ]  # fmt: skip
    assert scene.lines[1].text == "Hi there."
    assert scene.lines[1].pause == 2.5


def test_json_says_the_same_as_text_and_more() -> None:
    lines = [
        {"chapter": "One"},
        {"speaker": "ANN", "text": "Hello.", "direct": "happy", "speed": 0.5},
        {"pause": 1},
        {"speaker": "BOB", "text": "Hi.", "overlap": True},
        {"speaker": "BOB", "text": 3},
        "what",
        {"text": "Who?"},
    ]
    cast = {"ANN": {"voice": "ada"}, "BOB": "bob"}
    scene = read(json.dumps({"cast": cast, "lines": lines}), ".json")
    assert [(x.order.delivery.speed, x.overlaps, x.pause) for x in scene.lines] == [
        (0.5, False, 0.0), (1.0, True, 1.0),
    ]  # fmt: skip
    assert [problem.number for problem in scene.problems] == [5, 6, 7]
    with pytest.raises(InputError, match="no JSON"):
        read("{", ".json")


def test_a_text_of_one_speaker_is_no_script() -> None:
    assert is_script("A: Hello.\nB: Hi.\n")
    assert not is_script("Note: this is a text.")
    assert not is_script("Hello there.\nHow are you?")


@pytest.mark.parametrize("kind", FORMATS)
def test_no_text_breaks_a_reader(kind: str) -> None:
    for text in (
        "",
        "\0",
        "---",
        "& : x\n[",
        "1\n00:00 --> x\n",
        "{}",
        "[" * 2000,
        "A" * 5000 + ":",
    ):
        with pytest.raises(InputError):
            read(text, kind)


def test_a_line_costs_no_more_the_more_there_are_before_it() -> None:
    """10 000 lines are checked in seconds: measured as a ratio, since the clocks of shared machines cannot be trusted."""

    def seconds(count: int) -> float:
        texts = [f"ANN [happy]: Line {number} of very many.\nBOB: Yes." for number in range(count)]
        begun = time.process_time()
        assert len(read(HEAD + "\n".join(texts)).lines) == 2 * count
        return time.process_time() - begun

    seconds(10)
    assert seconds(400) < 4 * 4 * seconds(100)
