"""Functions that a language model may call, from a file to what the avatar says."""

from __future__ import annotations

import asyncio
import json
import time
from typing import TYPE_CHECKING

import pytest

from omnitalker.agent import tools
from omnitalker.agent.brain import LLMSettings, OpenAIBrain, ToolCall
from omnitalker.agent.character import Character
from omnitalker.agent.conversation import Conversation
from omnitalker.agent.language_model import LanguageModel
from omnitalker.agent.tools import Toolbox
from omnitalker.base.errors import ConfigError
from omnitalker.live.session import AvatarSession, SessionSettings
from tests.agent.endpoint import Endpoint, delta

if TYPE_CHECKING:
    from pathlib import Path

    from omnitalker.live.performer import Performer

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


def waiter(body: dict) -> list[str]:
    """A model that asks for a price, and says what it was told."""
    last = body["messages"][-1]
    if last["role"] == "tool":
        return [delta(content=f"It costs {last['content']}."), "[DONE]"]
    call = {"index": 0, "id": "a", "function": {"name": "price", "arguments": '{"dish": "tea"}'}}
    return [delta(tool_calls=[call]), "[DONE]"]


def test_a_model_calls_a_tool_and_the_avatar_says_the_answer(
    performer: Performer, file: Path
) -> None:
    box = Toolbox.load(file)

    async def talk() -> tuple[str, list[dict]]:
        model = Endpoint(waiter)
        async with model as url:
            brain = OpenAIBrain(LLMSettings(url, "m", tools=box.definitions))
            with AvatarSession(performer, SessionSettings(size=0)) as session:
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


def test_tools_without_a_model_are_refused_and_with_one_are_offered(file: Path) -> None:
    with pytest.raises(ConfigError, match="give its url"):
        LanguageModel(tools=file).toolbox()
    box = LanguageModel("http://127.0.0.1:9/v1", tools=file).toolbox()
    assert box is not None
    assert box.names == ("price", "stock", "sleep")
    assert LanguageModel().toolbox() is None
