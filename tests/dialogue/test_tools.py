"""Functions that a language model may call, from a file to what the avatar says."""

from __future__ import annotations

import asyncio
import json
import time
from typing import TYPE_CHECKING

import pytest

from omnitalker.dialogue import tools
from omnitalker.dialogue.brain import LLMSettings, OpenAIBrain, ToolCall
from omnitalker.dialogue.character import Character
from omnitalker.dialogue.conversation import Conversation
from omnitalker.dialogue.session import AvatarSession, SessionSettings
from omnitalker.dialogue.tools import Toolbox
from omnitalker.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

    from omnitalker.dialogue.performer import Performer

pytestmark = pytest.mark.usefixtures("no_leaks")
FILE = '''
from __future__ import annotations
import json, time
from typing import Literal

PRICES = {"tea": 3, "cake": 5}

def price(dish: Literal["tea", "cake"], pieces: int = 1) -> str:
    """What a dish costs."""
    return f"{_total(dish, pieces)} euros"

async def stock(dish: str | None = None) -> dict:
    return {"left": 4}

def sleep(seconds: float) -> None:
    time.sleep(seconds)

def _total(dish, pieces):
    return PRICES[dish] * pieces
'''


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "my_tools.py"
    path.write_text(FILE)
    return path


def ask(box: Toolbox, name: str, arguments: str = "") -> str:
    return asyncio.run(box(ToolCall("1", name, arguments)))


def test_public_functions_of_the_file_are_offered_with_what_they_take(file: Path) -> None:
    box = Toolbox.load(file)
    assert box.names == ("price", "stock", "sleep")
    function = box.definitions[0]["function"]
    assert function["description"] == "What a dish costs."
    assert function["parameters"] == {
        "type": "object",
        "properties": {
            "dish": {"type": "string", "enum": ["tea", "cake"]},
            "pieces": {"type": "integer"},
        },
        "required": ["dish"],
    }


def test_tools_answer_and_those_that_fail_say_why(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    box = Toolbox.load(file)
    assert ask(box, "price", '{"dish": "cake", "pieces": 2}') == "10 euros"
    assert json.loads(ask(box, "stock")) == {"left": 4}
    assert ask(box, "price", '{"dish": "soup"}') == "error: KeyError: 'soup'"
    assert ask(box, "price", '{"dish": ').startswith("error: JSONDecodeError")
    assert "no tool 'prize'; there are price, stock, sleep" in ask(box, "prize")
    monkeypatch.setattr(tools, "PATIENCE", 0.05)
    started = time.monotonic()
    assert ask(box, "sleep", '{"seconds": 0.4}') == "error: no answer in 0.05 s"
    assert time.monotonic() - started < 2


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("def f(x: list) -> str: ...", "f: x must be"),
        ("1 / 0", "ZeroDivisionError"),
        ("x = 3", "no public function"),
        (None, "no file"),
    ],
)
def test_a_file_that_will_not_do_is_refused_in_words(
    tmp_path: Path, content: str | None, says: str
) -> None:
    path = tmp_path / "bad.py"
    if content is not None:
        path.write_text(content)
    with pytest.raises(ConfigError, match=says):
        Toolbox.load(path)


class Model:
    """An endpoint that asks for a price, and says what it was told."""

    def __init__(self) -> None:
        self.bodies: list[dict] = []

    async def __aenter__(self) -> str:
        self.server = await asyncio.start_server(self._answer, "127.0.0.1", 0)
        return f"http://127.0.0.1:{self.server.sockets[0].getsockname()[1]}/v1"

    async def __aexit__(self, *_: object) -> None:
        self.server.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = int(head.split("content-length: ")[1].split("\r\n")[0])
        body = json.loads(await reader.readexactly(length))
        self.bodies.append(body)
        last = body["messages"][-1]
        if last["role"] == "tool":
            delta = {"content": f"It costs {last['content']}."}
        else:
            call = {"name": "price", "arguments": '{"dish": "tea"}'}
            delta = {"tool_calls": [{"index": 0, "id": "a", "function": call}]}
        data = json.dumps({"choices": [{"delta": delta}]})
        writer.write(b"HTTP/1.1 200 X\r\nconnection: close\r\n\r\n")
        writer.write(f"data: {data}\n\ndata: [DONE]\n\n".encode())
        await writer.drain()
        writer.close()


def test_a_model_calls_a_tool_and_the_avatar_says_the_answer(
    performer: Performer, file: Path
) -> None:
    box = Toolbox.load(file)

    async def talk() -> tuple[str, list[dict]]:
        model = Model()
        async with model as url:
            brain = OpenAIBrain(LLMSettings(url, "m", tools=box.definitions))
            with AvatarSession(performer.pipeline, performer, SessionSettings(size=0)) as session:
                character = Character("Ada", "You are Ada.")
                conversation = Conversation(session, character, brain, box)
                task = conversation.hear("What is a tea?")
                assert task is not None
                await task
                return conversation.memory.turns[-1]["content"], model.bodies

    said, bodies = asyncio.run(talk())
    assert said == "It costs 3 euros."
    assert [tool["function"]["name"] for tool in bodies[0]["tools"]] == list(box.names)
    assert bodies[1]["messages"][-2]["tool_calls"][0]["id"] == "a"
