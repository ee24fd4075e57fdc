"""The voices that come with a checkpoint: `voices/NAME/MANNER.safetensors`, loaded when asked for."""

from __future__ import annotations

from pathlib import Path

from omnitalker.base.config import unknown_choice
from omnitalker.base.errors import InputError, WeightsError
from omnitalker.base.types import MANNERS, StylePrompt
from omnitalker.reference.style import load_style, wearing

FOLDER = "voices"
SUFFIX = ".safetensors"


class StyleLibrary:
    """Built-in style prompts of one checkpoint, by voice and manner."""

    def __init__(self, checkpoint: Path) -> None:
        self._folder = checkpoint / FOLDER

    def catalogue(self) -> dict[str, tuple[str, ...]]:
        """Voice -> its manners, in the usual order."""
        return {
            folder.name: tuple(m for m in MANNERS if (folder / (m + SUFFIX)).exists())
            for folder in sorted(self._folder.glob("*"))
            if folder.is_dir()
        }

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.catalogue())

    def get(self, voice: str | None = None, manner: str = "neutral") -> StylePrompt:
        """A built-in style; the first voice when none is named."""
        catalogue = self.catalogue()
        if not catalogue:
            raise WeightsError(
                f"no built-in voices in {self._folder}; pass a --ref clip or a style"
            )
        voice = voice or next(iter(catalogue))
        if voice not in catalogue:
            raise InputError(unknown_choice("voice", voice, catalogue))
        if manner not in catalogue[voice]:
            raise InputError(unknown_choice(f"manner of {voice}", manner, catalogue[voice]))
        style = load_style(self._folder / voice / (manner + SUFFIX))
        if manner == "neutral" or "neutral" not in catalogue[voice]:
            return style
        everyday = load_style(self._folder / voice / ("neutral" + SUFFIX))
        return wearing(style, manner, rest=everyday.motion.mean(axis=0))
