"""SHA-256 sums of what is shipped: a changed or half-copied file is told before it is used.

`SHA256SUMS` in a checkpoint's folder is the list that `sha256sum -c` reads. A file is hashed when it is first used
and again only when its size or time has changed, or its line in the list.
"""

from __future__ import annotations

import hashlib
import json
import logging
import threading
from contextlib import suppress
from pathlib import Path

from omnitalker.base.assets import cache_dir
from omnitalker.base.errors import InputError, WeightsError
from omnitalker.base.files import AtomicFile

log = logging.getLogger(__name__)
SUMS = "SHA256SUMS"
MOST_LEVELS = 3
"""A list counts for files so far below it."""
_UNLISTED = (SUMS, "README.md")
_lock = threading.Lock()


def write_sums(folder: str | Path) -> Path:
    """The list of all files in a folder; to be called by who means to change them."""
    folder = Path(folder)
    lines = [
        f"{file_digest(path)}  {path.relative_to(folder).as_posix()}" for path in _files(folder)
    ]
    with AtomicFile(folder / SUMS) as partial:
        partial.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder / SUMS


def check_folder(folder: str | Path) -> list[str]:
    """What does not fit, in words; every file is read. Without a list nothing is known."""
    folder = Path(folder)
    sums = _read(folder / SUMS)
    found = {path.relative_to(folder).as_posix(): path for path in _files(folder)}
    problems = [f"{name} is missing" for name in sorted(set(sums) - set(found))]
    problems += [f"{name} is not in {SUMS}" for name in sorted(set(found) - set(sums))]
    both = sorted(set(sums) & set(found))
    return problems + [f"{n} was changed" for n in both if file_digest(found[n]) != sums[n]]


def check_file(path: str | Path) -> None:
    """Raises `WeightsError` where a list above the file says otherwise; a file that no list knows is nobody's."""
    path = Path(path)
    for folder in list(path.resolve().parents)[:MOST_LEVELS]:
        if not (folder / SUMS).is_file():
            continue
        wanted = _read(folder / SUMS).get(path.resolve().relative_to(folder).as_posix())
        if wanted is not None and not _is_known(path, wanted) and file_digest(path) != wanted:
            raise WeightsError(
                f"{path} was changed since it was shipped ({folder / SUMS} says so); get it again, or, "
                f"if the change is yours: omnitalker doctor --write-sums {folder}"
            )
        if wanted is not None:
            _remember(path, wanted)
        return


def _files(folder: Path) -> list[Path]:
    return sorted(p for p in folder.rglob("*") if p.is_file() and p.name not in _UNLISTED)


def _read(path: Path) -> dict[str, str]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise WeightsError(f"{path} cannot be read: {error}") from error
    return {
        name.lstrip(" *"): digest for digest, _, name in (line.partition(" ") for line in lines)
    }


def file_digest(path: str | Path) -> str:
    """SHA-256 of a file's content."""
    found = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            found.update(block)
    return found.hexdigest()


def _stamp(path: Path, wanted: str) -> list[object]:
    status = path.stat()
    return [status.st_size, status.st_mtime_ns, wanted]


def _notes() -> Path:
    return cache_dir() / "verified.json"


def _is_known(path: Path, wanted: str) -> bool:
    return _recall().get(str(path.resolve())) == _stamp(path, wanted)


def _recall() -> dict[str, object]:
    try:
        found = json.loads(_notes().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _remember(path: Path, wanted: str) -> None:
    """So that the next start need not read it. Where nothing can be written, it is read again."""
    with _lock, suppress(InputError, OSError):
        notes, stamp = _recall(), _stamp(path, wanted)
        if notes.get(str(path.resolve())) != stamp:
            notes[str(path.resolve())] = stamp
            with AtomicFile(_notes()) as partial:
                partial.write_text(json.dumps(notes), encoding="utf-8")
