"""The motion of one clip on the face of another: track, retarget, render, mux with the driver's sound."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from omnitalker.base import timeline
from omnitalker.base.errors import InputError
from omnitalker.base.types import RenderMemory
from omnitalker.marks.picture import marked
from omnitalker.media.reader import read_clip
from omnitalker.media.writer import VideoWriter
from omnitalker.reference.identity import build_identity
from omnitalker.reference.retarget import PoseMode, retarget
from omnitalker.reference.tracker import FaceTracker
from omnitalker.rendering.warp import WarpRenderer

OnProgress = Callable[[float, str], None]
PIECE_FRAMES = 25


@dataclass(frozen=True)
class Reenactment:
    """Whose face, whose motion, and how closely it is followed (see `reference.retarget`)."""

    source: Path
    """Portrait or clip that lends the face."""
    driving: Path
    """Clip that lends the motion and the sound."""
    output: Path
    size: int = 512
    pose_mode: PoseMode = "relative"
    expression_strength: float = 1.0
    pose_strength: float = 1.0
    follow_expression: bool = True
    follow_pose: bool = True


def reenact(job: Reenactment, on_progress: OnProgress | None = None) -> tuple[str, ...]:
    """Write `job.output`; returns warnings worth telling."""
    report = on_progress or (lambda *_: None)
    source, driving = read_clip(job.source), read_clip(job.driving)
    for clip, path, least in ((source, job.source, 1), (driving, job.driving, 2)):
        if len(clip.frames) < least:
            raise InputError(f"{path.name} has {len(clip.frames)} pictures; {least} are needed")
    report(0.05, "tracking")
    tracker = FaceTracker()
    face = tracker.track(source.frames, source.name)
    driver = tracker.track(driving.frames, driving.name)
    report(0.4, "building the face")
    renderer = WarpRenderer(build_identity(source, face, job.size), job.size)
    motion = retarget(
        driver.motion,
        renderer.identity.coefficients,
        pose_mode=job.pose_mode,
        expression_strength=job.expression_strength,
        pose_strength=job.pose_strength,
        follow_expression=job.follow_expression,
        follow_pose=job.follow_pose,
    ).values
    memory = RenderMemory()
    with VideoWriter(
        job.output, renderer.size, with_audio=len(driving.samples) > 0, signed=True
    ) as writer:
        for start in range(0, len(motion), PIECE_FRAMES):
            stop = min(start + PIECE_FRAMES, len(motion))
            writer.write_frames(
                marked(
                    renderer.frame(motion[frame], memory),
                    float(timeline.video_frames_to_seconds(frame)),
                )
                for frame in range(start, stop)
            )
            first, last = (timeline.video_frames_to_samples(frame) for frame in (start, stop))
            if len(driving.samples):
                writer.write_samples(driving.samples[first:last])
            report(0.5 + 0.5 * stop / len(motion), "rendering")
    return (*face.warnings, *driver.warnings)
