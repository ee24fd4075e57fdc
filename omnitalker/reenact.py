"""The motion of one face on another, and a look at what is tracked in a clip."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from omnitalker import timeline
from omnitalker.errors import InputError
from omnitalker.media.reader import read_clip
from omnitalker.media.writer import VideoWriter
from omnitalker.reference import inspect
from omnitalker.reference.clip import track
from omnitalker.reference.identity import build_identity
from omnitalker.reference.retarget import PoseMode, retarget
from omnitalker.rendering.warp import WarpRenderer
from omnitalker.types import AVChunk, FloatArray, Identity, MotionTrack, TrackedFace


@dataclass(frozen=True)
class Following:
    """What of the driving motion is followed, and how strongly."""

    pose_mode: PoseMode = "relative"
    expression_strength: float = 1.0
    pose_strength: float = 1.0
    expression: bool = True
    pose: bool = True


@dataclass(frozen=True)
class Reenacted:
    """A finished video."""

    path: Path
    seconds: float
    motion: MotionTrack
    warnings: tuple[str, ...]


def run(
    source: str | Path | Identity,
    driving: str | Path,
    output: str | Path,
    *,
    size: int = 512,
    following: Following | None = None,
    with_sound: bool = True,
) -> Reenacted:
    """Let the face in `source` (portrait, clip or identity) move as the one in the clip `driving` does."""
    leader = read_clip(driving)
    if len(leader.frames) < 2:
        raise InputError(
            f"{leader.name} is not a clip: the driving face must move. Use a video of a talking face."
        )
    identity, warnings = _person(source, size)
    face = track(leader)
    motion = _followed(identity, face, following or Following())
    renderer = WarpRenderer(identity, size)
    sound = leader.samples if with_sound else leader.samples[:0]
    with VideoWriter(output, renderer.size, with_audio=len(sound) > 0) as writer:
        for chunk in _chunks(motion.values, sound, renderer):
            writer.write(chunk)
    return Reenacted(Path(output), motion.seconds, motion, (*warnings, *face.warnings))


def _person(source: str | Path | Identity, size: int) -> tuple[Identity, tuple[str, ...]]:
    if isinstance(source, Identity):
        return source, ()
    clip = read_clip(source)
    if not clip.frames:
        raise InputError(f"{clip.name} has no pictures: the source must be a portrait or a clip.")
    face = track(clip)
    return build_identity(clip, face, size), face.warnings


def _followed(identity: Identity, face: TrackedFace, following: Following) -> MotionTrack:
    return retarget(
        face.motion,
        identity.coefficients,
        pose_mode=following.pose_mode,
        expression_strength=following.expression_strength,
        pose_strength=following.pose_strength,
        follow_expression=following.expression,
        follow_pose=following.pose,
    )


def _chunks(values: FloatArray, samples: FloatArray, renderer: WarpRenderer) -> Iterator[AVChunk]:
    """One block at a time, so that memory does not grow with length."""
    size = timeline.BLOCK_VIDEO_FRAMES
    for index, start in enumerate(range(0, len(values), size)):
        motion = values[start : start + size]
        span = timeline.video_frames_to_samples(len(motion))
        first = timeline.video_frames_to_samples(start)
        sound = np.zeros(span, np.float32)
        there = samples[first : first + span]
        sound[: len(there)] = there
        yield AVChunk(
            index=index,
            start=float(timeline.video_frames_to_seconds(start)),
            samples=sound,
            motion=motion,
            frames=tuple(renderer.frame(frame) for frame in motion),
            is_last=start + size >= len(values),
        )


def inspect_clip(
    path: str | Path, plot: str | Path | None = None, sheet: str | Path | None = None
) -> TrackedFace:
    """Track a clip or portrait; write curves to `plot` and frames with landmarks to `sheet`, where given."""
    clip = read_clip(path)
    if not clip.frames:
        raise InputError(f"{clip.name} has no pictures to inspect.")
    face = track(clip)
    if plot is not None:
        inspect.plot(face, plot, clip.name)
    if sheet is not None:
        drawn = inspect.contact_sheet(clip.frames, face)
        if not cv2.imwrite(str(sheet), drawn[..., ::-1]):
            raise InputError(f"{sheet} cannot be written: use a .png or .jpg path that exists.")
    return face
