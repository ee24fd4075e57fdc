"""Visitors' own voices and manners, kept as .safetensors files on this machine: a folder for each owner."""

from __future__ import annotations

import re
from pathlib import Path

from omnitalker.base.errors import InputError
from omnitalker.base.types import StylePrompt
from omnitalker.reference.style import save_style

SUFFIX = ".safetensors"
LONGEST_NAME = 40
_OWNER = re.compile(r"[0-9a-f]{32}")
_NAME = re.compile(r"[\w][\w \-]*")


class Shelves:
    """What one visitor keeps no other can list, use, rename or delete."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def of(self, owner: str) -> StyleShelf:
        """owner: a digest (`visitors.owner_of`)."""
        if not _OWNER.fullmatch(owner):
            raise InputError("a shelf belongs to the digest of an owner")
        return StyleShelf(self._folder / owner)


class StyleShelf:
    """One owner's: save, list, find, rename and delete by name; a name can never leave the folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @property
    def names(self) -> list[str]:
        return sorted(path.stem for path in self._folder.glob(f"*{SUFFIX}"))

    def save(self, name: str, style: StylePrompt) -> str:
        """Returns the name as it was kept."""
        path = self._path(name)
        if path.exists():
            raise InputError(f"there is a style named '{path.stem}' already; choose another name")
        save_style(style, path)
        return path.stem

    def file(self, name: str) -> Path:
        """Where it is kept."""
        return self._existing(name)

    def rename(self, name: str, new: str) -> str:
        source, target = self._existing(name), self._path(new)
        if target.exists():
            raise InputError(f"there is a style named '{target.stem}' already")
        source.rename(target)
        return target.stem

    def delete(self, name: str) -> None:
        self._existing(name).unlink()

    def _existing(self, name: str) -> Path:
        path = self._path(name)
        if not path.exists():
            raise InputError(f"there is no saved style named '{name}'")
        return path

    def _path(self, name: str) -> Path:
        name = " ".join(name.split())
        if not _NAME.fullmatch(name) or len(name) > LONGEST_NAME:
            raise InputError(
                f"a style's name is 1 to {LONGEST_NAME} letters, digits, spaces or dashes"
            )
        return self._folder / f"{name}{SUFFIX}"
