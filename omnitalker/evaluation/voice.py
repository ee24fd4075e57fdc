"""Speaker similarity: the cosine of Resemblyzer's voice embeddings (weights inside its wheel)."""

from __future__ import annotations

import numpy as np

from omnitalker.base import timeline
from omnitalker.base.errors import MissingExtra
from omnitalker.base.types import FloatArray


class VoiceSimilarity:
    def __init__(self) -> None:
        try:
            from resemblyzer import VoiceEncoder
        except ImportError as error:
            raise MissingExtra("Resemblyzer", "eval", "speaker similarity") from error
        self._encoder = VoiceEncoder("cpu", verbose=False)

    def embed(self, samples: FloatArray) -> FloatArray:
        """(N,) at 24 kHz -> (256,) of length 1."""
        from resemblyzer import preprocess_wav

        wav = preprocess_wav(samples.astype(np.float32), source_sr=timeline.SAMPLE_RATE)
        return np.asarray(self._encoder.embed_utterance(wav), dtype=np.float32)

    def __call__(self, first: FloatArray, second: FloatArray) -> float:
        """1 = the same voice; two different people of this corpus are near 0.5."""
        return float(self.embed(first) @ self.embed(second))
