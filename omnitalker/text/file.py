"""Text files as editors and spreadsheets save them."""

from __future__ import annotations

import codecs
import re
from pathlib import Path
from typing import Final

from omnitalker.base.errors import InputError

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_HIGH: Final = re.compile(rb"[\x80-\xff]+")


def read_text(path: str | Path) -> str:
    """UTF-8, UTF-16 with its mark, or what Windows writes in the West and in China; an `InputError` otherwise."""
    path = Path(path)
    try:
        return decode(path.read_bytes())
    except FileNotFoundError:
        raise InputError(f"no such text file: {path}") from None
    except IsADirectoryError:
        raise InputError(f"{path} is a folder; give a text file") from None
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from error
    except UnicodeError:
        raise InputError(
            f"cannot tell how the text in {path} is written; save it as UTF-8"
        ) from None


def decode(data: bytes) -> str:
    """The text of a file's bytes; a `UnicodeError` where they are none."""
    for mark, name in _MARKS:
        if data.startswith(mark):
            return data.decode(name)
    if b"\0" in data:
        raise UnicodeError("not text")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode(_windows(data))


def _windows(data: bytes) -> str:
    """Chinese bytes come in pairs, one after another; accented letters stand alone among plain ones."""
    runs = _HIGH.findall(data)
    paired = sum(len(run) for run in runs if len(run) > 1)
    return "gb18030" if 2 * paired > sum(map(len, runs)) else "cp1252"
