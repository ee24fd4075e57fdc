"""Where the corpus lies on disk, and how it is read and written.

    DIR/manifest.jsonl          one line per item: its `ItemInfo` and the shard that holds its arrays
    DIR/shards/NAME.safetensors arrays of some tens of items, keyed `ID/samples`, `ID/mel`, ...
    DIR/overlays/KIND.jsonl     later additions (motion, phonemes of real speech): id, shard, changed fields
    DIR/overlays/KIND/NAME.safetensors

A shard is written under a temporary name, renamed, and only then listed, so that a process killed at any
moment leaves a readable corpus; what was not listed is simply made again.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from omnitalker.base import timeline
from omnitalker.base.errors import InputError
from omnitalker.corpus.item import CorpusItem, ItemInfo, check_item
from omnitalker.motion.names import NAMES

MANIFEST = "manifest.jsonl"
ARRAYS = ("samples", "mel", "symbols", "tones", "starts")
CURVES = ("pitch", "energy")
"""Stored beside the others; an older corpus without them has them computed when an item is asked for."""
Arrays = Mapping[str, npt.NDArray[Any]]


@dataclass(frozen=True)
class _Entry:
    """An item and, for each of its arrays, the shard that has the newest version of it."""

    info: ItemInfo
    shards: Mapping[str, str]


class Corpus(Sequence[CorpusItem]):
    """A stored corpus: reads its list at once, and arrays only when an item is asked for."""

    def __init__(self, root: Path, entries: Sequence[_Entry]) -> None:
        self.root = root
        self._entries = list(entries)
        self._open: dict[str, Any] = {}
        self._heard: dict[str, dict[str, npt.NDArray[Any]]] = {}

    def __len__(self) -> int:
        return len(self._entries)

    def __getitem__(self, index: int) -> CorpusItem:  # type: ignore[override]
        entry = self._entries[index]
        info = entry.info
        arrays = {name: self._array(entry.shards[name], info.id, name) for name in ARRAYS}
        frames = info.blocks * timeline.BLOCK_VIDEO_FRAMES
        motion = (
            self._array(entry.shards["motion"], info.id, "motion")
            if "motion" in entry.shards
            else np.zeros((frames, len(NAMES)), np.float16)
        )
        return CorpusItem(info=info, motion=motion, **arrays, **self._curves(entry, arrays["mel"]))

    def _curves(self, entry: _Entry, mel: npt.NDArray[Any]) -> dict[str, npt.NDArray[Any]]:
        """The curves beside the mel, or heard anew in a corpus from before they were stored."""
        shard, id_ = entry.shards.get(CURVES[0], entry.shards["mel"]), entry.info.id
        if f"{id_}/{CURVES[0]}" not in self._handle(shard).keys():  # noqa: SIM118
            from omnitalker.corpus.prosody import heard

            if id_ not in self._heard:
                self._heard[id_] = heard(mel)
            return self._heard[id_]
        return {name: self._array(shard, id_, name) for name in CURVES}

    def __getstate__(self) -> dict[str, Any]:
        """Open shards stay in this process: a data loader's workers open their own."""
        return {**self.__dict__, "_open": {}}

    @property
    def infos(self) -> list[ItemInfo]:
        """Descriptions of all items, without touching their arrays."""
        return [entry.info for entry in self._entries]

    @property
    def seconds(self) -> float:
        return sum(entry.info.seconds for entry in self._entries)

    def filter(
        self,
        *,
        split: str | None = None,
        language: str | None = None,
        source: str | None = None,
        speaker: str | None = None,
        manner: str | None = None,
        where: Callable[[ItemInfo], bool] | None = None,
    ) -> Corpus:
        """The items that agree with all that is given."""
        wanted = {"split": split, "language": language, "source": source}
        wanted |= {"speaker": speaker, "manner": manner}
        wanted = {name: value for name, value in wanted.items() if value is not None}
        kept = [
            entry
            for entry in self._entries
            if all(getattr(entry.info, name) == value for name, value in wanted.items())
            and (where is None or where(entry.info))
        ]
        return Corpus(self.root, kept)

    def _array(self, shard: str, item: str, name: str) -> npt.NDArray[Any]:
        return self._handle(shard).get_tensor(f"{item}/{name}")  # type: ignore[no-any-return]

    def _handle(self, shard: str) -> Any:
        if shard not in self._open:
            from safetensors import safe_open

            self._open[shard] = safe_open(str(self.root / shard), framework="numpy")  # type: ignore[no-untyped-call]
        return self._open[shard]


def open_corpus(directory: str | Path) -> Corpus:
    """Open the corpus in `directory`, also one that is still growing (later items need a new `open_corpus`)."""
    root = Path(directory)
    if not (root / MANIFEST).is_file():
        raise InputError(
            f"{root} holds no corpus: {MANIFEST} is missing. Build one with "
            "`omnitalker corpus build configs/train/corpus.yaml`, or check the path"
        )
    entries: dict[str, _Entry] = {}
    for line in read_lines(root / MANIFEST):
        shard = line.pop("shard")
        info = ItemInfo.from_json(line)
        entries[info.id] = _Entry(info, dict.fromkeys(_stored(info), shard))
    for overlay in sorted((root / "overlays").glob("*.jsonl")):
        for line in read_lines(overlay):
            if line["id"] in entries:
                entries[line["id"]] = _overlaid(entries[line["id"]], line)
    return Corpus(root, list(entries.values()))


def _stored(info: ItemInfo) -> tuple[str, ...]:
    """Names of the arrays that an item's own shard is sure to hold; motion only where there is some."""
    return (*ARRAYS, "motion") if info.has_motion else ARRAYS


def _overlaid(entry: _Entry, line: Mapping[str, Any]) -> _Entry:
    shards = {**entry.shards, **dict.fromkeys(line["arrays"], line["shard"])}
    return _Entry(replace(entry.info, **line["fields"]), shards)


def read_lines(path: Path) -> Iterator[dict[str, Any]]:
    """Parsed lines of a .jsonl file that may be being written: an unfinished last line is left out."""
    with path.open(encoding="utf-8") as file:
        for line in file:
            if line.endswith("\n"):
                yield json.loads(line)


class ShardWriter:
    """Adds whole shards to a corpus. One process lists them; any number may write their files."""

    def __init__(self, directory: str | Path) -> None:
        self.root = Path(directory)
        (self.root / "shards").mkdir(parents=True, exist_ok=True)
        _drop_unfinished_line(self.root / MANIFEST)

    def known_ids(self) -> set[str]:
        """Items already listed."""
        path = self.root / MANIFEST
        return {line["id"] for line in read_lines(path)} if path.exists() else set()

    def write(self, name: str, items: Sequence[CorpusItem]) -> None:
        """Store `items` as shard `name` and list them."""
        self.list_items(self.store_items(name, items))

    def store_items(self, name: str, items: Sequence[CorpusItem]) -> list[str]:
        """Write the arrays of `items`; returns the manifest lines for `list_items`."""
        shard = f"shards/{name}.safetensors"
        tensors: dict[str, npt.NDArray[Any]] = {}
        lines = []
        for item in items:
            check_item(item)
            arrays = {key: getattr(item, key) for key in (*_stored(item.info), *CURVES)}
            tensors |= {f"{item.info.id}/{key}": value for key, value in arrays.items()}
            lines.append(json.dumps({**item.info.to_json(), "shard": shard}, ensure_ascii=False))
        _save(self.root / shard, tensors)
        return lines

    def list_items(self, lines: Iterable[str]) -> None:
        """Append finished lines to the manifest."""
        append_lines(self.root / MANIFEST, lines)

    def overlay(
        self,
        kind: str,
        name: str,
        arrays: Mapping[str, Arrays],
        fields: Mapping[str, Mapping[str, Any]],
    ) -> None:
        """Add or replace arrays and fields of stored items: `arrays[id][array name]`, `fields[id]`."""
        shard = f"overlays/{kind}/{name}.safetensors"
        tensors = {
            f"{id_}/{key}": value for id_, own in arrays.items() for key, value in own.items()
        }
        _save(self.root / shard, tensors)
        lines = [
            json.dumps(
                {
                    "id": id_,
                    "shard": shard,
                    "arrays": sorted(arrays.get(id_, {})),
                    "fields": dict(fields.get(id_, {})),
                },
                ensure_ascii=False,
            )
            for id_ in sorted(set(arrays) | set(fields))
        ]
        append_lines(self.root / "overlays" / f"{kind}.jsonl", lines)


def _save(path: Path, tensors: Mapping[str, npt.NDArray[Any]]) -> None:
    from safetensors.numpy import save_file

    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    save_file({key: np.ascontiguousarray(value) for key, value in tensors.items()}, part)
    part.replace(path)


def append_lines(path: Path, lines: Iterable[str]) -> None:
    """Add whole lines to a file in one write."""
    text = "".join(f"{line}\n" for line in lines)
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        os.write(descriptor, text.encode())
    finally:
        os.close(descriptor)


def _drop_unfinished_line(path: Path) -> None:
    """Cut off what a killed process left of its last line, so that the next line starts cleanly."""
    if not path.exists():
        return
    content = path.read_bytes()
    if not content.endswith(b"\n"):
        path.write_bytes(content[: content.rfind(b"\n") + 1])
