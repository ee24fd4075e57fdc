"""The sound alone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from omnitalker.media.credentials import SignedFile

if TYPE_CHECKING:
    from omnitalker.studio.recording import Recording


def write_wav(path: Path, recording: Recording, _subtitles: bool) -> None:
    from omnitalker.media import sound

    with SignedFile(path) as temporary, sound.wav_file(temporary) as write:
        if recording.seconds:  # it was made for another file
            write(recording.samples)
        for chunk in recording:
            write(chunk.samples)


def write_encoded(path: Path, recording: Recording, _subtitles: bool) -> None:
    """By the suffix: mp3, flac, opus."""
    from omnitalker.media import sound

    encoder = sound.SoundEncoder(path.suffix.removeprefix("."))
    with SignedFile(path) as temporary, temporary.open("wb") as file:
        for chunk in recording:
            file.write(encoder.push(chunk.samples))
        file.write(encoder.finish())
