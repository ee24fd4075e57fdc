"""What thinks of the words: an echo for trying things offline, or any OpenAI-compatible language model."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from omnitalker.base.errors import ConfigError, MissingExtra, OmniTalkerError

log = logging.getLogger(__name__)

Message = dict[str, Any]
"""{"role": ..., "content": ...} and what else the endpoint knows."""


class BrainError(OmniTalkerError):
    """The language model cannot be reached, refuses, or stopped in mid-sentence."""


@dataclass(frozen=True)
class ToolCall:
    """Passed through to whoever runs the conversation."""

    id: str
    name: str
    arguments: str


class Brain(Protocol):
    def reply(self, messages: Sequence[Message]) -> AsyncIterator[str | ToolCall]:
        """Text as it comes. Raises BrainError when it cannot go on."""
        ...


class EchoBrain:
    """Answers without any model, word by word, so that everything can be tried offline."""

    async def reply(self, messages: Sequence[Message]) -> AsyncIterator[str | ToolCall]:
        said = str(messages[-1]["content"]).strip()
        for word in f"You said: {said}".split(" "):
            yield word + " "


@dataclass(frozen=True)
class LLMSettings:
    url: str
    """Up to and including /v1."""
    model: str
    key: str = ""
    temperature: float = 0.7
    max_tokens: int = 600
    first_seconds: float = 15.0
    """Wait for the first word."""
    stall_seconds: float = 6.0
    """Wait between two words."""
    tools: tuple[dict[str, Any], ...] = ()
    headers: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.url.startswith(("http://", "https://")):
            raise ConfigError(
                f"the language model's url must begin with http(s)://, got {self.url!r}"
            )


class OpenAIBrain:
    """`POST {url}/chat/completions` with `stream: true`."""

    def __init__(self, settings: LLMSettings) -> None:
        try:
            import httpx
        except ImportError as error:
            raise MissingExtra("httpx", "server", "talking to a language model") from error
        self._settings = settings
        self._httpx = httpx

    async def reply(self, messages: Sequence[Message]) -> AsyncIterator[str | ToolCall]:
        settings, httpx = self._settings, self._httpx
        body: dict[str, Any] = {
            "model": settings.model,
            "messages": list(messages),
            "stream": True,
            "temperature": settings.temperature,
            "max_tokens": settings.max_tokens,
        }
        if settings.tools:
            body["tools"] = list(settings.tools)
        headers = {"authorization": f"Bearer {settings.key}"} if settings.key else {}
        timeout = httpx.Timeout(settings.stall_seconds, read=settings.first_seconds)
        url = settings.url.rstrip("/") + "/chat/completions"
        calls = _ToolCalls()
        try:
            async with (
                httpx.AsyncClient(timeout=timeout) as client,
                client.stream("POST", url, json=body, headers=headers | settings.headers) as answer,
            ):
                if answer.status_code != 200:
                    detail = (await answer.aread())[:300].decode(errors="replace")
                    raise BrainError(f"{url} answered {answer.status_code}: {detail}")
                async for data in _events(answer, settings.first_seconds, settings.stall_seconds):
                    for choice in data.get("choices", ()):
                        delta = choice.get("delta") or {}
                        if text := delta.get("content"):
                            yield text
                        calls.add(delta.get("tool_calls") or ())
        except httpx.HTTPError as error:
            name = type(error).__name__
            raise BrainError(f"the language model at {url} failed ({name}): {error}") from error
        for call in calls.done():
            yield call


async def _events(
    answer: Any, first_seconds: float, stall_seconds: float
) -> AsyncIterator[dict[str, Any]]:
    """The JSON of server-sent events; a stall between two of them is an error.

    Comments, by which some endpoints keep the line open, are no events.
    """
    lines = answer.aiter_lines()
    patience, since = first_seconds, time.monotonic()
    while True:
        try:
            line = await asyncio.wait_for(anext(lines), since + patience - time.monotonic())
        except StopAsyncIteration:
            return
        except asyncio.TimeoutError:
            raise BrainError(f"the language model stalled for {patience:g} s") from None
        if not line.startswith("data:"):
            continue
        payload = line[5:].strip()
        if payload == "[DONE]":
            return
        try:
            yield json.loads(payload)
        except json.JSONDecodeError:
            log.warning("the language model sent what is not JSON: %.80s", payload)
        patience, since = stall_seconds, time.monotonic()


class _ToolCalls:
    """Puts the pieces of streamed tool calls together."""

    def __init__(self) -> None:
        self._parts: dict[int, list[str]] = {}

    def add(self, deltas: Sequence[dict[str, Any]]) -> None:
        for delta in deltas:
            parts = self._parts.setdefault(int(delta.get("index", 0)), ["", "", ""])
            function = delta.get("function") or {}
            parts[0] += delta.get("id") or ""
            parts[1] += function.get("name") or ""
            parts[2] += function.get("arguments") or ""

    def done(self) -> list[ToolCall]:
        return [ToolCall(*parts) for _, parts in sorted(self._parts.items())]
