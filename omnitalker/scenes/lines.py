"""The lines of a scene as they are made: each once, kept on disk under a key that names all that decides its sound."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from omnitalker.base import timeline
from omnitalker.base.checksums import file_digest
from omnitalker.base.files import AtomicFile
from omnitalker.base.types import FloatArray, TimedWord
from omnitalker.base.version import VERSION
from omnitalker.generation.parts import Parts
from omnitalker.scenes.scene import Line, Scene
from omnitalker.studio.casting import Casting
from omnitalker.studio.directed import heeded_order
from omnitalker.studio.order import OPTIONS, Look, Order, Outputs
from omnitalker.studio.output import collect
from omnitalker.studio.produce import chunks_of

_FILES = tuple(name for name, option in OPTIONS.items() if option.is_file)


@dataclass(frozen=True)
class Spoken:
    """A line as it was made. Times count from its own beginning."""

    samples: FloatArray
    """(N,) at 24 kHz, 960 for each frame of the motion."""
    motion: FloatArray
    """(F, 61)."""
    words: tuple[TimedWord, ...]
    notes: tuple[str, ...] = ()

    @property
    def frames(self) -> int:
        return len(self.motion)

    @property
    def last_word(self) -> float:
        """When it ends."""
        return self.words[-1].end if self.words else float(self.frames / timeline.VIDEO_FPS)


class LineStore:
    """A folder of lines. What is damaged in it counts as not there."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, key: str) -> Spoken | None:
        path = self._path(key)
        try:
            with np.load(path, allow_pickle=False) as held:
                words = json.loads(bytes(held["words"]).decode())
                notes = json.loads(bytes(held["notes"]).decode())
                spoken = Spoken(
                    np.asarray(held["samples"], np.float32),
                    np.asarray(held["motion"], np.float32),
                    tuple(TimedWord(**word) for word in words),
                    tuple(notes),
                )
        except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile):
            return None
        whole = len(spoken.samples) == timeline.video_frames_to_samples(spoken.frames)
        return spoken if whole and spoken.frames else None

    def put(self, key: str, spoken: Spoken) -> None:
        words = json.dumps([asdict(word) for word in spoken.words]).encode()
        notes = json.dumps(spoken.notes).encode()
        with AtomicFile(self._path(key)) as temporary, temporary.open("wb") as file:
            np.savez(
                file,
                samples=spoken.samples,
                motion=spoken.motion,
                words=np.frombuffer(words, np.uint8),
                notes=np.frombuffer(notes, np.uint8),
            )

    def keep_only(self, keys: set[str]) -> None:
        """Forget lines that the scene no longer has."""
        for path in self._folder.glob("*.npz"):
            if path.stem not in keys:
                path.unlink(missing_ok=True)

    def _path(self, key: str) -> Path:
        return self._folder / f"{key}.npz"


class LineMaker:
    """Makes the lines of a scene in order, or finds them."""

    def __init__(self, studio: Casting, store: LineStore) -> None:
        self._studio = studio
        self._store = store
        self._maker = maker_of(studio.parts)
        self._digests: dict[str, str] = {}
        self.made = 0
        """Lines that were not there yet."""

    def __call__(self, scene: Scene) -> Iterator[tuple[Line, Spoken]]:
        keys = set()
        for line in scene.lines:
            order = heard(line.order)
            key = self._key(order)
            keys.add(key)
            spoken = self._store.get(key)
            if spoken is None:
                spoken = self._make(order)
                self._store.put(key, spoken)
                self.made += 1
            yield line, spoken
        self._store.keep_only(keys)

    def _make(self, order: Order) -> Spoken:
        order, notes = heeded_order(order, self._studio.parts)
        cast = self._studio.resolve(order)
        made = collect(chunks_of(self._studio, order, cast), order.words)
        return Spoken(made.audio, made.motion.values, made.words, (*notes, *cast.notes))

    def _key(self, order: Order) -> str:
        values: dict[str, Any] = order.flat()
        for name in _FILES:
            if values[name] and Path(values[name]).is_file():
                values[name] = self._digest(values[name])
        text = json.dumps({"order": values, "maker": self._maker}, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:24]

    def _digest(self, path: str) -> str:
        if path not in self._digests:
            self._digests[path] = file_digest(Path(path))
        return self._digests[path]


def heard(order: Order) -> Order:
    """What of a line's order decides its sound and its motion; the face lends its voice where none is named."""
    return replace(order, look=Look(face=order.look.face), outputs=Outputs())


def maker_of(parts: Parts) -> str:
    """The version and the checkpoint, by the names, sizes and times of its files."""
    folder = parts.library.folder
    files = sorted(folder.parent.rglob("*.safetensors")) if folder else []
    stamps = [(str(f), f.stat().st_size, f.stat().st_mtime_ns) for f in files]
    return hashlib.sha256(json.dumps([VERSION, stamps, str(parts.sampling)]).encode()).hexdigest()
