"""Word error rate: an edit distance over words, and ears that need no network."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from omnitalker.base import timeline
from omnitalker.base.errors import MissingExtra
from omnitalker.base.types import FloatArray

_NOT_A_WORD = re.compile(r"[^a-z' ]+")


class SpeechRecogniser(Protocol):
    def transcribe(self, samples: FloatArray) -> str:
        """(N,) at 24 kHz -> lower-case words."""
        ...


class PocketsphinxRecogniser:
    """CMU Pocketsphinx with the English model inside its wheel: weak, but offline and always the same."""

    def __init__(self) -> None:
        try:
            from pocketsphinx import Decoder
        except ImportError as error:
            raise MissingExtra("pocketsphinx", "eval", "word error rate") from error
        self._decoder = Decoder(samprate=16_000, loglevel="FATAL")

    def transcribe(self, samples: FloatArray) -> str:
        import soxr

        sound = soxr.resample(samples, timeline.SAMPLE_RATE, 16_000)
        padded = np.pad(sound, 4_000)
        self._decoder.start_utt()
        self._decoder.process_raw(
            np.rint(np.clip(padded, -1, 1) * 32767).astype(np.int16).tobytes(), full_utt=True
        )
        self._decoder.end_utt()
        hypothesis = self._decoder.hyp()
        return hypothesis.hypstr if hypothesis else ""


class WhisperRecogniser:
    """faster-whisper where its weights are on disk or a network is there."""

    def __init__(self, size: str = "base") -> None:
        try:
            from faster_whisper import WhisperModel
        except ImportError as error:
            raise MissingExtra("faster-whisper", "eval", "the second recogniser") from error
        self._model = WhisperModel(size, device="cpu", compute_type="int8")

    def transcribe(self, samples: FloatArray) -> str:
        import soxr

        sound = soxr.resample(samples, timeline.SAMPLE_RATE, 16_000)
        segments, _ = self._model.transcribe(sound.astype(np.float32), beam_size=5)
        return " ".join(segment.text for segment in segments)


@dataclass(frozen=True)
class ErrorCount:
    substitutions: int = 0
    deletions: int = 0
    insertions: int = 0
    reference: int = 0
    """Length of what should have been said."""

    @property
    def rate(self) -> float:
        errors = self.substitutions + self.deletions + self.insertions
        return errors / max(1, self.reference)

    def __add__(self, other: ErrorCount) -> ErrorCount:
        return ErrorCount(
            self.substitutions + other.substitutions,
            self.deletions + other.deletions,
            self.insertions + other.insertions,
            self.reference + other.reference,
        )


def words_of(text: str) -> list[str]:
    """Lower-case words without punctuation, for comparison."""
    return _NOT_A_WORD.sub(" ", text.lower().replace("’", "'")).split()


def count_errors(reference: Sequence[str], hypothesis: Sequence[str]) -> ErrorCount:
    """The cheapest edits that turn `reference` into `hypothesis`, by kind."""
    rows, columns = len(reference) + 1, len(hypothesis) + 1
    cost = np.zeros((rows, columns), dtype=np.int32)
    cost[:, 0], cost[0, :] = np.arange(rows), np.arange(columns)
    for i in range(1, rows):
        for j in range(1, columns):
            wrong = reference[i - 1] != hypothesis[j - 1]
            cost[i, j] = min(cost[i - 1, j - 1] + wrong, cost[i - 1, j] + 1, cost[i, j - 1] + 1)
    return _trace(cost, reference, hypothesis)


def _trace(cost: np.ndarray, reference: Sequence[str], hypothesis: Sequence[str]) -> ErrorCount:
    i, j = len(reference), len(hypothesis)
    substitutions = deletions = insertions = 0
    while i or j:
        wrong = bool(i and j) and reference[i - 1] != hypothesis[j - 1]
        if i and j and cost[i, j] == cost[i - 1, j - 1] + wrong:
            substitutions += wrong
            i, j = i - 1, j - 1
        elif i and cost[i, j] == cost[i - 1, j] + 1:
            deletions += 1
            i -= 1
        else:
            insertions += 1
            j -= 1
    return ErrorCount(substitutions, deletions, insertions, len(reference))
