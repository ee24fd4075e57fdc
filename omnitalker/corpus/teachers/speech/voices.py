"""The teachers by name: "flite/slt", "festival/slt-hts", "espeak/f2"."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from omnitalker.base.errors import ConfigError
from omnitalker.corpus.teachers.speech.teacher import Teacher


@dataclass(frozen=True)
class TeacherVoice:
    """What is known of a teacher's voice before it is changed: who it sounds like."""

    sex: Literal["female", "male"]
    pitch: float
    """Its usual F0 in Hz."""
    mandarin: bool = False


TEACHER_VOICES = {
    "flite/slt": TeacherVoice("female", 175.0),
    "flite/rms": TeacherVoice("male", 95.0),
    "flite/awb": TeacherVoice("male", 125.0),
    "flite/kal16": TeacherVoice("male", 105.0),
    "festival/slt-hts": TeacherVoice("female", 170.0),
    "festival/kal": TeacherVoice("male", 105.0),
    "festival/kdl": TeacherVoice("male", 100.0),
    "espeak/f2": TeacherVoice("female", 190.0, mandarin=True),
    "espeak/f4": TeacherVoice("female", 190.0, mandarin=True),
    "espeak/f5": TeacherVoice("female", 200.0, mandarin=True),
    "espeak/m1": TeacherVoice("male", 100.0, mandarin=True),
    "espeak/m2": TeacherVoice("male", 110.0, mandarin=True),
    "espeak/m3": TeacherVoice("male", 110.0, mandarin=True),
    "espeak/m4": TeacherVoice("male", 110.0, mandarin=True),
    "espeak/m7": TeacherVoice("male", 110.0, mandarin=True),
}


def make_teacher(voice: str, language: str = "en") -> Teacher:
    """The teacher called `voice`, ready to speak `language`."""
    known = TEACHER_VOICES.get(voice)
    if known is None:
        raise ConfigError(f"no teacher '{voice}'. Choose from {', '.join(TEACHER_VOICES)}")
    if language == "zh" and not known.mandarin:
        raise ConfigError(f"{voice} speaks no Mandarin; the espeak voices do")
    program, name = voice.split("/")
    if program == "flite":
        from omnitalker.corpus.teachers.speech.flite import FliteTeacher

        return FliteTeacher(name)
    if program == "festival":
        from omnitalker.corpus.teachers.speech.festival import FestivalTeacher

        return FestivalTeacher(name)
    from omnitalker.corpus.teachers.speech.espeak import EspeakTeacher

    return EspeakTeacher(name, language)
