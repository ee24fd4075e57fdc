"""One teacher's utterance made into another person's, in some manner, by WORLD analysis and synthesis.

Everything happens between analysis and synthesis: time is warped per phoneme (vowels and pauses give more
than consonants), pitch is moved and scaled in semitones, the envelope is warped, coloured and tilted, noise
is mixed into the periodic part. Teachers end at 8 kHz; the envelope is continued to 12 kHz.

Legend: N samples, K analysis frames, B frequency bins (513).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from omnitalker.base import timeline
from omnitalker.corpus.manners import VocalManner
from omnitalker.corpus.teachers.speech import Spoken, TimedSymbol
from omnitalker.corpus.voices import COLOUR_HZ, Voice
from omnitalker.text.symbols import SILENT, VOWELS

Array = npt.NDArray[np.float64]

ANALYSIS_RATE = 16_000
FRAME_MS = 5.0
BINS = 513
_SOURCE_HZ = np.linspace(0, ANALYSIS_RATE / 2, BINS)
_TARGET_HZ = np.linspace(0, timeline.SAMPLE_RATE / 2, BINS)
_TRUSTED_HZ = 7_200.0
_DECAY_DB_PER_HZ = 0.003
_TEACHER_RANGE = 2.3
"""Standard deviation in semitones that English intonation is brought to before the voice's own factor."""
_TONAL_RANGE = 3.0
"""The same for Mandarin, whose tones need room."""


@dataclass(frozen=True)
class Frames:
    """WORLD's view of an utterance."""

    pitch: Array
    """(K,) Hz, 0 where unvoiced."""
    envelope: Array
    """(K, B) power, 0 to 8 kHz."""
    noise: Array
    """(K, B) share of noise, 0..1."""

    @property
    def seconds(self) -> float:
        return len(self.pitch) * FRAME_MS / 1000


@dataclass(frozen=True)
class Changed:
    """A changed utterance at 24 kHz, not yet levelled."""

    samples: npt.NDArray[np.float32]
    phones: tuple[TimedSymbol, ...]
    measures: dict[str, float]
    """What came out: mean pitch in Hz, its range in semitones, phonemes per second of speech."""


def analyse(spoken: Spoken) -> Frames:
    """Pitch, envelope and noise of an utterance, every 5 ms."""
    import pyworld
    import soxr

    samples = np.asarray(spoken.samples, dtype=np.float64)
    if spoken.rate != ANALYSIS_RATE:
        samples = soxr.resample(samples, spoken.rate, ANALYSIS_RATE)
    rough, times = pyworld.dio(
        samples, ANALYSIS_RATE, f0_floor=60.0, f0_ceil=500.0, frame_period=FRAME_MS
    )
    pitch = pyworld.stonemask(samples, rough, times, ANALYSIS_RATE)
    envelope = pyworld.cheaptrick(samples, pitch, times, ANALYSIS_RATE, fft_size=1024)
    return Frames(pitch, envelope, _noise(samples, pitch, times))


def _noise(samples: Array, pitch: Array, times: Array) -> Array:
    """(K, B) share of noise. It changes slowly and is dear: every third voiced frame stands for its neighbours."""
    import pyworld

    noise = np.full((len(pitch), BINS), 1.0 - 1e-12)
    voiced = np.flatnonzero(pitch > 0)
    chosen = voiced[1::3] if len(voiced) > 3 else voiced
    if len(chosen):
        found = pyworld.d4c(samples, pitch[chosen], times[chosen], ANALYSIS_RATE, fft_size=1024)
        nearest = np.minimum(np.searchsorted(chosen, voiced - 1), len(chosen) - 1)
        noise[voiced] = found[nearest]
    return noise


def change(
    spoken: Spoken,
    frames: Frames,
    voice: Voice,
    manner: VocalManner,
    *,
    rng: np.random.Generator,
    tonal: bool = False,
    rise: float = 0.0,
    timbre: Array | None = None,
) -> Changed:
    """The utterance in `voice` and `manner`.

    tonal: the pitch carries words (Mandarin), so its range is changed less.
    rise: semitones over the last third of a second (questions).
    timbre: (B,) dB to add to the teacher's envelope before all else.
    """
    import pyworld

    ends = _warped_ends(spoken.phones, voice.rate * manner.rate, rng)
    index = _frame_index(spoken.phones, ends, len(frames.pitch))
    speech = _speech_mask(spoken.phones, ends, len(index))
    pitch = _pitch(frames.pitch[index], voice, manner, rng, tonal, rise, _phrase_position(speech))
    envelope = frames.envelope[index] * _loudness(frames.envelope[index], speech, manner)[:, None]
    shape = _shape(voice, manner)
    if timbre is not None:
        envelope = envelope * 10 ** (timbre / 10)
    envelope, noise = _warped_spectra(envelope, frames.noise[index], voice.formants)
    noise = _breathy(noise, voice.breath + manner.breath)
    power, noise = np.ascontiguousarray(envelope * shape), np.ascontiguousarray(noise)
    samples = pyworld.synthesize(pitch, power, noise, timeline.SAMPLE_RATE, FRAME_MS)
    phones = [
        TimedSymbol(p.symbol, p.tone, float(e)) for p, e in zip(spoken.phones, ends, strict=True)
    ]
    return Changed(samples.astype(np.float32), tuple(phones), _measures(pitch, speech, phones))


def _measures(
    pitch: Array, speech: npt.NDArray[np.bool_], phones: Sequence[TimedSymbol]
) -> dict[str, float]:
    semitones = 12 * np.log2(pitch[pitch > 0])
    spoken = sum(p.symbol not in SILENT for p in phones)
    return {
        "measured_pitch": round(float(2 ** (semitones.mean() / 12)), 1) if len(semitones) else 0.0,
        "measured_range": round(float(semitones.std()), 2) if len(semitones) else 0.0,
        "measured_rate": round(spoken / max(speech.sum() * FRAME_MS / 1000, 0.1), 2),
    }


def average_envelope(frames: Frames) -> Array:
    """(B,) mean level in dB of the voiced frames, without detail finer than about 500 Hz."""
    voiced = frames.envelope[frames.pitch > 0]
    levels = 10 * np.log10(voiced + 1e-12)
    levels = (levels - levels.mean(axis=1, keepdims=True)).mean(axis=0)
    width = 33
    return np.convolve(np.pad(levels, width // 2, mode="edge"), np.ones(width) / width, "valid")


def _warped_ends(phones: Sequence[TimedSymbol], rate: float, rng: np.random.Generator) -> Array:
    """(P,) when each phoneme ends after the change of rate."""
    old = np.diff(np.array([0.0, *(phone.end for phone in phones)]))
    weight = np.array(
        [1.15 if p.symbol in VOWELS else 1.1 if p.symbol in SILENT else 0.75 for p in phones]
    )
    wobble = np.exp(rng.normal(0.0, 0.06, len(phones)))
    return np.cumsum(old * (1.0 / rate) ** weight * wobble)


def _frame_index(phones: Sequence[TimedSymbol], ends: Array, frames: int) -> npt.NDArray[np.int64]:
    """Which frame of the analysis sounds at each frame of the result."""
    count = int(np.ceil(ends[-1] * 1000 / FRAME_MS))
    times = np.interp(
        np.arange(count) * FRAME_MS / 1000,
        np.array([0.0, *ends]),
        np.array([0.0, *(phone.end for phone in phones)]),
    )
    return np.clip(np.rint(times * 1000 / FRAME_MS).astype(np.int64), 0, frames - 1)


def _speech_mask(phones: Sequence[TimedSymbol], ends: Array, count: int) -> npt.NDArray[np.bool_]:
    which = np.searchsorted(ends, np.arange(count) * FRAME_MS / 1000, side="right")
    silent = np.array([p.symbol in SILENT for p in phones] + [True])
    return ~silent[np.minimum(which, len(phones))]


def _phrase_position(speech: npt.NDArray[np.bool_]) -> Array:
    """(K,) from -0.5 at the beginning of each stretch of speech to 0.5 at its end; 0 in silence."""
    position = np.zeros(len(speech))
    edges = np.flatnonzero(np.diff(np.concatenate([[0], speech.astype(int), [0]])))
    for begin, end in zip(edges[::2], edges[1::2], strict=True):
        position[begin:end] = np.linspace(-0.5, 0.5, end - begin)
    return position


def _pitch(
    pitch: Array,
    voice: Voice,
    manner: VocalManner,
    rng: np.random.Generator,
    tonal: bool,
    rise: float,
    position: Array,
) -> Array:
    voiced = pitch > 0
    if not voiced.any():
        return pitch
    semitones = 12 * np.log2(pitch[voiced])
    mean, spread = semitones.mean(), max(float(semitones.std()), 0.5)
    factor = voice.pitch_range * manner.pitch_range
    if tonal:
        scale = float(np.clip(factor**0.5 * _TONAL_RANGE / spread, 0.9, 2.6))
    else:
        scale = float(np.clip(factor * _TEACHER_RANGE / spread, 0.3, 2.6))
    times = np.flatnonzero(voiced) * FRAME_MS / 1000
    length = len(pitch) * FRAME_MS / 1000
    moved = (semitones - mean) * scale + 12 * np.log2(voice.pitch) + manner.pitch
    moved += manner.glide * position[voiced]
    moved += rise * np.clip((times - (times[-1] - 0.35)) / 0.35, 0.0, 1.0)
    moved += manner.tremor * np.sin(2 * np.pi * (5.8 * times + rng.random()))
    moved += voice.roughness * rng.normal(size=len(times))
    moved += (
        0.5
        * np.sin(2 * np.pi * (rng.uniform(0.15, 0.35) * times + rng.random()))
        * min(length / 3, 1)
    )
    changed = np.zeros(len(pitch))
    changed[voiced] = np.clip(2 ** (moved / 12), 62.0, 620.0)
    return changed


def _loudness(envelope: Array, speech: npt.NDArray[np.bool_], manner: VocalManner) -> Array:
    """(K,) power factors that widen or narrow differences of loudness."""
    level = 10 * np.log10(envelope.mean(axis=1) + 1e-10)
    level = np.convolve(np.pad(level, 10, mode="edge"), np.ones(21) / 21, "valid")
    reference = level[speech].mean() if speech.any() else level.mean()
    gain = np.clip((manner.dynamics - 1) * (level - reference), -6.0, 6.0)
    return 10 ** (gain / 10)


def _shape(voice: Voice, manner: VocalManner) -> Array:
    """(B,) power factors of colour and tilt at the frequencies of the result."""
    octaves = np.log2(np.clip(_TARGET_HZ, 250.0, 8_000.0) / 1_000.0)
    colour = np.interp(np.log(np.maximum(_TARGET_HZ, 50.0)), np.log(COLOUR_HZ), voice.colour)
    return 10 ** ((colour + (voice.tilt + manner.tilt) * octaves) / 10)


def _warped_spectra(envelope: Array, noise: Array, formants: float) -> tuple[Array, Array]:
    """(K, B), (K, B) at the frequencies of the result, continued above what the teacher has."""
    position = np.minimum(_TARGET_HZ / formants, _TRUSTED_HZ) / _SOURCE_HZ[1]
    low = np.minimum(position.astype(np.int64), BINS - 2)
    share = position - low
    levels = np.log(envelope + 1e-16)
    levels = levels[:, low] * (1 - share) + levels[:, low + 1] * share
    beyond = np.maximum(_TARGET_HZ / formants - _TRUSTED_HZ, 0.0)
    top = (_SOURCE_HZ > 5_600) & (_SOURCE_HZ < _TRUSTED_HZ)
    plateau = np.log(envelope[:, top].mean(axis=1, keepdims=True) + 1e-16)
    blend = np.clip(beyond / 800.0, 0.0, 1.0)
    levels = levels * (1 - blend) + plateau * blend - beyond * _DECAY_DB_PER_HZ * np.log(10) / 10
    rest = noise[:, low] * (1 - share) + noise[:, low + 1] * share
    rest = np.maximum(rest, np.clip(beyond / 1_000.0, 0.0, 0.95))
    return np.exp(levels), rest


def _breathy(noise: Array, breath: float) -> Array:
    """More noise, most of it above 2 kHz."""
    weight = np.clip(breath, 0.0, 0.85) * np.clip(0.25 + _TARGET_HZ / 2_600.0, 0.0, 1.0)
    return np.clip(1 - (1 - noise) * (1 - weight), 1e-6, 1 - 1e-6)
