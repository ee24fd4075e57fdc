from __future__ import annotations

import pytest

from omnitalker.base.types import Text
from omnitalker.text.frontend import TextFrontend
from omnitalker.text.markup import Control, Directions, Rest, emphasised, has_directions, said
from omnitalker.text.shown import shown

CASES = [
    ("[happy] Hi [sad]there", ["emotion happy", " Hi ", "emotion sad", "there"]),
    ("a <emotion=angry> b", ["a ", "emotion angry", " b"]),
    ('<emotion="joy">c</emotion> d', ["emotion happy", "c", "end", " d"]),
    ("<|fearful|>e", ["emotion fearful", "e"]),
    ("see [happy](http://x) [note] a[0] < b", ["see [happy](http://x) [note] a[0] < b"]),
    ("<|endoftext|> 3 < 4", ["<|endoftext|> 3 < 4"]),
    ("Wait. (pause 1.5) Go (pause) on (perhaps).", ["Wait. ", 1.5, " Go ", 0.6, " on (perhaps)."]),
    ("等等（停顿1秒）好", ["等等", 1.0, "好"]),
    ("[slower] One [normal] two", ["speed 0.82", " One ", "end", " two"]),
    ("[laughs] Ha.", ["no laugh", " Ha."]),
    ("[[tomato|t ah m aa t ow]] [see 3]", ["[[tomato|t ah m aa t ow]] [see 3]"]),
]  # fmt: skip


def shape(part: object) -> object:
    """A part in short."""
    if isinstance(part, Rest):
        return part.seconds
    if not isinstance(part, Control):
        return part
    if part.ends_all:
        return "end"
    if part.direction.sounds:
        return f"no {part.direction.sounds[0]}"
    name, value = next(iter(part.direction.values.items()))
    return f"{name} {value}"


@pytest.mark.parametrize(("text", "parts"), CASES)
@pytest.mark.parametrize("size", [1, 2, 3, 7, 100])
def test_directions_are_found_however_the_text_is_portioned(
    text: str, parts: list[object], size: int
) -> None:
    tags = Directions()
    got: list[object] = []
    for at in range(0, len(text), size):
        got.extend(map(shape, tags.push(text[at : at + size])))
    got.extend(map(shape, tags.flush()))
    joined: list[object] = []
    for part in got:
        is_text = isinstance(part, str) and part in text
        if is_text and joined and isinstance(joined[-1], str) and joined[-1] in text:
            joined[-1] += part
        else:
            joined.append(part)
    assert joined == parts


def test_subtitles_show_no_directions_and_every_character_knows_its_place() -> None:
    text = "[whispering] Come *here*, (pause 1) quickly."
    seen = shown(text)
    assert " ".join(seen.text.split()) == "Come here, quickly."
    assert text[seen.starts[seen.text.index("quick")] :].startswith("quick")
    assert said("[sad][slow]") == ""
    assert not has_directions("An array[3] and a [citation needed].")


def prepared(text: str) -> Text:
    return TextFrontend().prepare(text)


@pytest.mark.parametrize(
    ("text", "stressed"),
    [
        ("I said *blue*, not **dark green**.", {"blue", "dark", "green"}),
        ("Two *three and four and five* six.", set()),
        ("**Everything**", set()),
        ("2 * 3 * 4 is a_b_c", set()),
        ("我*真的*很好。", {"真", "的"}),
    ],
)
def test_words_in_stars_are_stressed(text: str, stressed: set[str]) -> None:
    found = prepared(text)
    assert {found.words[i].text.lower() for i in emphasised(found)} == stressed
