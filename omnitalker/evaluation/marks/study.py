"""All figures of the marks over one folder of real recordings and films.

Recordings are spoken again by the vocoder, with the mark and without it, as all speech that is made here comes from
it; films are marked as they are. Both are treated and read. As they are, they say how often real material passes for
ours.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from omnitalker.base import assets
from omnitalker.base.errors import InputError
from omnitalker.base.types import Frame
from omnitalker.evaluation.marks import picture, sound
from omnitalker.evaluation.rows import Row
from omnitalker.media.probe import probe
from omnitalker.media.reader import read_audio, read_frames
from omnitalker.models.vocoder.vocoder import Vocoder

SHORTEST_SOUND, SHORTEST_FILM = 1.5, 2.5


def study(
    folder: Path, checkpoint: str = assets.DEFAULT_CHECKPOINT, most: int = 200
) -> Iterator[Row]:
    """Rows as soon as they are known."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    tracks = {path: found for path in files if (found := _tracks(path)) is not None}
    heard = [path for path, (_, audio) in tracks.items() if audio >= SHORTEST_SOUND][:most]
    seen = [path for path, (video, _) in tracks.items() if video >= SHORTEST_FILM][:most]
    if not heard and not seen:
        raise InputError(
            f"{folder} has no recording of {SHORTEST_SOUND} s and no film of {SHORTEST_FILM} s"
        )
    if heard:
        vocoder = Vocoder.from_pretrained(assets.checkpoint_dir(checkpoint) / "vocoder")
        real = [read_audio(path, max_seconds=sound.SECONDS) for path in heard]
        yield from sound.rows(real, vocoder)
    if seen:
        yield from picture.rows([partial(_film, path) for path in seen])


def _film(path: Path) -> list[Frame]:
    return list(read_frames(path, 0.0, picture.SECONDS))


def _tracks(path: Path) -> tuple[float, float] | None:
    """Seconds of pictures and of sound; None for what is neither."""
    try:
        found = probe(path)
    except InputError:
        return None
    return found.video or 0.0, found.audio or 0.0
