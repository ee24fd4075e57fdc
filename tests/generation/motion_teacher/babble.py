"""Speech without meaning for tests: syllables with known times, and a sound that follows them."""

from __future__ import annotations

import numpy as np

from omnitalker.base import timeline
from omnitalker.base.types import FloatArray, Phoneme, TimedPhoneme
from omnitalker.text.symbols import ENGLISH_CONSONANTS, ENGLISH_VOWELS, VOWELS

Talk = tuple[list[TimedPhoneme], FloatArray]


def babble(seconds: float, seed: int) -> Talk:
    """Phrases of consonant-vowel syllables, 4-5 a second, with pauses and falling pitch."""
    rng = np.random.default_rng(seed)
    phonemes: list[TimedPhoneme] = []
    now, word = 0.3, 0
    while now < seconds - 0.9:
        for _ in range(int(rng.integers(6, 13))):
            stressed = int(rng.random() < 0.4)
            for symbols, length in (
                (ENGLISH_CONSONANTS, rng.uniform(0.06, 0.1)),
                (ENGLISH_VOWELS, rng.uniform(0.08, 0.13) * (1.3 if stressed else 1.0)),
            ):
                symbol = symbols[int(rng.integers(len(symbols)))]
                tone = stressed if symbol in VOWELS else 0
                phonemes.append(timed(symbol, now, now + length, tone, word))
                now += length
            word += int(rng.random() < 0.6)
            if now > seconds - 0.6:
                break
        pause = rng.uniform(0.2, 0.5)
        phonemes.append(timed(",", now, now + pause))
        now += pause
    return phonemes, sound_of(phonemes, seconds, rng)


def timed(
    symbol: str, start: float, end: float, tone: int = 0, word: int | None = None
) -> TimedPhoneme:
    return TimedPhoneme(Phoneme(symbol, tone, word), start, end)


def spread(symbols: list[str], length: float = 0.1, start: float = 0.5) -> Talk:
    """The symbols one after another, all equally long, with silence around them."""
    phonemes = [
        timed(s, start + i * length, start + (i + 1) * length) for i, s in enumerate(symbols)
    ]
    seconds = round((start * 2 + len(symbols) * length) * 25) / 25
    return phonemes, sound_of(phonemes, seconds, np.random.default_rng(0))


def sound_of(phonemes: list[TimedPhoneme], seconds: float, rng: np.random.Generator) -> FloatArray:
    """A buzz in vowels and noise in consonants."""
    count = timeline.video_frames_to_samples(timeline.seconds_to_video_frames(seconds))
    times = np.arange(count) / timeline.SAMPLE_RATE
    pitch = 150 + 30 * np.sin(2 * np.pi * 0.4 * times) - 4 * times
    buzz = np.sign(np.sin(2 * np.pi * np.cumsum(pitch) / timeline.SAMPLE_RATE))
    level = np.zeros(count)
    for item in phonemes:
        span = slice(int(item.start * 24000), int(item.end * 24000))
        if item.phoneme.symbol in VOWELS:
            level[span] = 0.2 + 0.08 * item.phoneme.tone
    noise = rng.normal(0, 0.003, count)
    return (level * buzz + noise).astype(np.float32)
