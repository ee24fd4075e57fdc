"""What one call of the pipeline returns, in the form asked for, and how it becomes a file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch

from omnitalker.base.errors import InputError
from omnitalker.base.types import AVChunk, FloatArray, Frame, MotionTrack, Speech, TimedWord
from omnitalker.studio.recording import Recording
from omnitalker.studio.writers import WRITERS, format_of

OutputType = Literal["omni", "np", "pt"]
OUTPUT_TYPES: tuple[OutputType, ...] = ("omni", "np", "pt")


@dataclass
class OmniTalkerOutput:
    """What was said, how the face moved, and (with a face) how it looked."""

    speech: Speech
    motion: MotionTrack
    frames: list[Frame]
    text: str = ""

    @property
    def audio(self) -> FloatArray:
        """(N,) at 24 kHz."""
        return self.speech.samples

    @property
    def words(self) -> tuple[TimedWord, ...]:
        """With their times and their places in the text."""
        return self.speech.words

    def to_tuple(self) -> tuple[Speech, MotionTrack, list[Frame]]:
        return self.speech, self.motion, self.frames

    def save(self, path: str | Path) -> Path:
        """By the ending: .mp4 and .gif with pictures; .wav, .mp3, .flac, .opus, .csv, .srt and .vtt always."""
        path = Path(path)
        kind = format_of(path)
        writer = WRITERS[kind]
        if writer.sees == "cut-out":
            raise InputError(f"a .{kind} needs the person cut out; 'omnitalker generate' makes one")
        if writer.sees == "picture" and not self.frames:
            raise InputError(
                f"there are no pictures for a .{kind}: pass face='ava', or save to a .wav"
            )
        size = (self.frames[0].shape[1], self.frames[0].shape[0]) if self.frames else None
        writer.write(path, Recording(self.text, size, self._chunks()), False)
        return path

    def _chunks(self) -> Iterator[AVChunk]:
        yield AVChunk(
            index=0,
            start=0.0,
            samples=self.audio,
            motion=self.motion.values,
            frames=tuple(self.frames),
            words=self.words,
            is_last=True,
        )


@dataclass
class OmniTalkerArrays:
    """The same as plain arrays (`np`) or tensors (`pt`)."""

    audio: Any
    """(N,) at 24 kHz."""
    motion: Any
    """(F, 61)."""
    frames: Any
    """np: (F, H, W, 3) uint8; pt: (F, 3, H, W) from 0 to 1. None without a face."""

    def to_tuple(self) -> tuple[Any, Any, Any]:
        return self.audio, self.motion, self.frames


def collect(chunks: Iterable[AVChunk], text: str = "") -> OmniTalkerOutput:
    """A finished stream as one piece."""
    made = list(chunks)
    words = tuple(word for chunk in made for word in chunk.words)
    return OmniTalkerOutput(
        speech=Speech(np.concatenate([chunk.samples for chunk in made]), words),
        motion=MotionTrack(np.concatenate([chunk.motion for chunk in made])),
        frames=[frame for chunk in made for frame in chunk.frames],
        text=text,
    )


def as_asked(output: OmniTalkerOutput, kind: OutputType) -> OmniTalkerOutput | OmniTalkerArrays:
    if kind == "omni":
        return output
    frames = np.stack(output.frames) if output.frames else None
    if kind == "np":
        return OmniTalkerArrays(output.audio, output.motion.values, frames)
    pictures = None if frames is None else torch.from_numpy(frames).permute(0, 3, 1, 2) / 255
    return OmniTalkerArrays(
        torch.from_numpy(output.audio), torch.from_numpy(output.motion.values), pictures
    )
