"""Hand-written cases of what is said for what is written."""

import re
from pathlib import Path

import pytest

from omnitalker.text.frontend import TextFrontend

HERE = Path(__file__).parent
FRONTEND = TextFrontend()


def cases(name: str) -> list[tuple[str, str]]:
    lines = (HERE / name).read_text(encoding="utf-8").splitlines()
    pairs = [line.split("\t") for line in lines if line and not line.startswith("#!")]
    return [(written.replace("\\n", "\n"), said) for written, said in pairs]


def said(text: str) -> str:
    prepared = FRONTEND.prepare(text)
    words = " ".join(word.text for word in prepared.words)
    return re.sub(r"(?<=[\u4e00-\u9fff]) (?=[\u4e00-\u9fff])", "", words)


@pytest.mark.parametrize(("written", "expected"), cases("normalisation_en.tsv"))
def test_english(written: str, expected: str) -> None:
    assert said(written) == expected


@pytest.mark.parametrize(("written", "expected"), cases("normalisation_zh.tsv"))
def test_mandarin(written: str, expected: str) -> None:
    assert said(written) == expected
