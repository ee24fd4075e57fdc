from __future__ import annotations

import pytest

from omnitalker.text.frontend import TextFrontend
from omnitalker.text.mandarin.pinyin import phones_from_pinyin
from omnitalker.text.mandarin.pinyin_spelling import is_mandarin, spell


@pytest.mark.parametrize(
    "text",
    ["nǐ hǎo", "zhuāng", "lǜ sè", "xué xí", "yuán", "wǒ men", "qù hǎi biān de huǒ chē", "ér", "shū zhuō", "yún yǔ", "jiǔ"],
)  # fmt: skip
def test_what_was_spelled_comes_back(text: str) -> None:
    phonemes = [p for syllable in text.split() for p in phones_from_pinyin(syllable)]
    assert spell(phonemes) == text


def test_languages_are_told_apart_by_their_sounds() -> None:
    frontend = TextFrontend()
    assert is_mandarin(frontend.prepare("早上好！去海边的火车九点出发。").phonemes)
    assert not is_mandarin(frontend.prepare("The train to the sea leaves at nine.").phonemes)
    assert not is_mandarin([])
