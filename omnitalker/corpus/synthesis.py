"""One planned utterance made: spoken by its teacher, changed, levelled, given motion."""

from __future__ import annotations

import zlib
from dataclasses import asdict

import numpy as np
import numpy.typing as npt

from omnitalker.audio.loudness import SPEECH_DB, limit_peaks, normalise_loudness
from omnitalker.audio.mel import mel_covering
from omnitalker.audio.pcm import to_int16
from omnitalker.base import timeline
from omnitalker.base.errors import InputError
from omnitalker.base.types import MotionTrack, Phoneme, TimedPhoneme
from omnitalker.corpus.config import CorpusConfig
from omnitalker.corpus.item import CorpusItem, ItemInfo
from omnitalker.corpus.mandarin import to_pinyin
from omnitalker.corpus.manners import vocal_manner
from omnitalker.corpus.plan import Assignment
from omnitalker.corpus.spread import Changed, analyse, average_envelope, change
from omnitalker.corpus.teachers.speech import Spoken, Teacher, TimedSymbol, make_teacher
from omnitalker.corpus.teachers.speech.stress import copy_stress
from omnitalker.corpus.teachers.speech.teacher import TeacherError
from omnitalker.corpus.texts import question_rise
from omnitalker.generation.motion_teacher import teach
from omnitalker.text.frontend import TextFrontend
from omnitalker.text.symbols import SILENCE, SYMBOL_IDS

_TIMBRE_TEXT = (
    "Please call Stella, ask her to bring these things with her from the store, and show me how."
)
_LOUDEST_DB = -15.0


class Synthesiser:
    """Makes items; keeps its teachers running between them. One per process."""

    def __init__(self, config: CorpusConfig) -> None:
        self._config = config
        self._teachers: dict[tuple[str, str], Teacher] = {}
        self._timbres: dict[str, npt.NDArray[np.float64]] = {}
        self._frontend = TextFrontend()

    def make(self, assignment: Assignment) -> CorpusItem:
        """The item of `assignment`."""
        rng = np.random.default_rng([self._config.seed, zlib.crc32(assignment.id.encode())])
        zh = assignment.language == "zh"
        voice = assignment.speaker.voice
        words = to_pinyin(assignment.text) if zh else assignment.text
        spoken = self._teacher(assignment.teacher, assignment.language).say(words)
        self._check_length(spoken.seconds)
        frames = analyse(spoken)
        timbre = None
        if assignment.teacher != voice.teacher:
            timbre = self._timbre(voice.teacher) - average_envelope(frames)
        changed = change(
            spoken,
            frames,
            voice,
            vocal_manner(assignment.manner, assignment.intensity),
            rng=rng,
            tonal=zh,
            rise=question_rise(assignment.text),
            timbre=timbre,
        )
        return self._finish(assignment, changed, rng)

    def close(self) -> None:
        for teacher in self._teachers.values():
            teacher.close()
        self._teachers.clear()

    def _teacher(self, voice: str, language: str) -> Teacher:
        key = (voice, language)
        if key not in self._teachers:
            self._teachers[key] = make_teacher(voice, language)
        return self._teachers[key]

    def _timbre(self, voice: str) -> npt.NDArray[np.float64]:
        if voice not in self._timbres:
            spoken: Spoken = self._teacher(voice, "en").say(_TIMBRE_TEXT)
            self._timbres[voice] = average_envelope(analyse(spoken))
        return self._timbres[voice]

    def _check_length(self, seconds: float) -> None:
        low, high = self._config.min_seconds, self._config.max_seconds
        if not low <= seconds <= high:
            raise TeacherError(f"lasts {seconds:.1f} s, wanted {low} to {high}")

    def _finish(
        self, assignment: Assignment, changed: Changed, rng: np.random.Generator
    ) -> CorpusItem:
        manner = vocal_manner(assignment.manner, assignment.intensity)
        level = min(SPEECH_DB + assignment.speaker.voice.level + manner.level, _LOUDEST_DB)
        loud = normalise_loudness(changed.samples, level)
        padded, phones = place(loud, changed.phones, rng)
        if assignment.language == "en":
            phones = as_in_text(phones, assignment.text, self._frontend)
        padded = limit_peaks(padded + noise(len(padded), self._config.noise_db, rng))
        motion = move(phones, padded, assignment)
        blocks = len(padded) // timeline.BLOCK_SAMPLES
        starts = np.array([0.0, *(phone.end for phone in phones)], np.float32)
        return CorpusItem(
            info=_describe(assignment, blocks, changed),
            samples=to_int16(padded),
            mel=mel_covering(padded).astype(np.float16),
            symbols=np.array([SYMBOL_IDS[p.symbol] for p in phones], np.int16),
            tones=np.array([p.tone for p in phones], np.int16),
            starts=starts,
            motion=motion.values.astype(np.float16),
        )


def place(
    samples: npt.NDArray[np.float32], phones: tuple[TimedSymbol, ...], rng: np.random.Generator
) -> tuple[npt.NDArray[np.float32], list[TimedSymbol]]:
    """Sound and phonemes after up to a fifth of a second of silence, filled up to whole blocks."""
    lead = rng.integers(0, timeline.SAMPLE_RATE // 5)
    tail = rng.integers(0, timeline.SAMPLE_RATE // 4)
    total = lead + len(samples) + tail
    total += -total % timeline.BLOCK_SAMPLES
    padded = np.zeros(total, np.float32)
    padded[lead : lead + len(samples)] = samples
    shift, seconds = lead / timeline.SAMPLE_RATE, total / timeline.SAMPLE_RATE
    moved = [TimedSymbol(p.symbol, p.tone, p.end + shift) for p in phones]
    if shift and moved[0].symbol != SILENCE:
        moved.insert(0, TimedSymbol(SILENCE, 0, shift))
    if moved[-1].symbol == SILENCE:
        moved.pop()
    return padded, [*moved, TimedSymbol(SILENCE, 0, seconds)]


def as_in_text(phones: list[TimedSymbol], text: str, frontend: TextFrontend) -> list[TimedSymbol]:
    """Teachers stress every short word; stress as the front-end will give it when the model speaks."""
    try:
        expected = frontend.prepare(text, "en").phonemes
    except InputError:
        return phones
    return copy_stress(phones, [(p.symbol, p.tone) for p in expected])


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


def _describe(assignment: Assignment, blocks: int, changed: Changed) -> ItemInfo:
    speaker = assignment.speaker
    motion = {k: v for k, v in asdict(speaker.motion).items() if isinstance(v, float)}
    posture = dict(
        zip(("posture_x", "posture_y", "posture_z"), speaker.motion.posture, strict=True)
    )
    return ItemInfo(
        id=assignment.id,
        speaker=speaker.name,
        language=assignment.language,
        source=assignment.teacher.split("/")[0],
        text=assignment.text,
        manner=assignment.manner,
        intensity=assignment.intensity,
        split=assignment.split,
        has_text=True,
        has_motion=True,
        blocks=blocks,
        style={**speaker.voice.numbers(), **motion, **posture, **changed.measures},
        extra={
            "kind": speaker.voice.kind,
            "teacher": assignment.teacher,
            "voice_teacher": speaker.voice.teacher,
        },
    )
