"""`omnitalker chat` at a keyboard: lines in as people type them, and an end at any moment."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import av
import pytest

from omnitalker.agent.brain import Brain, EchoBrain, Message, ToolCall
from omnitalker.agent.character import Character
from omnitalker.agent.chat import ChatOutputs, talk
from omnitalker.agent.keyboard import typed_lines

if TYPE_CHECKING:
    from omnitalker.live.performer import Performer

pytestmark = pytest.mark.usefixtures("no_leaks")
ADA = Character("Ada", "You are Ada.", greeting="Hello there, my friend.")


class Keyboard:
    """A pipe in the place of the standard input."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        source, self._sink = os.pipe()
        self._stdin = open(source, encoding="utf-8")  # noqa: SIM115
        patch.setattr(sys, "stdin", self._stdin)

    def type(self, data: str | bytes) -> None:
        os.write(self._sink, data.encode() if isinstance(data, str) else data)

    def close(self) -> None:
        os.close(self._sink)


@pytest.fixture
def keyboard(monkeypatch: pytest.MonkeyPatch) -> Keyboard:
    return Keyboard(monkeypatch)


class SlowBrain:
    """Thinks for longer than anybody waits."""

    async def reply(self, messages: Sequence[Message]) -> AsyncIterator[str | ToolCall]:
        yield "Well, "
        await asyncio.sleep(60)


def chat(
    performer: Performer, outputs: ChatOutputs, patience: float = 40.0, brain: Brain | None = None
) -> str:
    written: list[str] = []
    talking = talk(performer, ADA, brain or EchoBrain(), outputs, written.append)
    try:
        asyncio.run(asyncio.wait_for(talking, patience))
    except asyncio.TimeoutError:
        written.append("(cancelled)")
    return "".join(written)


def test_lines_come_whole_however_they_are_portioned(keyboard: Keyboard) -> None:
    async def read() -> list[str]:
        lines = typed_lines()
        keyboard.type("one\ntwo\nthr")
        got = [await anext(lines), await anext(lines)]
        for byte in "ee 你\n\nlast".encode():
            keyboard.type(bytes([byte]))
            await asyncio.sleep(0.001)
        keyboard.close()
        return got + [line async for line in lines]

    assert asyncio.run(read()) == ["one", "two", "three 你", "", "last"]


def test_a_program_ends_though_nobody_types() -> None:
    code = (
        "import asyncio\n"
        "from omnitalker.agent.keyboard import typed_lines\n"
        "async def main():\n"
        "    async for line in typed_lines(): return print(line)\n"
        "asyncio.run(main())\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as program:  # fmt: skip
        assert program.stdin is not None
        program.stdin.write("hello\n")
        program.stdin.flush()
        assert program.wait(30) == 0
        assert program.stdout is not None
        assert program.stdout.read() == "hello\n"
        assert program.stderr is not None
        assert program.stderr.read() == ""


def test_typed_lines_are_answered_to_the_last(performer: Performer, keyboard: Keyboard) -> None:
    keyboard.type("/manner purple\nGood morning.")
    keyboard.close()
    text = chat(performer, ChatOutputs(None, False))
    assert "no such manner" in text
    assert "You said: Good morning." in text


def test_a_talk_that_ends_with_a_stop_ends(performer: Performer, keyboard: Keyboard) -> None:
    keyboard.type("Good morning.\n/stop\n")
    keyboard.close()
    assert "(cancelled)" not in chat(performer, ChatOutputs(None, False), brain=SlowBrain())


def test_the_film_of_a_talk_that_is_cut_short_is_kept(
    performer: Performer, keyboard: Keyboard, tmp_path: Path
) -> None:
    film = tmp_path / "talk.mp4"
    assert chat(performer, ChatOutputs(film, False), patience=2.0).endswith("(cancelled)")
    keyboard.close()
    with av.open(str(film)) as container:
        assert len(list(container.decode(video=0))) > 20
