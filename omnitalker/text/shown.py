"""A text as people read it: without the markup that nobody says, every character knowing its place in the source."""

from __future__ import annotations

from unicodedata import normalize

from omnitalker.text.aligned import AlignedText
from omnitalker.text.clean import clean
from omnitalker.text.marks import MARK, Marks
from omnitalker.text.markup import without_directions


def shown(source: str) -> AlignedText:
    """`[[word|phones]]` shows the word; code, tags, directions, emoji and emphasis marks are gone, wide marks stay wide."""
    marks = Marks({})
    text = clean(without_directions(marks.put(source))).sub(
        MARK, lambda match: marks[match[0]].word
    )
    places = zip(text.text, text.starts, text.ends, strict=True)
    kept = (
        source[start] if end - start == 1 and normalize("NFKC", source[start]) == char else char
        for char, start, end in places
    )
    return AlignedText("".join(kept), text.starts, text.ends)
