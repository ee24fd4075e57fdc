"""What has been made of one order: chunks go by on their way into a file, and what comes after them is kept."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

import numpy as np

from omnitalker.base import timeline
from omnitalker.base.types import AVChunk, FloatArray, Frame, TimedWord
from omnitalker.media.cues import Cue, cues
from omnitalker.motion.names import MOTION_DIM

OnProgress = Callable[[float, str], None]
SAMPLED_PICTURES = 3


class Chapter(NamedTuple):
    """A part of a film; times in seconds."""

    start: float
    end: float
    title: str


class Recording:
    """All that was made but the pictures. Writers iterate over it once, and get the chunks as they are made."""

    def __init__(
        self,
        text: str,
        size: tuple[int, int] | None = None,
        chunks: Iterable[AVChunk] = (),
        on_progress: OnProgress | None = None,
    ) -> None:
        """`size`: of the pictures, where there are any."""
        self.text = text
        self.size = size
        self.pictures: list[Frame] = []
        """A few of them, from the beginning."""
        self.first_chunk_at: float | None = None
        """On `time.perf_counter`'s clock."""
        self._incoming = chunks
        self._on_progress = on_progress
        self._samples: list[FloatArray] = []
        self._motion: list[FloatArray] = []
        self._words: list[TimedWord] = []
        self._length = 0

    def __iter__(self) -> Iterator[AVChunk]:
        for chunk in self._incoming:
            self.keep(chunk)
            yield chunk
            if self._on_progress is not None:
                done = 1.0 if chunk.is_last else min(self.spoken, 0.99)
                self._on_progress(done, f"{self.seconds:.1f} s made")

    def keep(self, chunk: AVChunk) -> None:
        """All of it but the pictures."""
        if self.first_chunk_at is None:
            self.first_chunk_at = time.perf_counter()
        self._samples.append(chunk.samples)
        self._length += len(chunk.samples)
        self._motion.append(chunk.motion)
        self._words.extend(chunk.words)
        if chunk.frames and len(self.pictures) < SAMPLED_PICTURES:
            self.pictures.append(_opaque(chunk.frames[len(chunk.frames) // 2]))

    def finish(self) -> None:
        """Let what is still to come pass, for writers that want no chunk of it."""
        for _ in self:
            pass

    @property
    def samples(self) -> FloatArray:
        """(N,) at 24 kHz."""
        return _whole(self._samples, (0,))

    @property
    def motion(self) -> FloatArray:
        """(F, 61)."""
        return _whole(self._motion, (0, MOTION_DIM))

    @property
    def words(self) -> tuple[TimedWord, ...]:
        return tuple(self._words)

    def cues(self) -> list[Cue]:
        """Lines of subtitles."""
        return cues(self.words, self.text)

    @property
    def chapters(self) -> tuple[Chapter, ...]:
        return ()

    @property
    def seconds(self) -> float:
        """Length of what was made."""
        return float(timeline.samples_to_seconds(self._length))

    @property
    def spoken(self) -> float:
        """Share of the text that is done."""
        length = len(self.text.rstrip())
        return min(1.0, self._words[-1].end_char / length) if self._words and length else 0.0


def _whole(parts: list[FloatArray], empty: tuple[int, ...]) -> FloatArray:
    return np.concatenate(parts) if parts else np.zeros(empty, np.float32)


def _opaque(picture: Frame) -> Frame:
    """A cut-out (H, W, 4) on white."""
    if picture.shape[2] == 3:
        return picture
    alpha = picture[..., 3:].astype(np.uint16)
    return ((picture[..., :3] * alpha + 255 * (255 - alpha)) // 255).astype(np.uint8)
