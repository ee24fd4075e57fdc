from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING

import pytest

from omnitalker.agent.brain import (  # fmt: skip
    Brain,
    BrainError,
    EchoBrain,
    LLMSettings,
    Message,
    OpenAIBrain,
    ToolCall,
)
from omnitalker.agent.character import Character, character_names, load_character
from omnitalker.agent.conversation import Conversation, Memory
from omnitalker.base.errors import ConfigError
from omnitalker.live.session import AvatarSession, SessionSettings
from tests.agent.endpoint import Endpoint, delta
from tests.live_fixtures import sketched

if TYPE_CHECKING:
    from pathlib import Path

    from omnitalker.live.performer import Performer
    from omnitalker.pipeline import OmniTalkerPipeline

pytestmark = pytest.mark.usefixtures("no_leaks")
ADA = Character(name="Ada", persona="You are Ada.")


def brain(url: str) -> OpenAIBrain:
    return OpenAIBrain(LLMSettings(url, "m", first_seconds=1.0, stall_seconds=0.3))


async def collect(brain: Brain) -> list[str | ToolCall]:
    return [part async for part in brain.reply([{"role": "user", "content": "hi"}])]


def test_an_endpoint_streams_text_and_tool_calls() -> None:
    calls = [
        [{"index": 0, "id": "c1", "function": {"name": "clock", "arguments": '{"a"'}}],
        [{"index": 0, "function": {"arguments": ": 1}"}}],
    ]
    lines = [delta(content="Hel"), delta(content="lo"), "not json"]
    lines += [delta(tool_calls=call) for call in calls] + ["[DONE]"]

    async def ask() -> list[str | ToolCall]:
        endpoint = Endpoint(lines)
        async with endpoint as url:
            parts = await collect(brain(url))
        assert endpoint.bodies[0]["stream"] is True
        return parts

    assert asyncio.run(ask()) == ["Hel", "lo", ToolCall("c1", "clock", '{"a": 1}')]


@pytest.mark.parametrize(("status", "hangs", "says"), [(500, False, "500"), (200, True, "stalled")])
def test_an_endpoint_that_fails_says_how(status: int, hangs: bool, says: str) -> None:
    async def ask() -> None:
        async with Endpoint([delta(content="We")], status, hangs) as url:
            await collect(brain(url))

    with pytest.raises(BrainError, match=says):
        asyncio.run(ask())
    with pytest.raises(BrainError, match="failed"):
        asyncio.run(collect(brain("http://127.0.0.1:9/v1")))


@pytest.mark.parametrize(("lines", "seconds"), [((), "1 s"), ([delta(content="We")], "0.3 s")])
def test_an_endpoint_that_only_keeps_the_line_open_has_stalled(
    lines: Sequence[str], seconds: str
) -> None:
    async def ask() -> None:
        async with Endpoint(lines, hangs=True, pings=True) as url:
            await collect(brain(url))

    with pytest.raises(BrainError, match=f"stalled for {seconds}"):
        asyncio.run(ask())


class ScriptedBrain:
    """Says what it is given; an exception is raised in its place."""

    def __init__(self, *parts: str | ToolCall | Exception, pause: float = 0.0) -> None:
        self.parts, self.pause = parts, pause
        self.asked: list[list[Message]] = []

    async def reply(self, messages: Sequence[Message]) -> AsyncIterator[str | ToolCall]:
        self.asked.append(list(messages))
        is_second = any(message["role"] == "tool" for message in messages)
        for part in ("Done.",) if is_second else self.parts:
            if isinstance(part, Exception):
                raise part
            yield part
            await asyncio.sleep(self.pause)


def converse(performer: Performer, thinker: Brain, *said: str, **options: object) -> Conversation:
    async def talk() -> Conversation:
        with AvatarSession(performer, SessionSettings(size=0)) as session:
            conversation = Conversation(session, ADA, thinker, **options)  # type: ignore[arg-type]
            for text in said:
                task = conversation.hear(text)
                if text is not said[-1]:
                    await asyncio.sleep(0.1)
            assert task is not None
            await task
            await conversation.aclose()
            return conversation

    return asyncio.run(talk())


@pytest.mark.parametrize("error", [BrainError("down"), KeyError("choices")])
def test_a_brain_that_fails_in_mid_sentence_is_excused_in_character(
    performer: Performer, error: Exception
) -> None:
    conversation = converse(performer, ScriptedBrain("The answer is", error), "Why?")
    spoken = conversation.memory.turns[-1]["content"]
    assert spoken == "The answer is " + ADA.lines.brain_down


def test_a_barge_in_is_remembered_in_order(performer: Performer) -> None:
    thinker = ScriptedBrain(*["word "] * 30, pause=0.02)
    conversation = converse(performer, thinker, "First?", "Second?")
    turns = conversation.memory.turns
    assert [t["role"] for t in turns] == ["user", "assistant", "user", "assistant"]
    assert 0 < len(turns[1]["content"]) < len(turns[3]["content"])
    assert thinker.asked[1][0] == {"role": "system", "content": "You are Ada."}


def test_tools_are_passed_through(performer: Performer) -> None:
    async def run_tool(call: ToolCall) -> str:
        return f"{call.name} says noon"

    thinker = ScriptedBrain("Let me see. ", ToolCall("1", "clock", "{}"))
    conversation = converse(performer, thinker, "What time is it?", run_tool=run_tool)
    assert thinker.asked[1][-1]["content"] == "clock says noon"
    assert conversation.memory.turns[-1]["content"] == "Let me see. Done."


def test_old_turns_become_a_summary_and_the_persona_stays() -> None:
    memory = Memory("You are Ada.", most_turns=6, keep_turns=2)
    for number in range(40):
        memory.add("user", f"question {number}")
        memory.add("assistant", f"answer {number}")
        asyncio.run(memory.fold(ScriptedBrain("They talked.")))
    assert len(memory.turns) <= 6
    system = memory.messages()[0]["content"]
    assert system.startswith("You are Ada.")
    assert "They talked." in system


def test_what_is_said_while_old_turns_are_folded_is_kept() -> None:
    memory = Memory("You are Ada.", most_turns=2, keep_turns=1)
    for number in range(3):
        memory.add("user", f"question {number}")

    async def fold() -> None:
        folding = asyncio.create_task(memory.fold(ScriptedBrain("They talked.", pause=0.1)))
        await asyncio.sleep(0.05)
        memory.add("assistant", "Are you still there?")
        await folding

    asyncio.run(fold())
    assert [t["content"] for t in memory.turns] == ["question 2", "Are you still there?"]


def test_a_tool_that_nobody_runs_is_named_in_the_log(
    performer: Performer, caplog: pytest.LogCaptureFixture
) -> None:
    converse(performer, ScriptedBrain("Well. ", ToolCall("1", "clock", "{}")), "What time is it?")
    assert "clock is not called" in caplog.text


def test_the_echo_needs_nothing() -> None:
    assert "".join(p for p in asyncio.run(collect(EchoBrain())) if isinstance(p, str)) == (
        "You said: hi "
    )


def test_characters_are_read_strictly(tmp_path: Path) -> None:
    assert set(character_names()) >= {"ava", "lin", "museum_guide"}
    for name in character_names():
        assert load_character(name).greeting
    file = tmp_path / "x.yaml"
    for content, says in (
        ("name: X", "missing persona"),
        ("name: X\npersona: p\nvoise: y", "did you mean 'voice'"),
        ("name: X\npersona: p\nvoices: {furious: y}", "furious"),
        ("name: X\npersona: p\nstyle: a.safetensors\nref: b.mp4", "either"),
        ("name: X\npersona: p\nsubtitles: yes", "subtitles"),
    ):
        file.write_text(content)
        with pytest.raises(ConfigError, match=says):
            load_character(file)
    with pytest.raises(ConfigError, match="ava"):
        load_character("avva")


def test_a_character_is_performed_and_checked(tiny_pipeline: OmniTalkerPipeline) -> None:
    from omnitalker.agent.character import Lines, check, perform
    from omnitalker.studio.casting import Casting

    studio = Casting(tiny_pipeline.parts)
    ada = Character("Ada", "p", sketched("ada"))
    performer = perform(studio, ada)
    assert performer.style("happy") is not performer.style("neutral")
    sad = performer.style("sad")
    assert (sad.mel == performer.style("neutral").mel).all()
    assert check(studio, ada) == []
    odd = Character(
        "Odd", "p", sketched("ada"), voices={"angry": "nobody"},
        lines=Lines(brain_down="Привет"),
    )  # fmt: skip
    problems = " ".join(check(studio, odd))
    assert "nobody" in problems
    assert "cannot say 'Привет'" in problems
