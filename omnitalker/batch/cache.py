"""References prepared once for all workers and all runs: styles and identities as files, oldest out first."""

from __future__ import annotations

import fcntl
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from omnitalker.base.types import Renderer, StylePrompt
from omnitalker.batch.jobs import Job, file_digest
from omnitalker.generation.parts import Parts
from omnitalker.reference.identity_file import save_identity
from omnitalker.reference.style import save_style

if TYPE_CHECKING:
    from omnitalker.studio.casting import Studio

_PREPARED = ".safetensors"
RENDERERS_KEPT = 8


class PreparedStudio:
    """A `Studio` for jobs that keeps what it learns of clips and portraits in a folder."""

    def __init__(self, studio: Studio, folder: Path | None, max_bytes: int) -> None:
        self._studio = studio
        self._folder = folder
        self._max_bytes = max_bytes
        self._digests: dict[tuple[str, int], str] = {}
        self._renderers: OrderedDict[tuple[str | None, str, int], Renderer] = OrderedDict()

    @property
    def parts(self) -> Parts:
        return self._studio.parts

    def style(self, job: Job) -> StylePrompt:
        if job.ref is None or self._folder is None:
            return self._studio.style(ref=job.ref, style=job.style, manner=job.manner)
        ref = Path(job.ref)
        name = f"style-{self._digest(ref)}-{job.manner}{_PREPARED}"
        prepared = self._prepared(
            name, lambda path: save_style(self._studio.style(ref=ref, manner=job.manner), path)
        )
        return self._studio.style(style=prepared)

    def renderer(self, job: Job, kind: str) -> Renderer:
        """A worker makes one job at a time, so renderers can be used again."""
        presenter = job.presenter or job.ref
        key = (presenter, kind, job.size)
        if key not in self._renderers:
            self._renderers[key] = self._studio.renderer(
                self._presenter(presenter, kind, job.size), kind=kind, size=job.size
            )
        self._renderers.move_to_end(key)
        while len(self._renderers) > RENDERERS_KEPT:
            self._renderers.popitem(last=False)
        return self._renderers[key]

    def _presenter(self, presenter: str | None, kind: str, size: int) -> str | Path | None:
        """Portraits and clips become prepared identities; the rest stays what it is."""
        source = Path(presenter or "")
        is_clip = source.is_file() and source.suffix != _PREPARED
        if kind == "sketch" or not is_clip or self._folder is None:
            return presenter
        name = f"identity-{self._digest(source)}-{size}{_PREPARED}"
        return self._prepared(
            name, lambda path: save_identity(self._studio.identity(source, size), path)
        )

    def _digest(self, path: Path) -> str:
        key = (str(path), path.stat().st_mtime_ns)
        if key not in self._digests:
            self._digests[key] = file_digest(path)[:24]
        return self._digests[key]

    def _prepared(self, name: str, make: Callable[[Path], object]) -> Path:
        """The file `name`, made first where it is missing; by one process while the others wait."""
        assert self._folder is not None
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / name
        with open(path.with_suffix(".lock"), "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if path.exists():
                path.touch()
            else:
                make(path)
                prune(self._folder, self._max_bytes, keep=path)
        return path


def prune(folder: Path, max_bytes: int, keep: Path) -> None:
    """Remove what was used longest ago until the rest fits."""
    files = sorted(folder.glob(f"*{_PREPARED}"), key=lambda file: file.stat().st_mtime)
    total = sum(file.stat().st_size for file in files)
    for file in files:
        if total <= max_bytes:
            return
        if file != keep:
            total -= file.stat().st_size
            with suppress(FileNotFoundError):
                file.unlink()
