"""Films, previews and pictures one by one. Codecs are loaded where they are used: options are made from the table."""

from __future__ import annotations

import io
import os
import secrets
import shutil
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from omnitalker.base import timeline
from omnitalker.base.errors import InputError
from omnitalker.base.files import AtomicFile, why
from omnitalker.media.credentials import SignedFile, signed

if TYPE_CHECKING:
    from omnitalker.base.types import Frame
    from omnitalker.studio.recording import Recording

GIF_SECONDS = 12.0
"""A preview of a longer film shows its beginning."""


def write_mp4(path: Path, recording: Recording, subtitles: bool) -> None:
    from omnitalker.media.writer import VideoWriter

    with VideoWriter(path, _size(recording), with_subtitles=subtitles, signed=True) as writer:
        for chunk in recording:
            writer.write(chunk)
        if subtitles:
            writer.write_subtitles(recording.cues())
        writer.write_chapters(recording.chapters)


def write_webm(path: Path, recording: Recording, _subtitles: bool) -> None:
    """Transparent where the frames are."""
    from omnitalker.media.webm import WebmWriter

    with AtomicFile(path) as temporary, WebmWriter(temporary, _size(recording)) as writer:
        for chunk in recording:
            writer.write(chunk.frames, chunk.samples)


def write_gif(path: Path, recording: Recording, _subtitles: bool) -> None:
    from omnitalker.media import gif

    limit = timeline.seconds_to_video_frames(GIF_SECONDS)
    frames: list[Frame] = []
    for chunk in recording:
        frames.extend(chunk.frames[: limit - len(frames)])
    with SignedFile(path) as temporary:
        gif.write_gif(temporary, frames)


def write_folder(path: Path, recording: Recording, _subtitles: bool) -> None:
    """000000.png, 000001.png, ... in a folder, the sound in a .wav beside it."""
    from omnitalker.media import sound

    with _atomic_folder(path) as folder:
        for name, data in _pngs(recording):
            (folder / name).write_bytes(data)
    with SignedFile(path.with_name(f"{path.name}.wav")) as temporary:
        sound.write_wav(temporary, recording.samples)


def write_zip(path: Path, recording: Recording, _subtitles: bool) -> None:
    """The same pictures and their sound, packed."""
    from omnitalker.media import sound

    with AtomicFile(path) as temporary, zipfile.ZipFile(temporary, "w") as packed:
        for name, data in _pngs(recording):
            packed.writestr(name, data)
        whole = io.BytesIO()
        sound.write_wav(whole, recording.samples)
        packed.writestr("sound.wav", signed(whole.getvalue(), "sound.wav"))


def _size(recording: Recording) -> tuple[int, int]:
    if recording.size is None:
        raise InputError("a film needs pictures: pass a renderer, or write the sound alone")
    return recording.size


def _pngs(recording: Recording) -> Iterator[tuple[str, bytes]]:
    """(name, content) of every frame."""
    import cv2

    _size(recording)
    count = 0
    for chunk in recording:
        for picture in chunk.frames:
            order = cv2.COLOR_RGBA2BGRA if picture.shape[2] == 4 else cv2.COLOR_RGB2BGR
            # imwrite is silent on a full disk
            _, encoded = cv2.imencode(".png", cv2.cvtColor(picture, order))
            name = f"{count:06}.png"
            yield name, signed(encoded.tobytes(), name)
            count += 1


@contextmanager
def _atomic_folder(final: Path) -> Iterator[Path]:
    """One that takes its name when it is whole. What is not empty is never replaced."""
    making = final.with_name(f".{final.name}.{secrets.token_hex(4)}.part")
    try:
        making.mkdir(parents=True)
        yield making
        os.replace(making, final)
    except OSError as error:
        raise InputError(f"cannot write {final}: {why(error)}") from error
    finally:
        shutil.rmtree(making, ignore_errors=True)
