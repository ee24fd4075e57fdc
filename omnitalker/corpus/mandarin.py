"""Mandarin sentences as the syllables that are spoken, tone sandhi included."""

from __future__ import annotations

import re

from omnitalker.corpus.teachers.speech.teacher import TeacherError
from omnitalker.text.mandarin.pinyin import is_pinyin

_PUNCTUATION = {
    "，": ",", "、": ",", "；": ",", "：": ",", "。": ".", "…": ".", "？": "?", "！": "!", "—": ",",
    ",": ",", ".": ".", "?": "?", "!": "!",
}  # fmt: skip
_QUOTES = re.compile("[“”‘’《》（）()\"' ]")


def to_pinyin(text: str) -> str:
    """ "你好，世界！" -> "ni2 hao3, shi4 jie4!"."""
    from pypinyin import Style, lazy_pinyin

    pieces = lazy_pinyin(
        _QUOTES.sub("", text),
        style=Style.TONE3,
        neutral_tone_with_five=True,
        tone_sandhi=True,
        v_to_u=False,
        errors=list,
    )
    spoken: list[str] = []
    for piece in pieces:
        if is_pinyin(piece):
            spoken.append(piece)
        elif piece in _PUNCTUATION:
            if spoken:
                spoken[-1] = spoken[-1].rstrip(",.?!") + _PUNCTUATION[piece]
        else:
            raise TeacherError(
                f"'{piece}' in '{text}' has no pinyin; write numbers and letters in characters"
            )
    return " ".join(spoken)
