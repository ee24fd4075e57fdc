"""`omnitalker eval face CLIP`: how true a clip's face comes back from its coefficients, and how fast.

Closed loop: the clip's motion is rendered on the clip's identity, and the pictures are tracked again.
Self-reenactment: an identity from the first half of the clip is driven by the second half's own motion and
compared with the camera's pictures. Speed: tracking and identity here, rendering and encoding in a process of their
own with one thread for OpenCV.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

from omnitalker.base.errors import InputError
from omnitalker.base.files import AtomicFile
from omnitalker.base.types import FloatArray, Identity, ReferenceClip, RenderMemory, TrackedFace
from omnitalker.evaluation.face_figures import LoopFigures, compare_motion
from omnitalker.evaluation.mouth_stability import MouthStability, compare_stability
from omnitalker.evaluation.render_cost import measure_alone
from omnitalker.media.reader import read_clip
from omnitalker.motion.face.model import FaceModel
from omnitalker.reference.clip import cut_clip
from omnitalker.reference.identity import build_identity
from omnitalker.reference.tracker import FaceTracker
from omnitalker.rendering.likeness import PictureFigures, compare_pictures, crop
from omnitalker.rendering.warp import WarpRenderer

OnProgress = Callable[[float, str], None]
SHORTEST = 50
"""Frames; a shorter clip has no two halves worth comparing."""

TARGETS: dict[str, tuple[str, float]] = {
    "closed_loop.landmark_error": ("<=", 0.025),
    "closed_loop.lip_error": ("<=", 0.03),
    "closed_loop.mouth_correlation": (">=", 0.97),
    "closed_loop.blink_recall": (">=", 0.95),
    "closed_loop.pose_error_degrees": ("<=", 1.5),
    "self_reenactment.psnr_face": (">=", 26.0),
    "mouth_stability.mean_ratio": ("<=", 1.5),
    "speed.frames_per_second": (">=", 60.0),
    "speed.peak_memory_mb": ("<=", 600.0),
}


@dataclass(frozen=True)
class SpeedFigures:
    """Milliseconds of wall time per frame."""

    track_ms: float
    render_ms: float
    encode_ms: float
    frames_per_second: float
    """Rendering and encoding together."""
    core_ms: float
    """Processor time per frame of both, all threads together: what stays true on a busy machine."""
    identity_seconds: float
    peak_memory_mb: float
    """Of a process that renders and encodes, interpreter and libraries included."""


@dataclass(frozen=True)
class FaceReport:
    closed_loop: LoopFigures
    self_reenactment: PictureFigures
    mouth_stability: MouthStability
    speed: SpeedFigures
    fit_error: float
    """Mean distance of the clip's own landmarks from those that its coefficients give, in eye distances."""


def evaluate_face(
    path: str | Path, size: int = 512, *, on_progress: OnProgress | None = None
) -> FaceReport:
    """All figures of one clip of at least two seconds with one face."""
    tell = on_progress or _silent
    clip = read_clip(path)
    if len(clip.frames) < SHORTEST:
        raise InputError(
            f"{clip.name} has {len(clip.frames)} frames; at least {SHORTEST} (2 s) are needed to evaluate a face."
        )
    tell(0.0, "track the clip")
    start = time.perf_counter()
    face = FaceTracker().track(clip.frames, clip.name)
    tracking = time.perf_counter() - start
    tell(0.2, "build its identity")
    start = time.perf_counter()
    identity = build_identity(clip, face, size)
    building = time.perf_counter() - start
    tell(0.35, "render, encode")
    speed = _speed(identity, face.motion.values, size, tracking, building)
    tell(0.5, "render, track what was rendered")
    loop = closed_loop(identity, face, size)
    tell(0.7, "self-reenactment")
    pictures, mouth = self_reenactment(clip, size)
    tell(1.0, "done")
    return FaceReport(loop, pictures, mouth, speed, _fit_error(face))


def _silent(_part: float, _what: str) -> None:
    """Progress that nobody asked for."""


def closed_loop(identity: Identity, face: TrackedFace, size: int) -> LoopFigures:
    """Render a known person's motion and track the pictures again."""
    model, renderer = FaceModel.load(), WarpRenderer(identity, size)
    frames = [renderer.frame(values) for values in face.motion.values]
    camera = identity.camera.resized(size / identity.size)
    again = FaceTracker().track(frames, "the rendered clip", (identity.neutral, camera))
    meant = model.pixels(identity.neutral, face.motion.values, camera)
    return compare_motion(
        face.motion.values, again.motion.values, meant, again.landmarks, again.found
    )


def self_reenactment(clip: ReferenceClip, size: int) -> tuple[PictureFigures, MouthStability]:
    """Identity from the first half; the second half driven by its own motion, seen with the first half's eyes."""
    half, total = len(clip.frames) // 2, len(clip.frames)
    first = cut_clip(clip, 0, half)
    tracker = FaceTracker()
    known = tracker.track(first.frames, clip.name)
    identity = build_identity(first, known, size)
    driving = tracker.track(clip.frames[half:total], clip.name, (known.neutral, known.camera))
    renderer = WarpRenderer(identity, size)
    memory = RenderMemory()
    shown = [renderer.frame(values, memory) for values in driving.motion.values[driving.found]]
    there = [frame for frame, seen in zip(clip.frames[half:], driving.found, strict=True) if seen]
    cropped = [crop(frame, identity.framing, size) for frame in there]
    points = (driving.landmarks[driving.found][..., :2] + 0.5) - np.array(
        [identity.framing.left, identity.framing.top], np.float32
    )
    points = points * (size / identity.framing.side) - 0.5
    stability = compare_stability(shown, cropped, points, identity)
    return compare_pictures(shown, cropped, points), stability


def _speed(
    identity: Identity, values: FloatArray, size: int, tracking: float, building: float
) -> SpeedFigures:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        alone = pool.submit(measure_alone, identity, values, size).result()
    return SpeedFigures(
        track_ms=1000 * tracking / len(values),
        render_ms=1000 * alone.render_seconds,
        encode_ms=1000 * alone.encode_seconds,
        frames_per_second=1 / (alone.render_seconds + alone.encode_seconds),
        core_ms=1000 * alone.core_seconds,
        identity_seconds=building,
        peak_memory_mb=alone.peak_memory_mb,
    )


def _fit_error(face: TrackedFace) -> float:
    pixels = FaceModel.load().pixels(face.neutral, face.motion.values, face.camera)
    error = np.linalg.norm(pixels - face.landmarks[..., :2], axis=2)[face.found]
    return float(error.mean() / face.camera.scale)


def table(report: FaceReport) -> list[tuple[str, float | None, str, bool | None]]:
    """Rows: name, value, target ("" if none), whether it is met."""
    rows: list[tuple[str, float | None, str, bool | None]] = []
    for group, figures in asdict(report).items():
        inner = figures if isinstance(figures, dict) else {"": figures}
        for key, value in inner.items():
            name = f"{group}.{key}" if key else group
            sign, goal = TARGETS.get(name, ("", 0.0))
            met = None
            if sign and value is not None:
                met = bool(value <= goal) if sign == "<=" else bool(value >= goal)
            rows.append((name, value, f"{sign} {goal:g}" if sign else "", met))
    return rows


def run(
    path: str | Path,
    output: str | Path | None = None,
    size: int = 512,
    *,
    on_progress: OnProgress | None = None,
) -> FaceReport:
    """Evaluate and, with `output`, write the figures there as JSON."""
    report = evaluate_face(path, size, on_progress=on_progress)
    if output is not None:
        with AtomicFile(output) as temporary:
            temporary.write_text(json.dumps(as_plain(report), indent=2) + "\n", encoding="utf-8")
    return report


def as_plain(report: FaceReport) -> dict[str, Any]:
    """The figures as nested plain values."""
    return asdict(report)
