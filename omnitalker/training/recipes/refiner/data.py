"""Pairs for the refiner: what the warp makes of a frame, and what the camera saw.

An identity that has seen a frame shows it too well, so each half of the training frames is rendered with an identity
made from the other half: the network learns from mistakes like those it will meet.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from omnitalker.base.types import (
    FloatArray,
    Frame,
    Identity,
    MotionTrack,
    ReferenceClip,
    TrackedFace,
)
from omnitalker.motion.face import regions as face_regions
from omnitalker.reference.identity import build_identity
from omnitalker.rendering.face_box import FaceBox
from omnitalker.rendering.likeness import crop
from omnitalker.rendering.warp import WarpRenderer

STRETCHES = 4
"""The two halves alternate in this many stretches, so that both see most poses."""


@dataclass(frozen=True)
class Pairs:
    """N faces of S x S pixels."""

    warped: Tensor
    """(N, 3, S, S) uint8"""
    real: Tensor
    """(N, 3, S, S) uint8"""
    mouths: Tensor
    """(N, 2) column and row of the middle of the mouth."""


def pick(
    clip: ReferenceClip, face: TrackedFace, indices: Sequence[int]
) -> tuple[ReferenceClip, TrackedFace]:
    """Those frames only, as a clip of their own."""
    rows = np.array(indices)
    frames = tuple(clip.frames[index] for index in rows)
    part = TrackedFace(
        landmarks=face.landmarks[rows],
        found=face.found[rows],
        motion=MotionTrack(face.motion.values[rows]),
        neutral=face.neutral,
        camera=face.camera,
        size=face.size,
    )
    return ReferenceClip(clip.samples[:0], frames, clip.name), part


def crossed_pairs(
    clip: ReferenceClip, face: TrackedFace, indices: Sequence[int], size: int
) -> Pairs:
    """Every frame of `indices`, rendered by an identity that was made without it."""
    stretch = np.arange(len(indices)) * STRETCHES // len(indices)
    folds = [[i for i, k in zip(indices, stretch, strict=True) if k % 2 == odd] for odd in (0, 1)]
    parts = []
    for own, other in (folds, folds[::-1]):
        identity = build_identity(*pick(clip, face, other), size)
        parts.append(pairs_of(identity, clip, face, own))
    side = min(part.warped.shape[-1] for part in parts)
    return Pairs(
        warped=torch.cat([part.warped[..., :side, :side] for part in parts]),
        real=torch.cat([part.real[..., :side, :side] for part in parts]),
        mouths=torch.cat([part.mouths for part in parts]),
    )


def pairs_of(
    identity: Identity, clip: ReferenceClip, face: TrackedFace, indices: Sequence[int]
) -> Pairs:
    renderer, box = WarpRenderer(identity, identity.size), FaceBox(identity)
    warped, real, mouths = [], [], []
    for index in indices:
        values = face.motion.values[index]
        rows, columns = box.place(values)
        warped.append(renderer.frame(values)[rows, columns])
        seen = crop(clip.frames[index], identity.framing, identity.size)
        real.append(seen[rows, columns])
        lips = in_picture(identity, face.landmarks[index])[list(face_regions.OUTER_LIPS)]
        mouths.append(lips.mean(axis=0) - (columns.start, rows.start))
    return Pairs(
        warped=_stacked(warped),
        real=_stacked(real),
        mouths=torch.from_numpy(np.array(mouths, np.float32)),
    )


def in_picture(identity: Identity, landmarks: FloatArray) -> FloatArray:
    """(..., 478, 2 or 3) pixels of the original frame -> (..., 478, 2) pixels of the identity's picture."""
    framing = identity.framing
    offset = np.array([framing.left, framing.top], np.float32)
    scale = identity.size / framing.side
    return np.asarray((landmarks[..., :2] + 0.5 - offset) * scale - 0.5, np.float32)


def _stacked(pictures: list[Frame]) -> Tensor:
    return torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).contiguous()
