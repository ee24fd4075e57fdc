"""A talk of many turns between a user, a brain and an avatar.

Persona and memory go to the brain with every turn; old turns are folded into a summary. When the brain is
down or stalls, the avatar says so in character and the log tells why.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Literal

from omnitalker.agent.brain import Brain, BrainError, Message, ToolCall
from omnitalker.agent.character import Character
from omnitalker.base.types import Manner
from omnitalker.live.session import AvatarSession

log = logging.getLogger(__name__)

RunTool = Callable[[ToolCall], Awaitable[str]]
_SUMMARISE = (
    "Summarise the conversation so far in at most 120 words, in the third person. Keep names, facts about "
    "the user, promises and open questions."
)
_MOST_TOOL_ROUNDS = 4


@dataclass
class Memory:
    """The last turns word for word, what came before as a summary."""

    persona: str
    most_turns: int = 24
    keep_turns: int = 10
    summary: str = ""
    turns: list[Message] = field(default_factory=list)

    def add(self, role: Literal["user", "assistant"], content: str) -> None:
        if content.strip():
            self.turns.append({"role": role, "content": content.strip()})

    def messages(self) -> list[Message]:
        system = self.persona.strip()
        if self.summary:
            system += f"\n\nWhat was said before: {self.summary}"
        return [{"role": "system", "content": system}, *self.turns]

    async def fold(self, brain: Brain) -> None:
        """Old turns become a summary; without a brain that can, the oldest are forgotten."""
        if len(self.turns) <= self.most_turns:
            return
        old = self.turns[: -self.keep_turns]
        told = "\n".join(f"{turn['role']}: {turn['content']}" for turn in old)
        asked = f"{_SUMMARISE}\n\nEarlier summary: {self.summary or 'none'}\n\n{told}"
        try:
            parts = [p async for p in brain.reply([{"role": "user", "content": asked}])]
            self.summary = "".join(p for p in parts if isinstance(p, str)).strip()[:1500]
        except BrainError as error:
            log.warning("the summary of old turns failed, they are forgotten: %s", error)
        self.turns = self.turns[len(old) :]  # what was said meanwhile stays


class Conversation:
    """One user, one avatar. Use from one event loop."""

    def __init__(
        self,
        session: AvatarSession,
        character: Character,
        brain: Brain,
        run_tool: RunTool | None = None,
    ) -> None:
        self.session = session
        self.character = character
        self.memory = Memory(character.persona)
        self._brain = brain
        self._run_tool = run_tool
        self._task: asyncio.Task[None] | None = None
        self._said: list[str] = []
        self._unasked = list(character.proactive.lines)
        session.set_manner(character.manner)

    def greet(self) -> None:
        if self.character.greeting:
            self.say(self.character.greeting)

    def say(self, text: str) -> None:
        """Words of the avatar's own, kept in memory."""
        self.memory.add("assistant", text)
        self.session.say(text)

    def speak_unasked(self) -> bool:
        """The next line for a long silence; False when there is none left until the user says something."""
        if not self._unasked:
            return False
        self.say(self._unasked.pop(0))
        return True

    @property
    def is_answering(self) -> bool:
        """Whether the brain is still thinking or the avatar speaking."""
        is_thinking = self._task is not None and not self._task.done()
        return is_thinking or self.session.is_speaking

    def hear(
        self, text: str, manner: Manner | None = None, opening: str = ""
    ) -> asyncio.Task[None] | None:
        """The user said this: whatever is being said stops, and the answer begins, with `opening` if given."""
        if not text.strip():
            return None
        self.stop()
        self._unasked = list(self.character.proactive.lines)
        self.memory.add("user", text)
        if manner is not None:
            self.session.set_manner(manner)
        self._task = asyncio.create_task(self._answer(opening), name="omnitalker-answer")
        return self._task

    def stop(self) -> None:
        """Barge-in: silence now, and no more of the old answer."""
        if self._task is not None and not self._task.done():
            self._task.cancel()
            self._remember(self._said)
        self.session.interrupt()

    async def aclose(self) -> None:
        if self._task is not None and not self._task.done():
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _answer(self, opening: str) -> None:
        said = self._said = []
        if opening:
            said.append(opening + " ")
            self.session.push_text(opening + " ")
        try:
            await self._speak(said)
        except Exception as error:  # whatever it was, the user is waiting for an answer
            log.error("the brain failed: %s", error, exc_info=not isinstance(error, BrainError))
            line = (" " if said else "") + self.character.lines.brain_down
            said.append(line)
            self.session.push_text(line)
        self.session.end_text()
        self._remember(said)
        await self.memory.fold(self._brain)

    def _remember(self, said: list[str]) -> None:
        """What a barge-in cut off was still (mostly) heard, so it counts as said."""
        self.memory.add("assistant", "".join(said))
        said.clear()

    async def _speak(self, said: list[str]) -> None:
        messages = self.memory.messages()
        for _ in range(_MOST_TOOL_ROUNDS):
            calls: list[ToolCall] = []
            async for part in self._brain.reply(messages):
                if isinstance(part, ToolCall):
                    calls.append(part)
                else:
                    said.append(part)
                    self.session.push_text(part)
            if not calls:
                return
            if self._run_tool is None:
                log.warning("nobody runs tools here; %s is not called", calls[0].name)
                return
            messages = [*messages, *await self._results(calls, self._run_tool)]

    async def _results(self, calls: list[ToolCall], run_tool: RunTool) -> list[Message]:
        asked = {
            "role": "assistant",
            "content": None,
            "tool_calls": [
                {
                    "id": call.id,
                    "type": "function",
                    "function": {"name": call.name, "arguments": call.arguments},
                }
                for call in calls
            ],
        }
        answers = [
            {"role": "tool", "tool_call_id": call.id, "content": await run_tool(call)}
            for call in calls
        ]
        return [asked, *answers]
