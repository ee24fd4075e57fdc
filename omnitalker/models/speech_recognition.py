"""Words from sound by other people's recognisers: faster-whisper, or pocketsphinx where nothing may be downloaded."""

from __future__ import annotations

import threading
from typing import Final, Protocol

import numpy as np

from omnitalker.audio.pcm import pcm_bytes
from omnitalker.audio.resample import resample
from omnitalker.base import timeline
from omnitalker.base.errors import MissingExtra
from omnitalker.base.types import FloatArray

RATE: Final = 16_000
"""What both of them hear."""
_QUIET_EDGE: Final = RATE // 4


class SpeechRecogniser(Protocol):
    def transcribe(self, samples: FloatArray, rate: int = timeline.SAMPLE_RATE) -> str:
        """(N,) at `rate` Hz -> what was said; empty when nothing was."""
        ...


class WhisperRecogniser:
    """`faster-whisper` on this machine, in any language."""

    def __init__(
        self, model: str = "base", language: str | None = None, *, is_local: bool = False
    ) -> None:
        """model: a size or a folder. is_local: only weights that are on disk already."""
        try:
            from faster_whisper import WhisperModel
        except ImportError as error:
            raise MissingExtra("faster-whisper", "hearing", "understanding speech") from error
        self._model = WhisperModel(
            model, device="cpu", compute_type="int8", local_files_only=is_local
        )
        self._language = language

    def transcribe(self, samples: FloatArray, rate: int = timeline.SAMPLE_RATE) -> str:
        sound = resample(samples, rate, RATE)
        segments, _ = self._model.transcribe(sound, language=self._language)
        return " ".join(segment.text.strip() for segment in segments).strip()


class PocketsphinxRecogniser:
    """CMU Pocketsphinx with the English model inside its wheel: weak, but offline and always the same."""

    def __init__(self) -> None:
        try:
            from pocketsphinx import Decoder
        except ImportError as error:
            raise MissingExtra("pocketsphinx", "eval", "understanding speech offline") from error
        self._decoder = Decoder(samprate=RATE, loglevel="FATAL")
        self._turn = threading.Lock()

    def transcribe(self, samples: FloatArray, rate: int = timeline.SAMPLE_RATE) -> str:
        sound = np.pad(resample(samples, rate, RATE), _QUIET_EDGE)
        with self._turn:
            self._decoder.start_utt()
            self._decoder.process_raw(pcm_bytes(sound), full_utt=True)
            self._decoder.end_utt()
            best = self._decoder.hyp()
        return str(best.hypstr) if best is not None else ""
