"""Speech teachers: free neural voices that tell what they say and when. Needed only to build the corpus."""

from omnitalker.corpus.teachers.speech.delivery import AS_IT_IS, Delivery
from omnitalker.corpus.teachers.speech.teacher import Spoken, Teacher, TeacherError, TimedSymbol

__all__ = ["AS_IT_IS", "Delivery", "Spoken", "Teacher", "TeacherError", "TimedSymbol"]
