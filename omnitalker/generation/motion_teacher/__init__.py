"""Makes facial motion for any speech with known phoneme times."""

from omnitalker.generation.motion_teacher.teacher import teach

__all__ = ["teach"]
