from __future__ import annotations

from itertools import pairwise

import pytest

from omnitalker.base.types import TimedWord
from omnitalker.media.cues import Cue, cues
from omnitalker.media.subtitles import to_srt, to_vtt
from omnitalker.text.frontend import TextFrontend

SOURCE = "Hello, it is 42 degrees. Take a hat!"


def timed(source: str, *spoken: tuple[str, str]) -> list[TimedWord]:
    """Words (spoken, written) a third of a second apart."""
    words, place = [], 0
    for index, (said, written) in enumerate(spoken):
        found = source.find(written, place)
        place = found if index + 1 < len(spoken) and spoken[index + 1][1] == written else found + 1
        words.append(TimedWord(said, index / 3, (index + 1) / 3, found, found + len(written)))
    return words


WORDS = timed(
    SOURCE,
    ("hello", "Hello"), ("it", "it"), ("is", "is"), ("forty", "42"), ("two", "42"),
    ("degrees", "degrees"), ("take", "Take"), ("a", "a"), ("hat", "hat"),
)  # fmt: skip


def test_srt_shows_the_written_text_sentence_by_sentence() -> None:
    assert to_srt(cues(WORDS, SOURCE)) == (
        "1\n00:00:00,000 --> 00:00:02,000\nHello, it is 42 degrees.\n\n"
        "2\n00:00:02,000 --> 00:00:03,000\nTake a hat!\n"
    )


def test_vtt_has_its_header_and_dots() -> None:
    text = to_vtt(cues(WORDS, SOURCE))
    assert text.startswith("WEBVTT\n\n00:00:00.000 --> 00:00:02.000\n")


def test_long_lines_and_long_silences_break() -> None:
    source = "word " * 40
    words = [TimedWord("word", i * 0.3, i * 0.3 + 0.3, 5 * i, 5 * i + 4) for i in range(40)]
    shown = to_srt(cues(words, source)).split("\n\n")
    assert len(shown) > 4
    assert all(len(cue.splitlines()[-1]) <= 42 for cue in shown)
    late = [TimedWord("a", 0, 0.2, 0, 1), TimedWord("b", 2.0, 2.2, 2, 3)]
    assert to_srt(cues(late, "a b")).count("-->") == 2


def test_whoever_speaks_is_named() -> None:
    lines = [Cue(0.0, 1.0, "Hello.", "AVA")]
    assert to_srt(lines).splitlines()[-1] == "AVA: Hello."
    assert to_vtt(lines).splitlines()[-1] == "<v AVA>Hello."


def test_nothing_said_gives_no_cues() -> None:
    assert to_srt([]) == ""


def spoken(source: str, han: float = 0.24, letter: float = 0.07) -> list[TimedWord]:
    """The words of a text one after another, with a pause where there is a mark."""
    words, at = [], 0.1
    for word in TextFrontend().prepare(source).words:
        length = han if "\u4e00" <= word.text[0] <= "\u9fff" else letter * (1 + len(word.text))
        words.append(TimedWord(word.text, at, at + length, word.start, word.end))
        at += length + 0.3 * (source[word.end : word.end + 1] in tuple(",，。.!?"))
    return words


@pytest.mark.parametrize(
    "source",
    [
        "大家好，欢迎收看今天的节目，今天臺北的天氣非常好，明天最高气温28度。",
        "我昨天在超市里买东西一共花了38块5毛钱还买了很多很多水果和蔬菜然后才结束。",
        "There is nothing that cannot be said in a sentence without a comma if only one goes on and on.",
        "Hi. I am Bob. No! Yes. What is your name, and where do you come from?",
    ],
)
def test_lines_can_be_read_and_lose_nothing(source: str) -> None:
    found = cues(spoken(source), source)
    for (start, end, *_), (following, *_) in pairwise(found):
        assert end - start >= 0.999
        assert end <= following
    assert found[-1][1] - found[-1][0] >= 0.999
    assert "".join("".join(text for _, _, text, _ in found).split()) == "".join(source.split())
    widths = [len(text.encode("gb18030")) for _, _, text, _ in found]
    assert max(widths) <= 42
    if len(found) == 2:
        assert max(widths) <= 1.5 * min(widths)


def test_mandarin_words_and_numbers_with_their_units_stay_whole() -> None:
    source = "我昨天在超市里买东西一共花了38块5毛钱还买了很多很多水果和蔬菜然后才结束。"
    joined = "|".join(text for _, _, text, _ in cues(spoken(source), source))
    for whole in ("38块5毛钱", "昨天", "超市", "东西", "一共", "水果", "蔬菜", "然后", "结束"):
        assert whole in joined


def test_markup_is_not_shown_and_brackets_are_whole() -> None:
    source = (
        "# Heading\n\n**Bold** and [a link](http://a.b): he said (that's -5% off) `f(3)` 🎉 today."
    )
    shown = " ".join(text for _, _, text, _ in cues(spoken(source), source))
    assert shown == "Heading Bold and a link: he said (that's -5% off) f(3) today."
