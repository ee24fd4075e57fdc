"""Nothing is lost, and the portions in which text arrives make no difference."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omnitalker.text.splitting import ClauseSplitter, split_clauses, split_sentences

FRAGMENTS = st.sampled_from(
    [
        "Hello world",
        "<think>a. b\n",
        "</think>",
        "Dr. ",
        "3.14",
        ", ",
        ". ",
        "! ",
        "? ",
        "“Yes.” ",
        "https://a.io/?q=1.2, ",
        "[[tomato|təˈmɑːtoʊ]] ",
        "təˈmɑːtoʊ]]",
        "\n\n",
        "\n",
        "1. ",
        "e.g. ",
        "你好",
        "，",
        "。",
        "！",
        "……",
        "10:30",
        "$1,000.50",
        "<|im_end|>",
        ">",
        "[link. here](http://x.y/z.)",
        "```py\nx = 1. \n```",
        "```",
        "[",
        "[[",
        "U.S. ",
        "etc. ",
        "3.5万",
        "— ",
        "（好）",
        "supercalifragilistic ",
        "a b c d e f g h ",
        "😀",
        "\t",
        " ",
        " ;",
        "no. 5",
        "No. ",
        "…and ",
        "J. ",
        "\r\n- item",
        "#",
    ]
)
TEXT = st.one_of(st.text(max_size=200), st.lists(FRAGMENTS, max_size=60).map("".join))


@given(TEXT)
@settings(max_examples=200, deadline=None)
def test_pieces_join_to_the_input(text: str) -> None:
    for split in (split_sentences, split_clauses):
        pieces = split(text)
        assert "".join(pieces) == text
        assert all(pieces)


@given(TEXT, st.lists(st.integers(1, 12), min_size=1, max_size=20))
@settings(max_examples=200, deadline=None)
def test_streaming_equals_whole(text: str, sizes: list[int]) -> None:
    splitter, pieces, at, turn = ClauseSplitter(), [], 0, 0
    while at < len(text):
        size = sizes[turn % len(sizes)]
        pieces += splitter.push(text[at : at + size])
        at, turn = at + size, turn + 1
    pieces += splitter.flush()
    assert pieces == split_clauses(text)


def test_a_splitter_can_be_used_again_after_flush() -> None:
    splitter = ClauseSplitter()
    first = [*splitter.push("Well, hello there, my friend. Bye"), *splitter.flush()]
    assert [*splitter.push("Well, hello there, my friend. Bye"), *splitter.flush()] == first


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hello there. How are you? Fine!", ["Hello there. ", "How are you? ", "Fine!"]),
        ("Dr. Smith met Mr. Jones. They spoke.", ["Dr. Smith met Mr. Jones. ", "They spoke."]),
        ("It costs 3.50 dollars. Cheap.", ["It costs 3.50 dollars. ", "Cheap."]),
        ("See www.a.com/b.html. Then go.", ["See www.a.com/b.html. ", "Then go."]),
        ("Use e.g. this one. Good.", ["Use e.g. this one. ", "Good."]),
        ("Apples, pears, etc. Then more.", ["Apples, pears, etc. ", "Then more."]),
        ("Apples, etc. are sold.", ["Apples, etc. are sold."]),
        ("J. R. R. Tolkien wrote it. Yes.", ["J. R. R. Tolkien wrote it. ", "Yes."]),
        ("He lives in the U.S. Army base.", ["He lives in the U.S. Army base."]),
        ("It is No. 5 today. No. I said no.", ["It is No. 5 today. ", "No. ", "I said no."]),
        ('"Stop!" he cried. "Why?" "Well."', ['"Stop!" he cried. ', '"Why?" ', '"Well."']),
        ("Wait... what? Hmm... OK.", ["Wait... what? ", "Hmm... ", "OK."]),
        ("1. First step. 2. Second", ["1. First step. ", "2. Second"]),
        ("你好。我很好！你呢？", ["你好。", "我很好！", "你呢？"]),
        ("他说：“走吧。”然后走了。", ["他说：“走吧。”", "然后走了。"]),
        ("价格是3.5万元。好", ["价格是3.5万元。", "好"]),
        ("One line\nAnother line", ["One line\n", "Another line"]),
        ("a wrapped\nline goes on", ["a wrapped\nline goes on"]),
        ("Meet at 5 p.m. tomorrow. Bye.", ["Meet at 5 p.m. tomorrow. ", "Bye."]),
        ("Say [[a. b|ə]] now. Yes", ["Say [[a. b|ə]] now. ", "Yes"]),
    ],
)
def test_sentences(text: str, expected: list[str]) -> None:
    assert split_sentences(text) == expected


def test_the_first_clause_is_short_and_later_ones_are_longer() -> None:
    text = "Of course I can, " + "and I will gladly tell you about it, " * 8 + "my friend."
    pieces = split_clauses(text)
    assert pieces[0] == "Of course I can, "
    assert all(60 <= len(piece) <= 220 for piece in pieces[1:-1])


def test_a_streamed_sentence_comes_out_as_soon_as_the_next_begins() -> None:
    splitter = ClauseSplitter()
    assert splitter.push("Good morning to you. ") == []
    assert splitter.push("A") == ["Good morning to you. "]
    assert splitter.flush() == ["A"]


def test_endless_text_without_punctuation_is_still_cut() -> None:
    assert max(map(len, split_clauses("word " * 1000))) < 300
    assert max(map(len, split_clauses("好" * 1000))) < 100
    assert max(map(len, split_clauses("x" * 5000))) <= 1000


def test_a_code_block_is_never_cut() -> None:
    code = "```python\n" + "print('a. b'). \n\n" * 120 + "```"
    assert any(code in piece for piece in split_clauses(f"Look at this. {code}\nNice, is it not?"))
