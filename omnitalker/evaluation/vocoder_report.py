"""How good a vocoder is: held-out speech, taken apart to mels and put together again.

omnitalker eval vocoder checkpoints/tiny/vocoder --corpus runs/corpus
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from omnitalker.audio.mel import mel_of
from omnitalker.base import timeline
from omnitalker.base.types import FloatArray
from omnitalker.corpus.item import CorpusItem
from omnitalker.corpus.store import Corpus, open_corpus
from omnitalker.evaluation.rows import Row, row
from omnitalker.evaluation.voice import VoiceSimilarity
from omnitalker.models.speech_recognition import PocketsphinxRecogniser
from omnitalker.models.vocoder.vocoder import Vocoder
from omnitalker.text.edit_distance import ErrorCount, count_errors, words_of


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
    originals = [item.sound for item in items]
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
    kinds = {
        "real": unseen.filter(where=lambda info: info.is_real),
        "synthetic": unseen.filter(where=lambda info: not info.is_real),
    }
    return {
        kind: [part[i] for i in range(0, len(part), max(1, len(part) // most))][:most]
        for kind, part in kinds.items()
    }


def report(vocoder: str | Path, corpus: str | Path, most: int = 40) -> list[Row]:
    """Copy-synthesis of at most `most` held-out clips of real and as many of made voices."""
    decoders = {"vocoder": Vocoder.from_pretrained(Path(vocoder))}
    rows, said, heard = [], 0.0, 0.0
    for kind, items in held_out(open_corpus(corpus), most).items():
        if not items:
            continue
        found = measure(items, decoders)
        original, copy = found["original"], found["vocoder"]
        words = sum(len(words_of(item.info.text)) for item in items)
        said, heard = said + words * original.word_error_rate, heard + words * copy.word_error_rate
        rows += _rows(f"copy-synthesis, {kind} voices", original, copy, len(items))
    ratio = heard / max(said, 1e-6)
    everything = sum(each.pieces for each in rows if each.name == "mel distance")
    rows.append(
        row("copy-synthesis, all", "word error rate over the original's", ratio, everything,
            at_most=1.03)
    )  # fmt: skip
    return rows


def _rows(group: str, original: CopyFigures, copy: CopyFigures, pieces: int) -> list[Row]:
    return [
        row(group, "word error rate", copy.word_error_rate, pieces,
            beside=original.word_error_rate, beside_is="original"),
        row(group, "word error rate, original as the truth", copy.against_original, pieces),
        row(group, "mel distance", copy.mel_distance, pieces),
        row(group, "similarity to the original (SIM)", copy.similarity, pieces),
        row(group, "seconds of work per second", copy.real_time_factor, pieces),
    ]  # fmt: skip
