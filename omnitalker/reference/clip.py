"""What a style and an identity need of a reference clip: its face, and its best ten seconds."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from omnitalker.base import timeline
from omnitalker.base.errors import InputError
from omnitalker.base.types import FloatArray, MotionTrack, ReferenceClip, TrackedFace
from omnitalker.reference.sequence import BoolArray, stretches
from omnitalker.reference.tracker import FaceTracker

BEST_SECONDS = 10.0
"""Longer prompts cost time at every chunk and hardly add to the manner."""
SILENCE_DB = -38.0
"""Frames quieter than this below the loudest ones are pauses."""


@dataclass(frozen=True)
class AnalysedClip:
    """A clip cut to its best stretch, with the face in it."""

    clip: ReferenceClip
    face: TrackedFace | None
    """None for a sound file. Same frames as `clip`."""
    start: float
    """Seconds into what was read."""
    warnings: tuple[str, ...] = ()

    @property
    def nbytes(self) -> int:
        """Memory of the pictures and the sound."""
        return sum(frame.nbytes for frame in self.clip.frames) + self.clip.samples.nbytes


def track(clip: ReferenceClip, task: str | Path | None = None) -> TrackedFace:
    """The face of a whole clip, or of a portrait (one frame)."""
    return FaceTracker(task).track(clip.frames, clip.name)


def analyse(
    clip: ReferenceClip, task: str | Path | None = None, seconds: float = BEST_SECONDS
) -> AnalysedClip:
    """Track the face and keep the best stretch: one scene, the face in sight, the voice heard."""
    if not clip.frames and not len(clip.samples):
        raise InputError(f"{clip.name} is empty: a clip, a portrait or a recording is needed.")
    face = track(clip, task) if clip.frames else None
    warnings = list(face.warnings) if face is not None else []
    if len(clip.frames) == 1:
        return AnalysedClip(clip, face, 0.0, tuple(warnings))
    total = _frame_count(clip)
    seen = (face.found, face.cuts) if face is not None else ()
    most = timeline.seconds_to_video_frames(seconds)
    start, stop = best_window(clip.samples, total, most, *seen)
    if stop - start < total:
        warnings.append(words_of_choice(clip.name, start, stop, total))
    first = float(timeline.video_frames_to_seconds(start))
    return AnalysedClip(
        cut_clip(clip, start, stop), cut_face(face, start, stop), first, tuple(warnings)
    )


def best_window(
    samples: FloatArray,
    total: int,
    frames: int,
    found: BoolArray | None = None,
    cuts: tuple[int, ...] = (),
) -> tuple[int, int]:
    """The stretch (start, stop) of at most `frames` of `total` video frames with most face and voice, in one scene.

    found: (total,) where the face is in sight; None where there are no pictures.
    """
    value = np.full(total, 0.1)
    loud = _voiced(samples, total)
    value += loud if found is None else found * (0.5 + loud) - 2.0 * ~found
    gain = np.concatenate([[0.0], np.cumsum(value)])
    best = (-np.inf, 0, min(frames, total))
    for scene in stretches(total, cuts):
        length = min(frames, scene.stop - scene.start)
        starts = np.arange(scene.start, scene.stop - length + 1)
        score = gain[starts + length] - gain[starts]
        index = int(score.argmax())
        if score[index] > best[0]:
            best = (float(score[index]), int(starts[index]), int(starts[index]) + length)
    return best[1], best[2]


def words_of_choice(name: str, start: int, stop: int, total: int) -> str:
    """What the user is told when only a part of a clip is used (video frames)."""
    whole, used, first = (n / timeline.VIDEO_FPS for n in (total, stop - start, start))
    return f"{name} is {whole:.1f} s long; the {used:.1f} s from {first:.1f} s on are used."


def cut_clip(clip: ReferenceClip, start: int, stop: int) -> ReferenceClip:
    """Video frames start..stop of a clip with the sound that belongs to them."""
    first, last = (timeline.video_frames_to_samples(frame) for frame in (start, stop))
    return replace(clip, samples=clip.samples[first:last], frames=clip.frames[start:stop])


def cut_face(face: TrackedFace | None, start: int, stop: int) -> TrackedFace | None:
    """Frames start..stop of a tracked face."""
    if face is None:
        return None
    return replace(
        face,
        landmarks=face.landmarks[start:stop],
        found=face.found[start:stop],
        motion=MotionTrack(face.motion.values[start:stop]),
        cuts=tuple(cut - start for cut in face.cuts if start < cut < stop),
    )


def _frame_count(clip: ReferenceClip) -> int:
    if clip.frames:
        return len(clip.frames)
    return max(1, len(clip.samples) // timeline.SAMPLES_PER_VIDEO_FRAME)


def _voiced(samples: FloatArray, frames: int) -> np.ndarray:
    """(frames,) 1 where the sound is not a pause, 0 elsewhere or without sound."""
    size = timeline.SAMPLES_PER_VIDEO_FRAME
    padded = np.zeros(frames * size, np.float32)
    length = min(len(samples), len(padded))
    padded[:length] = samples[:length]
    power = (padded.reshape(frames, size) ** 2).mean(1)
    loudest = np.percentile(power, 95)
    if loudest <= 1e-10:
        return np.zeros(frames)
    return np.asarray(10 * np.log10(power / loudest + 1e-12) > SILENCE_DB, float)
