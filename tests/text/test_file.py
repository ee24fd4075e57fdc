from __future__ import annotations

from pathlib import Path

import pytest

from omnitalker.base.errors import InputError
from omnitalker.text.file import decode, read_text


@pytest.mark.parametrize("coding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_chinese_as_editors_save_it(coding: str) -> None:
    assert decode("今天天气很好，28度。OK".encode(coding)) == "今天天气很好，28度。OK"


def test_accents_and_quotes_of_western_windows() -> None:
    text = "“Café”, naïve – it’s 5 €"
    assert decode(text.encode("cp1252")) == text


def test_what_is_no_text_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"ab\0\1\2")
    with pytest.raises(InputError, match="save it as UTF-8"):
        read_text(tmp_path / "a.txt")
    with pytest.raises(InputError, match="is a folder"):
        read_text(tmp_path)
