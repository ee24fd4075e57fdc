"""Sound files: 16-bit WAV by the standard library, every other format by av."""

from __future__ import annotations

import io
import wave
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, cast, get_args

import av

from omnitalker.audio.pcm import pcm_bytes
from omnitalker.base import timeline
from omnitalker.base.config import unknown_choice
from omnitalker.base.errors import InputError
from omnitalker.base.types import FloatArray
from omnitalker.media.outgoing import OutgoingBytes
from omnitalker.media.writer import audio_frame

SoundFormat = Literal["wav", "pcm", "mp3", "opus", "aac", "flac"]

CONTENT_TYPES: dict[str, str] = {
    "wav": "audio/wav",
    "pcm": "audio/pcm",
    "mp3": "audio/mpeg",
    "opus": "audio/ogg",
    "aac": "audio/aac",
    "flac": "audio/flac",
}
BIT_RATE = 96_000
_CONTAINERS = {
    "mp3": ("mp3", "libmp3lame"),
    "opus": ("ogg", "libopus"),
    "aac": ("adts", "aac"),
    "flac": ("flac", "flac"),
}


def write_wav(path: str | Path | io.BytesIO, samples: FloatArray) -> None:
    """16-bit mono at 24 kHz."""
    with wav_file(path) as write:
        write(samples)


@contextmanager
def wav_file(path: str | Path | io.BytesIO) -> Iterator[Callable[[FloatArray], None]]:
    """The same, written piece by piece."""
    with wave.open(str(path) if isinstance(path, Path) else path, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(timeline.SAMPLE_RATE)
        yield lambda samples: file.writeframes(pcm_bytes(samples))


class SoundEncoder:
    """Encodes a growing sound: bytes come out as soon as the codec has them.

    A streamed WAV cannot know its length: its header says "as long as it goes", which players accept.
    """

    def __init__(self, kind: str, bit_rate: int = BIT_RATE) -> None:
        if kind not in get_args(SoundFormat):
            raise InputError(unknown_choice("sound format", kind, get_args(SoundFormat)))
        self.content_type = CONTENT_TYPES[kind]
        self._kind = kind
        self._written = 0
        self._buffer = OutgoingBytes()
        self._container: av.container.OutputContainer | None = None
        if kind in _CONTAINERS:
            container, codec = _CONTAINERS[kind]
            self._container = av.open(self._buffer, "w", format=container)
            stream = self._container.add_stream(codec, rate=timeline.SAMPLE_RATE)
            self._stream = cast(av.AudioStream, stream)
            self._stream.layout = "mono"
            self._stream.bit_rate = bit_rate
        elif kind == "wav":
            self._buffer.write(_streaming_wav_header())

    def push(self, samples: FloatArray) -> bytes:
        """(N,) float -> the bytes that are ready."""
        if self._container is None:
            self._buffer.write(pcm_bytes(samples))
        elif len(samples):
            frame = audio_frame(samples, self._written)
            self._container.mux(self._stream.encode(frame))
        self._written += len(samples)
        return self._buffer.take()

    def finish(self) -> bytes:
        """The last bytes; call once."""
        if self._container is not None:
            self._container.mux(self._stream.encode(None))
            self._container.close()
        return self._buffer.take()


def _streaming_wav_header() -> bytes:
    header = io.BytesIO()
    with wave.open(header, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(timeline.SAMPLE_RATE)
        file.writeframes(b"")
    data = bytearray(header.getvalue())
    data[4:8] = data[40:44] = b"\xff\xff\xff\xff"
    return bytes(data)
