"""How good a vocoder is: held-out speech, taken apart to mels and put together again.

python -m omnitalker.training.vocoder_report checkpoints/tiny/vocoder runs/corpus 20
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch

from omnitalker import timeline
from omnitalker.audio.mel import mel_of
from omnitalker.audio.vocoder import Vocoder
from omnitalker.evaluation.voice import VoiceSimilarity
from omnitalker.evaluation.words import (
    ErrorCount,
    PocketsphinxRecogniser,
    count_errors,
    words_of,
)
from omnitalker.training.corpus.item import CorpusItem
from omnitalker.training.corpus.store import Corpus, open_corpus
from omnitalker.types import FloatArray


@dataclass(frozen=True)
class CopyFigures:
    """One way of decoding, over all items of a kind."""

    word_error_rate: float
    against_original: float
    """Word error rate with what was heard in the original as the reference."""
    mel_distance: float
    """Mean |log-mel| difference."""
    similarity: float
    """Mean Resemblyzer cosine to the original."""
    real_time_factor: float


def measure(items: Sequence[CorpusItem], decoders: dict[str, Vocoder]) -> dict[str, CopyFigures]:
    """Copy-synthesis of `items` by each decoder, and the original itself."""
    ears, voices = PocketsphinxRecogniser(), VoiceSimilarity()
    originals = [item.samples.astype(np.float32) / 32767 for item in items]
    heard = [words_of(ears.transcribe(sound)) for sound in originals]
    said = [words_of(item.info.text) for item in items]
    result = {"original": CopyFigures(_rate(said, heard), 0.0, 0.0, 1.0, 0.0)}
    for name, vocoder in decoders.items():
        began = time.perf_counter()
        copies = [_copy(vocoder, sound) for sound in originals]
        seconds = time.perf_counter() - began
        length = sum(map(len, originals)) / timeline.SAMPLE_RATE
        again = [words_of(ears.transcribe(sound)) for sound in copies]
        pairs = list(zip(originals, copies, strict=True))
        result[name] = CopyFigures(
            word_error_rate=_rate(said, again),
            against_original=_rate(heard, again),
            mel_distance=float(np.mean([np.abs(mel_of(a) - mel_of(b)).mean() for a, b in pairs])),
            similarity=float(np.mean([voices(a, b) for a, b in pairs])),
            real_time_factor=seconds / length,
        )
    return result


def _copy(vocoder: Vocoder, samples: FloatArray) -> FloatArray:
    mel = torch.from_numpy(mel_of(samples))[None, :-1]
    return vocoder.decode(mel)[0].numpy()


def _rate(references: Sequence[list[str]], heard: Sequence[list[str]]) -> float:
    counts = [count_errors(a, b) for a, b in zip(references, heard, strict=True)]
    return sum(counts, ErrorCount()).rate


def held_out(corpus: Corpus, most: int) -> dict[str, list[CorpusItem]]:
    """English items that no network was trained on: of real people, and of made voices."""
    unseen = corpus.filter(
        language="en", where=lambda info: info.split != "train" and bool(info.text)
    )
    real = ("librispeech", "lj", "vctk", "folder")
    kinds = {
        "real": unseen.filter(where=lambda info: info.source in real),
        "synthetic": unseen.filter(where=lambda info: info.source not in real),
    }
    return {
        kind: [part[i] for i in range(0, len(part), max(1, len(part) // most))][:most]
        for kind, part in kinds.items()
    }


def main(folder: str, corpus: str, most: int) -> None:
    decoders = {
        "vocoder": Vocoder.from_pretrained(Path(folder)),
        "griffin_lim": Vocoder("griffin_lim", iterations=32),
    }
    for kind, items in held_out(open_corpus(corpus), most).items():
        for name, figures in measure(items, decoders).items():
            row = {"kind": kind, "items": len(items), "decoder": name, **asdict(figures)}
            sys.stdout.write(json.dumps(row) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
