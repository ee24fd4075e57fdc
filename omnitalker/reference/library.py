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

    def __init__(self, checkpoint: Path | None) -> None:
        """checkpoint: its folder; None = there are no voices."""
        self.folder = None if checkpoint is None else checkpoint / FOLDER

    def catalogue(self) -> dict[str, tuple[str, ...]]:
        """Voice -> its manners, in the usual order."""
        folders = sorted(self.folder.glob("*")) if self.folder is not None else []
        return {
            folder.name: tuple(m for m in MANNERS if (folder / (m + SUFFIX)).exists())
            for folder in folders
            if folder.is_dir()
        }

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.catalogue())

    def get(self, voice: str | None = None, manner: str = "neutral") -> StylePrompt:
        """A built-in style; the first voice when none is named."""
        catalogue = self.catalogue()
        if self.folder is None or not catalogue:
            where = f" in {self.folder}" if self.folder else ""
            raise WeightsError(f"no built-in voices{where}; give a reference clip or a style")
        voice = voice or next(iter(catalogue))
        if voice not in catalogue:
            raise InputError(unknown_choice("voice", voice, catalogue))
        if manner not in catalogue[voice]:
            raise InputError(unknown_choice(f"manner of {voice}", manner, catalogue[voice]))
        style = load_style(self.folder / voice / (manner + SUFFIX))
        if manner == "neutral" or "neutral" not in catalogue[voice]:
            return style
        everyday = load_style(self.folder / voice / ("neutral" + SUFFIX))
        return wearing(style, manner, rest=everyday.motion.mean(axis=0))
