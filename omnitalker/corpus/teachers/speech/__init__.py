"""Speech teachers: free synthesisers that tell what they say and when. Needed only to build the corpus."""

from omnitalker.corpus.teachers.speech.teacher import Spoken, Teacher, TimedSymbol
from omnitalker.corpus.teachers.speech.voices import TEACHER_VOICES, make_teacher

__all__ = ["TEACHER_VOICES", "Spoken", "Teacher", "TimedSymbol", "make_teacher"]
