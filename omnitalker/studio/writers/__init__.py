"""How each kind of file is written. A new one is a row of this table: its writer, and what it wants to see."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from omnitalker.base.config import unknown_choice
from omnitalker.base.errors import InputError
from omnitalker.studio.writers import pictures, sounds, tables

if TYPE_CHECKING:
    from omnitalker.studio.recording import Recording

Sight = Literal["nothing", "motion", "picture", "cut-out"]


@dataclass(frozen=True)
class Writer:
    told: str
    """What people are told of the format."""
    write: Callable[[Path, Recording, bool], None]
    """Takes the chunks of the recording, and whether subtitles are wished; the file is there when it is whole."""
    sees: Sight = "nothing"
    """Of the recording: its sound alone, its motion too, frames (H, W, 3), or (H, W, 4) where no background is wished."""
    suffix: str | None = None
    """Where it is not the format's own name; '' is a folder."""
    companions: tuple[str, ...] = ()
    """Suffixes of further files that it writes beside."""

    @property
    def draws(self) -> bool:
        return self.sees in ("picture", "cut-out")


WRITERS: dict[str, Writer] = {
    "mp4": Writer("a film", pictures.write_mp4, "picture"),
    "webm": Writer("a film of the person cut out", pictures.write_webm, "cut-out"),
    "gif": Writer("a silent preview", pictures.write_gif, "picture"),
    "png": Writer("a folder of cut-outs", pictures.write_folder, "cut-out", "", (".wav",)),
    "zip": Writer("the same packed", pictures.write_zip, "cut-out"),
    "wav": Writer("the sound", sounds.write_wav),
    "mp3": Writer("", sounds.write_encoded),
    "flac": Writer("", sounds.write_encoded),
    "opus": Writer("", sounds.write_encoded),
    "csv": Writer("ARKit curves", tables.write_csv, "motion"),
    "srt": Writer("subtitles", tables.write_srt),
    "vtt": Writer("", tables.write_vtt),
}


def suffix_of(kind: str) -> str:
    own = WRITERS[kind].suffix
    return f".{kind}" if own is None else own


def format_of(output: str | Path) -> str:
    """What a file's name asks for."""
    suffix = Path(output).suffix.lower()
    if suffix.removeprefix(".") in WRITERS:
        return suffix.removeprefix(".")
    known = [f".{name}" for name in WRITERS]
    why = unknown_choice("the ending", suffix, known) if suffix else f"end it in {', '.join(known)}"
    raise InputError(f"cannot write '{Path(output).name}': {why}")
