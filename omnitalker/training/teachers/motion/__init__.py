"""Makes facial motion for any speech with known phoneme times."""

from omnitalker.training.teachers.motion.teacher import teach

__all__ = ["teach"]
