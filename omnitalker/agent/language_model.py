"""Which language model answers, as a configuration or a command line names it, and what it may call."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from omnitalker.agent.brain import Brain, EchoBrain, LLMSettings, OpenAIBrain
from omnitalker.agent.tools import Toolbox
from omnitalker.base.errors import ConfigError


@dataclass(frozen=True)
class LanguageModel:
    url: str = ""
    """An OpenAI-compatible endpoint up to /v1; empty = the avatar echoes what it hears."""
    model: str = ""
    key_env: str = "OPENAI_API_KEY"
    """The environment variable that holds the key."""
    tools: Path | None = None
    """A .py file whose functions the model may call."""

    def toolbox(self) -> Toolbox | None:
        if self.tools is not None and not self.url:
            raise ConfigError(
                f"the tools in {self.tools} are called by a language model; give its url"
            )
        return None if self.tools is None else Toolbox.load(self.tools)

    def brain(self, toolbox: Toolbox | None = None) -> Brain:
        if not self.url:
            return EchoBrain()
        offered = () if toolbox is None else toolbox.definitions
        key = os.environ.get(self.key_env, "")
        return OpenAIBrain(LLMSettings(self.url, self.model, key, tools=offered))
