"""The pages of the project and what stands in them: blocks of commands and code, each with how it is tried.

A block runs as it is, unless an HTML comment on the line before it says otherwise:

    <!-- run: slow -->                      with `-m slow` only
    <!-- run: slow, with --set a.b=1 -->    the same, with these words added to each of its commands
    <!-- run: server -->                    with `-m slow`: started, asked until it answers, stopped
    <!-- run: no, REASON -->                understood (parsed, compiled), not run
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

ROOT = Path(__file__).parents[2]
PAGES = (*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md")))
Way = Literal["fast", "slow", "server", "no"]
_BLOCK = re.compile(
    r"(?:<!-- run: (?P<how>.*?) -->\n+)?```(?P<kind>\w+)\n(?P<text>.*?)```", re.DOTALL
)
_HOW = re.compile(r"(?P<way>slow|server|no)(?:, (?P<rest>.+))?")
_INLINE = re.compile(r"`(omnitalker [^`\n]+)`")


@dataclass(frozen=True)
class Block:
    page: str
    kind: str
    text: str
    way: Way = "fast"
    extra: tuple[str, ...] = ()
    """Added to each command."""
    reason: str = ""

    @property
    def lines(self) -> list[str]:
        """Commands, one a line, continuation lines joined, comments gone."""
        joined = self.text.replace("\\\n", " ").splitlines()
        return [line.strip() for line in joined if shlex.split(line, comments=True)]

    @property
    def commands(self) -> list[list[str]]:
        """The arguments of every `omnitalker ...`."""
        words = [shlex.split(line, comments=True) for line in self.lines]
        return [[*line[1:], *self.extra] for line in words if line[0] == "omnitalker"]


def blocks(*kinds: str) -> list[Block]:
    found = []
    for page in PAGES:
        name = str(page.relative_to(ROOT))
        for match in _BLOCK.finditer(page.read_text(encoding="utf-8")):
            if match["kind"] in kinds:
                found.append(_block(name, match["kind"], match["text"], match["how"]))
    return found


def inline_commands() -> list[tuple[str, list[str]]]:
    """(page, arguments) of commands named in running text and in tables; `...` stands for more of them."""
    return [
        (str(page.relative_to(ROOT)), [word for word in shlex.split(line)[1:] if word != "..."])
        for page in PAGES
        for line in _INLINE.findall(page.read_text(encoding="utf-8"))
    ]


def _block(page: str, kind: str, text: str, how: str | None) -> Block:
    if how is None:
        return Block(page, kind, text)
    found = _HOW.fullmatch(how)
    assert found, f"{page}: cannot read '<!-- run: {how} -->'"
    way: Way = found["way"]  # type: ignore[assignment]
    rest = found["rest"] or ""
    if way == "no":
        assert rest, f"{page}: a block that is not run says why"
        return Block(page, kind, text, way, reason=rest)
    assert not rest or rest.startswith("with "), f"{page}: cannot read '{rest}'"
    return Block(page, kind, text, way, extra=tuple(shlex.split(rest.removeprefix("with "))))
