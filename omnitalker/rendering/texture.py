"""The person's own skin and mouth, mixed from the crops of a bank that are nearest to what a frame needs.

Mixtures change smoothly with the coefficients, so neighbouring frames agree without any memory.
"""

from __future__ import annotations

import cv2
import numpy as np

from omnitalker.motion import face_regions
from omnitalker.motion.descriptors import face_descriptor, mouth_descriptor
from omnitalker.motion.face import FaceModel
from omnitalker.motion.raster import backward_map
from omnitalker.motion.surface import picture_triangles
from omnitalker.rendering import curves
from omnitalker.rendering.membrane import Membrane
from omnitalker.types import FloatArray, Frame, Identity, TextureBank

NEIGHBOURS = 3
MOUTH_SHARPNESS = 4.0
"""How quickly the mixture goes over from one crop to the next: mixed teeth are grey teeth."""
FACE_SHARPNESS = 2.0
STEP = 2
"""Pixels of the frame between nodes of the mouth's warp."""
EDGE = 0.10
"""Width over which the face goes over into the picture around it, in eye distances."""


def nearest_shares(
    known: FloatArray, wanted: FloatArray, sharpness: float, neighbours: int = NEIGHBOURS
) -> FloatArray:
    """(K,) shares that sum to one; zero for all but the nearest, continuous in `wanted`, one crop on a known point."""
    distance = np.linalg.norm(known - wanted, axis=1) + 1e-4
    count = min(neighbours, len(known) - 1)
    reach = np.partition(distance, count)[count]
    shares = (np.maximum(reach - distance, 0) / (reach * distance)) ** sharpness
    total = float(shares.sum())
    return shares / total if total > 0 else (distance == distance.min()).astype(np.float32)


def mixed(crops: Frame, shares: FloatArray) -> FloatArray:
    """(K, h, w, 3) -> (h, w, 3) float."""
    picked = np.flatnonzero(shares > 5e-3)
    weights = shares[picked] / shares[picked].sum()
    total = crops[picked[0]].astype(np.float32) * weights[0]
    for index, weight in zip(picked[1:], weights[1:], strict=True):
        total = cv2.addWeighted(total, 1.0, crops[index], float(weight), 0.0, dtype=cv2.CV_32F)
    return total


class OwnFace:
    """The skin of one identity, as it looks in other poses and expressions."""

    def __init__(self, identity: Identity, bank: TextureBank) -> None:
        self._crops, self._known = bank.crops, face_descriptor(bank.motion)
        height, width = bank.crops.shape[1:3]
        left, top = np.rint(identity.landmarks[0] - bank.layout[0]).astype(int)
        self._place = slice(top, top + height), slice(left, left + width)
        edge = EDGE * identity.camera.scale
        canvas = np.zeros((height, width), np.uint8)
        oval = np.rint(bank.layout[list(face_regions.OVAL)]).astype(np.int32)
        cv2.fillPoly(canvas, [oval], 1)
        inward = cv2.distanceTransform(cv2.copyMakeBorder(canvas, 1, 1, 1, 1, 0), cv2.DIST_L2, 5)
        t = np.clip(inward[1:-1, 1:-1] / edge, 0, 1)
        self._window = (t * t * (3 - 2 * t)).astype(np.float32)
        self._rest = 1 - self._window

    def skin(self, picture: Frame, motion: FloatArray) -> Frame:
        """The cut-out picture (S, S, 4) with the face as `motion` shows it; a copy."""
        shares = nearest_shares(self._known, face_descriptor(motion), FACE_SHARPNESS)
        own = mixed(self._crops, shares)
        result = picture.copy()
        region = result[self._place][..., :3]
        blended = cv2.blendLinear(own, region.astype(np.float32), self._window, self._rest)
        region[:] = blended.round()
        return result


class OwnMouth:
    """The mouth bank of one identity."""

    def __init__(self, identity: Identity, bank: TextureBank) -> None:
        self._crops, self._layout = bank.crops, bank.layout
        face = FaceModel.load().deform(identity.neutral, bank.motion)
        self._known = mouth_descriptor(face)
        height, width = bank.crops.shape[1:3]
        self._window = _soft_window(width, height)[..., None]
        self._membrane = Membrane(width, height)
        nothing = np.full((height, width, 2), -1e4, np.float32)
        flat = np.zeros(len(bank.layout), np.float32)
        everything = picture_triangles()
        self._from_picture = backward_map(
            bank.layout, identity.landmarks, everything, flat, (height, width), nothing
        )
        inside = ((bank.layout > -2) & (bank.layout < (width + 1, height + 1))).all(axis=1)
        self._triangles = everything[inside[everything].any(axis=1)]
        self._near = np.flatnonzero(inside)

    def draw(self, frame: Frame, picture: Frame, face: FloatArray, points: FloatArray) -> None:
        """Paint over the lips, in place. picture: the skin of this frame; face: (478, 3) before the pose;
        points: sheet in frame pixels."""
        size = (frame.shape[1], frame.shape[0])
        left, top, width, height = curves.box_around(points[self._near], 0.0, size)
        width, height = width // STEP * STEP, height // STEP * STEP
        if width < 4 or height < 4:
            return
        shape = (height // STEP, width // STEP)
        nodes = (points[: len(face)] - np.array((left - 0.5, top - 0.5), np.float32)) / STEP - 0.5
        nothing = np.full((*shape, 2), -1e4, np.float32)
        flat = np.zeros(len(face), np.float32)
        grid = backward_map(nodes, self._layout, self._triangles, flat, shape, nothing)
        where = cv2.resize(grid, (width, height), interpolation=cv2.INTER_LINEAR)
        mouth = cv2.remap(self._lit(picture, face), where, None, cv2.INTER_LINEAR)
        region = frame[top : top + height, left : left + width, :3]
        alpha = mouth[..., 3:]
        region[:] = (region + alpha * (mouth[..., :3] - region)).round()

    def _lit(self, picture: Frame, face: FloatArray) -> FloatArray:
        """(h, w, 4) the mixed mouth, led over to the colours of the skin around it; coverage in the last channel."""
        shares = nearest_shares(self._known, mouth_descriptor(face), MOUTH_SHARPNESS)
        mouth = mixed(self._crops, shares)
        around = cv2.remap(picture, self._from_picture, None, cv2.INTER_LINEAR)
        mouth += self._membrane.spread(around, mouth)
        return np.dstack([np.clip(mouth, 0, 255), self._window])


def _soft_window(width: int, height: int) -> FloatArray:
    """(h, w) 1 in the middle, 0 at the rim, smooth between."""

    def ramp(count: int) -> FloatArray:
        distance = (np.arange(count, dtype=np.float32) + 0.5) / count
        t = np.clip((np.minimum(distance, 1 - distance) - 0.03) / 0.12, 0, 1)
        return t * t * (3 - 2 * t)

    return ramp(height)[:, None] * ramp(width)[None, :]
