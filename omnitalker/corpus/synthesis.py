"""One planned utterance made: said by its teacher, played, coloured, levelled, given curves and motion."""

from __future__ import annotations

import zlib
from dataclasses import asdict
from functools import cached_property

import numpy as np
import numpy.typing as npt

from omnitalker.audio.loudness import SPEECH_DB, limit_peaks, normalise_loudness
from omnitalker.audio.mel import mel_covering
from omnitalker.audio.pcm import to_int16
from omnitalker.base import timeline
from omnitalker.base.types import MotionTrack, Phoneme, TimedPhoneme
from omnitalker.corpus.config import CorpusConfig
from omnitalker.corpus.item import CorpusItem, ItemInfo
from omnitalker.corpus.manners import VocalManner, vocal_manner
from omnitalker.corpus.plan import Assignment
from omnitalker.corpus.prosody import heard
from omnitalker.corpus.teachers.speech import Spoken, Teacher, TimedSymbol
from omnitalker.corpus.teachers.speech.delivery import Delivery
from omnitalker.corpus.teachers.speech.hibari import Hibari, HibariTeacher, HibariVoice
from omnitalker.corpus.teachers.speech.kokoro import Kokoro, KokoroTeacher, KokoroVoice
from omnitalker.corpus.teachers.speech.teacher import TeacherError
from omnitalker.corpus.tilt import tilted
from omnitalker.corpus.voices import MASTER, Voice
from omnitalker.generation.motion_teacher import teach
from omnitalker.text.frontend import TextFrontend
from omnitalker.text.symbols import SILENCE, SILENT, SYMBOL_IDS

_LOUDEST_DB = -15.0
_SHORTEST_LEAD, _LONGEST_LEAD = 0.03, 0.25
_SHORTEST_TAIL, _LONGEST_TAIL = 0.1, 0.4


class Synthesiser:
    """Makes items; one per process."""

    def __init__(self, config: CorpusConfig) -> None:
        self._config = config
        self._frontend = TextFrontend()

    def make(self, assignment: Assignment) -> CorpusItem:
        """The item of `assignment`."""
        rng = np.random.default_rng([self._config.seed, zlib.crc32(assignment.id.encode())])
        voice = assignment.speaker.voice
        manner = vocal_manner(assignment.manner, assignment.intensity)
        text = self._frontend.prepare(assignment.text, assignment.language)
        spoken = self._teacher(voice).say(text, delivery_of(voice, manner))
        samples, phones = place(spoken, rng)
        seconds = len(samples) / timeline.SAMPLE_RATE
        low, high = self._config.min_seconds, self._config.max_seconds
        if not low <= seconds <= high:
            raise TeacherError(f"lasts {seconds:.1f} s, wanted {low} to {high}")
        level = min(SPEECH_DB + voice.level + manner.level, _LOUDEST_DB)
        samples = normalise_loudness(tilted(samples, voice.tilt + manner.tilt), level)
        samples = limit_peaks(samples + noise(len(samples), self._config.noise_db, rng))
        return self._item(assignment, samples, phones)

    def _teacher(self, voice: Voice) -> Teacher:
        if voice.teacher == "hibari":
            return HibariTeacher(self._hibari, HibariVoice(voice.throat, voice.breath))
        return KokoroTeacher(self._kokoro, KokoroVoice(voice.timbre, voice.melody, voice.throat))

    @cached_property
    def _kokoro(self) -> Kokoro:
        return Kokoro()

    @cached_property
    def _hibari(self) -> Hibari:
        return Hibari()

    def _item(
        self,
        assignment: Assignment,
        samples: npt.NDArray[np.float32],
        phones: list[TimedSymbol],
    ) -> CorpusItem:
        mel = mel_covering(samples)
        curves = heard(mel)
        motion = move(phones, samples, assignment)
        return CorpusItem(
            info=_describe(
                assignment, len(samples) // timeline.BLOCK_SAMPLES, curves["pitch"], phones
            ),
            samples=to_int16(samples),
            mel=mel.astype(np.float16),
            symbols=np.array([SYMBOL_IDS[p.symbol] for p in phones], np.int16),
            tones=np.array([p.tone for p in phones], np.int16),
            starts=np.array([0.0, *(phone.end for phone in phones)], np.float32),
            motion=motion.values.astype(np.float16),
            **curves,
        )


def delivery_of(voice: Voice, manner: VocalManner) -> Delivery:
    """What the teacher is asked for."""
    return Delivery(
        rate=voice.rate * manner.rate,
        pitch=voice.pitch + manner.pitch,
        pitch_range=voice.pitch_range * manner.pitch_range,
        glide=manner.glide,
        dynamics=manner.dynamics,
        tremor=manner.tremor,
    )


def place(
    spoken: Spoken, rng: np.random.Generator
) -> tuple[npt.NDArray[np.float32], list[TimedSymbol]]:
    """Sound and phonemes with a little of the silence before and after, filled up to whole blocks."""
    rate = timeline.SAMPLE_RATE
    first = spoken.phones[0].end if spoken.phones[0].symbol == SILENCE else 0.0
    last = max(p.end for p in spoken.phones if p.symbol != SILENCE)
    lead, tail = (
        rng.uniform(_SHORTEST_LEAD, _LONGEST_LEAD),
        rng.uniform(_SHORTEST_TAIL, _LONGEST_TAIL),
    )
    begin, end = round((first - lead) * rate), round((last + tail) * rate)
    end += -(end - begin) % timeline.BLOCK_SAMPLES
    samples = np.zeros(end - begin, np.float32)
    kept = spoken.samples[max(begin, 0) : min(end, len(spoken.samples))]
    at = max(-begin, 0)
    samples[at : at + len(kept)] = faded(kept)
    shift, seconds = begin / rate, (end - begin) / rate
    phones = [TimedSymbol(p.symbol, p.tone, p.end - shift) for p in spoken.phones]
    if phones[0].symbol != SILENCE:
        phones.insert(0, TimedSymbol(SILENCE, 0, -shift))
    if phones[-1].symbol == SILENCE:
        phones.pop()
    return samples, [*phones, TimedSymbol(SILENCE, 0, seconds)]


def faded(samples: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """No click where sound is cut: 5 ms of fade at both ends."""
    count = min(timeline.SAMPLE_RATE // 200, len(samples) // 2)
    ramp = np.linspace(0.0, 1.0, count, dtype=np.float32)
    out = samples.copy()
    out[:count] *= ramp
    out[len(out) - count :] *= ramp[::-1]
    return out


def noise(count: int, level_db: float, rng: np.random.Generator) -> npt.NDArray[np.float32]:
    """(count,) white noise."""
    return (rng.standard_normal(count) * 10 ** (level_db / 20)).astype(np.float32)


def move(
    phones: list[TimedSymbol], samples: npt.NDArray[np.float32], assignment: Assignment
) -> MotionTrack:
    """The motion of the speaker over this sound."""
    starts = [0.0, *(p.end for p in phones[:-1])]
    timed = [
        TimedPhoneme(Phoneme(p.symbol, p.tone), start, p.end)
        for p, start in zip(phones, starts, strict=True)
    ]
    return teach(
        timed,
        samples,
        manner=assignment.manner,
        intensity=assignment.intensity,
        style=assignment.speaker.motion,
        seed=zlib.crc32(assignment.id.encode()),
    )


def _measures(pitch: npt.NDArray[np.float32], phones: list[TimedSymbol]) -> dict[str, float]:
    """What came out: mean pitch in Hz, its spread in semitones, phonemes per second of speech."""
    voiced = pitch[pitch > 0].astype(np.float32)
    spoken = sum(p.symbol not in SILENT for p in phones)
    starts = [0.0, *(p.end for p in phones[:-1])]
    seconds = sum(
        p.end - start for p, start in zip(phones, starts, strict=True) if p.symbol not in SILENT
    )
    return {
        "measured_pitch": round(float(np.exp(voiced.mean())), 1) if len(voiced) else 0.0,
        "measured_range": round(float(voiced.std() * 12 / np.log(2)), 2) if len(voiced) else 0.0,
        "measured_rate": round(spoken / max(seconds, 0.1), 2),
    }


def _describe(
    assignment: Assignment,
    blocks: int,
    pitch: npt.NDArray[np.float32],
    phones: list[TimedSymbol],
) -> ItemInfo:
    speaker = assignment.speaker
    motion = {k: v for k, v in asdict(speaker.motion).items() if isinstance(v, float)}
    posture = dict(
        zip(("posture_x", "posture_y", "posture_z"), speaker.motion.posture, strict=True)
    )
    packs = ",".join(f"{name}:{weight:g}" for name, weight in speaker.voice.timbre.items())
    return ItemInfo(
        id=assignment.id,
        speaker=speaker.name,
        language=assignment.language,
        source=speaker.voice.teacher,
        text=assignment.text,
        manner=assignment.manner,
        intensity=assignment.intensity,
        split=assignment.split,
        has_text=True,
        has_motion=True,
        blocks=blocks,
        style={**speaker.voice.numbers(), **motion, **posture, **_measures(pitch, phones)},
        extra={"sex": speaker.voice.sex, "packs": packs or MASTER},
    )
