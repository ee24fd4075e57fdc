"""References prepared once for all workers and all runs: styles and identities as files, oldest out first."""

from __future__ import annotations

import fcntl
import hashlib
import json
from collections import OrderedDict
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from omnitalker.base.checksums import file_digest
from omnitalker.base.errors import InputError
from omnitalker.base.types import Identity
from omnitalker.generation.parts import Parts
from omnitalker.reference.analyse import Reference
from omnitalker.reference.consent import Receipt, with_receipt
from omnitalker.reference.identity_file import load_identity, save_identity
from omnitalker.reference.style import load_style, save_style
from omnitalker.rendering.framing import CutoutRenderer
from omnitalker.studio.casting import Casting
from omnitalker.studio.framing import MakeHead

T = TypeVar("T")
_PREPARED = ".safetensors"
HEADS_KEPT = 8
_LETTERS = 24
"""Of a digest, in a name."""


class PreparedCasting(Casting):
    """A `Casting` that keeps what it learns of clips and portraits in a folder, and draws with the same heads again.

    For one job at a time.
    """

    def __init__(
        self,
        parts: Parts,
        folder: Path | None,
        max_bytes: int,
        receipts: Mapping[str, Receipt] | None = None,
    ) -> None:
        """`receipts`: who said that the person in a file agreed, by the file's digest."""
        super().__init__(parts)
        self._folder = folder
        self._max_bytes = max_bytes
        self._receipts = receipts or {}
        self._digests: dict[tuple[str, int], str] = {}
        self._heads: OrderedDict[tuple[int, str, int], CutoutRenderer] = OrderedDict()
        """By identity, which a head holds, so that its id is not given to another."""

    def _listen(self, path: Path, text: str | None) -> Reference:
        if self._folder is None:
            return super()._listen(path, text)
        said = hashlib.sha256((text or "").encode()).hexdigest()[:8]
        name = f"reference-{self._digest(path)[:_LETTERS]}-{said}.json"
        listen = super()._listen

        def make(file: Path) -> None:
            _keep(listen(path, text), file, self._agreed(path))

        return self._prepared(name, make, _kept)

    def _build(self, path: Path, size: int) -> Identity:
        if self._folder is None:
            return super()._build(path, size)
        name = f"identity-{self._digest(path)[:_LETTERS]}-{size}{_PREPARED}"
        build = super()._build

        def make(file: Path) -> None:
            found = build(path, size)
            metadata = {**found.metadata, **self._agreed(path)}
            save_identity(replace(found, metadata=metadata), file)

        return self._prepared(name, make, load_identity)

    def _agreed(self, path: Path) -> dict[str, str]:
        """The receipt for a file, as what is made from it carries it."""
        given = self._receipts.get(self._digest(path))
        return {} if given is None else with_receipt({}, given)

    def _maker(self, kind: str) -> MakeHead:
        make = super()._maker(kind)

        def kept(identity: Identity, size: int) -> CutoutRenderer:
            key = (id(identity), kind, size)
            if key not in self._heads:
                self._heads[key] = make(identity, size)
            self._heads.move_to_end(key)
            while len(self._heads) > HEADS_KEPT:
                self._heads.popitem(last=False)
            return self._heads[key]

        return kept

    def _digest(self, path: Path) -> str:
        key = (str(path), path.stat().st_mtime_ns)
        if key not in self._digests:
            self._digests[key] = file_digest(path)
        return self._digests[key]

    def _prepared(self, name: str, make: Callable[[Path], object], load: Callable[[Path], T]) -> T:
        """What is in the file `name`, made first where it is missing or damaged; by one process while others wait."""
        assert self._folder is not None
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / name
        with open(path.with_suffix(".lock"), "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if path.exists():
                with suppress(InputError, OSError, ValueError, KeyError):
                    found = load(path)
                    path.touch()
                    return found
            make(path)
            prune(self._folder, self._max_bytes, keep=path)
            return load(path)


def _keep(reference: Reference, path: Path, agreed: Mapping[str, str]) -> None:
    """The style in a file beside the rest, which is written last."""
    if reference.style is not None:
        style = replace(reference.style, metadata={**reference.style.metadata, **agreed})
        save_style(style, path.with_suffix(_PREPARED))
    facts = {
        "has_style": reference.style is not None,
        "has_face": reference.has_face,
        "warnings": reference.warnings,
    }
    path.write_text(json.dumps(facts), encoding="utf-8")


def _kept(path: Path) -> Reference:
    facts = json.loads(path.read_text(encoding="utf-8"))
    style = load_style(path.with_suffix(_PREPARED)) if facts["has_style"] else None
    return Reference(style, facts["has_face"], warnings=tuple(facts["warnings"]))


def prune(folder: Path, max_bytes: int, keep: Path) -> None:
    """Remove what was used longest ago until the rest fits."""
    files = sorted(folder.glob(f"*{_PREPARED}"), key=lambda file: file.stat().st_mtime)
    total = sum(file.stat().st_size for file in files)
    for file in files:
        if total <= max_bytes:
            return
        if file.stem != keep.stem:
            total -= file.stat().st_size
            with suppress(FileNotFoundError):
                file.unlink()
