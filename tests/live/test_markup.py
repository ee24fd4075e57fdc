from __future__ import annotations

import pytest

from omnitalker.live.markup import MannerChange, MannerTags

CASES = [
    ("[happy] Hi [sad]there", [MannerChange("happy"), " Hi ", MannerChange("sad"), "there"]),
    ("a <emotion=angry> b", ["a ", MannerChange("angry"), " b"]),
    ('<emotion="joy">c</emotion> d', [MannerChange("happy"), "c", MannerChange("calm"), " d"]),
    ("<|fearful|>e", [MannerChange("fearful"), "e"]),
    ("see [happy](http://x) [note] a[0] < b", ["see [happy](http://x) [note] a[0] < b"]),
    ("<|endoftext|> 3 < 4", ["<|endoftext|> 3 < 4"]),
]


@pytest.mark.parametrize(("text", "parts"), CASES)
@pytest.mark.parametrize("size", [1, 2, 3, 7, 100])
def test_tags_are_found_however_the_text_is_portioned(
    text: str, parts: list[str | MannerChange], size: int
) -> None:
    tags = MannerTags(own="calm")
    got: list[str | MannerChange] = []
    for at in range(0, len(text), size):
        got.extend(tags.push(text[at : at + size]))
    got.extend(tags.flush())
    joined: list[str | MannerChange] = []
    for part in got:
        if isinstance(part, str) and joined and isinstance(joined[-1], str):
            joined[-1] += part
        else:
            joined.append(part)
    assert joined == parts
