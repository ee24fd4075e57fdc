"""The mark in sound: how often it is heard after each treatment, how often where none is, what it costs."""

from __future__ import annotations

import logging
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from scipy.signal import resample, resample_poly
from scipy.stats import norm

from omnitalker.audio.mel import mel_of
from omnitalker.base import timeline
from omnitalker.base.errors import MissingExtra
from omnitalker.base.types import FloatArray
from omnitalker.evaluation.natural import Naturalness
from omnitalker.evaluation.rows import Row, row
from omnitalker.evaluation.voice import VoiceSimilarity
from omnitalker.marks.sound import leaning, table
from omnitalker.marks.sound_reader import (
    FALSE_ALARMS,
    SoundMark,
    leans_of,
    read_sound_mark,
    scores_of,
)
from omnitalker.media.reader import read_audio
from omnitalker.media.sound import SoundEncoder

if TYPE_CHECKING:
    from omnitalker.models.vocoder.vocoder import Vocoder

log = logging.getLogger(__name__)

GROUP = "mark in sound"
VALUE = 4711
SECONDS = 8.0
STRANGE_TABLES = 40_000
"""Tables that nobody marks with, laid against real recordings: each is a chance of a false alarm."""

Treatment = Callable[[FloatArray], FloatArray]


def rows(real: Sequence[FloatArray], vocoder: Vocoder) -> Iterator[Row]:
    """The figures over real recordings (N,) at 24 kHz."""
    pairs = [spoken(vocoder, sound) for sound in real]
    for name, treat in TREATMENTS.items():
        marks = [read_sound_mark(treat(marked)) for _, marked in pairs]
        yield _found(name, marks)
    alarms = [read_sound_mark(sound).is_found for sound in (*real, *(plain for plain, _ in pairs))]
    yield row(GROUP, "found where none is", float(np.mean(alarms)), len(alarms), at_most=0)
    share, tried = strange(real)
    yield row(GROUP, "tables nobody uses that are found", share, tried, at_most=1e-4)
    yield from _costs(pairs)


def spoken(vocoder: Vocoder, sound: FloatArray) -> tuple[FloatArray, FloatArray]:
    """A recording as the vocoder says it, without the mark and with it."""
    mel = mel_of(sound)
    mel = mel[: len(mel) // timeline.BLOCK_MEL_FRAMES * timeline.BLOCK_MEL_FRAMES]
    both = torch.from_numpy(np.stack([mel, mel + leaning(mel, VALUE)]))
    plain, marked = vocoder.decode(both).cpu().numpy()
    return plain, marked


def strange(real: Sequence[FloatArray]) -> tuple[float, int]:
    """(Share that is found, how many were tried) of random tables: a mark that nobody makes."""
    rng, (signs, bits) = np.random.default_rng(0), table()
    found = tried = 0
    for sound in real:
        leans = leans_of(mel_of(sound))
        for _ in range(-(-STRANGE_TABLES // len(real))):
            sides = rng.choice([-1.0, 1.0], signs.shape)
            scores = scores_of(leans, np.where(bits < 0, sides, 0).astype(np.float32))
            found += norm.sf(float(scores.max())) * len(scores) <= FALSE_ALARMS
            tried += 1
    return found / tried, tried


def _found(name: str, marks: Sequence[SoundMark]) -> Row:
    told = float(np.mean([mark.is_found and mark.value == VALUE for mark in marks]))
    share = float(np.mean([mark.is_found for mark in marks]))
    return row(
        GROUP, f"found: {name}", share, len(marks), at_least=0.99, beside=told, beside_is="number"
    )


def _costs(pairs: Sequence[tuple[FloatArray, FloatArray]]) -> Iterator[Row]:
    """What is lost by the mark: voice, naturalness, time."""
    try:
        alike = VoiceSimilarity()
        lost = [1 - alike(plain, marked) for plain, marked in pairs]
        yield row(GROUP, "loss of similarity", float(np.mean(lost)), len(lost), at_most=0.02)
        natural = Naturalness()
        lost = [natural(plain) - natural(marked) for plain, marked in pairs]
        yield row(GROUP, "loss of naturalness", float(np.mean(lost)), len(lost), at_most=0.02)
    except MissingExtra as missing:
        log.warning("%s", missing)
    mels = [mel_of(plain)[:-1] for plain, _ in pairs]
    mels = [
        mel[: len(mel) // timeline.BLOCK_MEL_FRAMES * timeline.BLOCK_MEL_FRAMES] for mel in mels
    ]
    began = time.process_time()
    for mel in mels:
        leaning(mel, VALUE)
    share = (time.process_time() - began) / sum(
        len(plain) / timeline.SAMPLE_RATE for plain, _ in pairs
    )
    yield row(GROUP, "seconds of work per second", share, len(mels), at_most=0.01)


def _encoded(kind: str, bit_rate: int) -> Treatment:
    def treat(sound: FloatArray) -> FloatArray:
        encoder = SoundEncoder(kind, bit_rate)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"sound.{'ogg' if kind == 'opus' else kind}"
            path.write_bytes(encoder.push(sound) + encoder.finish())
            return read_audio(path)

    return treat


def _noisy(sound: FloatArray) -> FloatArray:
    noise = np.random.default_rng(0).normal(0, 1, len(sound)) * np.sqrt(np.mean(sound**2) / 100)
    return np.asarray(sound + noise, np.float32)


def _through(rate: int) -> Treatment:
    def treat(sound: FloatArray) -> FloatArray:
        down = resample_poly(sound, rate, timeline.SAMPLE_RATE)
        return np.asarray(resample_poly(down, timeline.SAMPLE_RATE, rate), np.float32)

    return treat


def _faster(speed: float) -> Treatment:
    return lambda sound: np.asarray(resample(sound, round(len(sound) / speed)), np.float32)


def _second(sound: FloatArray) -> FloatArray:
    """The loudest whole second: what somebody would cut out."""
    length = timeline.SAMPLE_RATE
    starts = range(0, max(1, len(sound) - length), length // 4)
    start = max(starts, key=lambda at: float(np.mean(sound[at : at + length] ** 2)))
    return sound[start : start + length]


TREATMENTS: dict[str, Treatment] = {
    "as it is": lambda sound: sound,
    "AAC 64 kbit/s": _encoded("aac", 64_000),
    "MP3 48 kbit/s": _encoded("mp3", 48_000),
    "Opus 24 kbit/s": _encoded("opus", 24_000),
    "8 kHz": _through(8_000),
    "16 kHz": _through(16_000),
    "one second": _second,
    "noise at 20 dB": _noisy,
    "5 % faster": _faster(1.05),
    "5 % slower": _faster(0.95),
}
