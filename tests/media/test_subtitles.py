from __future__ import annotations

from omnitalker.base.types import TimedWord
from omnitalker.media.subtitles import to_srt, to_vtt

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
    assert to_srt(WORDS, SOURCE) == (
        "1\n00:00:00,000 --> 00:00:02,000\nHello, it is 42 degrees.\n\n"
        "2\n00:00:02,000 --> 00:00:03,000\nTake a hat!\n"
    )


def test_vtt_has_its_header_and_dots() -> None:
    text = to_vtt(WORDS, SOURCE)
    assert text.startswith("WEBVTT\n\n00:00:00.000 --> 00:00:02.000\n")


def test_long_lines_and_long_silences_break() -> None:
    source = "word " * 40
    words = [TimedWord("word", i * 0.3, i * 0.3 + 0.3, 5 * i, 5 * i + 4) for i in range(40)]
    cues = to_srt(words, source).split("\n\n")
    assert len(cues) > 4
    assert all(len(cue.splitlines()[-1]) <= 42 for cue in cues)
    late = [TimedWord("a", 0, 0.2, 0, 1), TimedWord("b", 2.0, 2.2, 2, 3)]
    assert to_srt(late, "a b").count("-->") == 2


def test_nothing_said_gives_no_cues() -> None:
    assert to_srt([], "") == ""
