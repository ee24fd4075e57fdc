"""Makes facial motion for any speech with known phoneme times."""

from omnitalker.corpus.teachers.motion.teacher import teach

__all__ = ["teach"]
