"""The person's own skin and mouth, mixed from the crops of a bank that are nearest to what a frame needs.

Mixtures of skin change smoothly with the coefficients, so neighbouring frames agree without any memory; for the mouth
of a clip see `rendering/mouth/steady.py`.
"""

from __future__ import annotations

import cv2
import numpy as np

from omnitalker.base.types import FloatArray, Frame, Identity, RenderMemory, TextureBank
from omnitalker.motion.face import regions as face_regions
from omnitalker.motion.face.descriptors import face_descriptor, mouth_descriptor
from omnitalker.motion.face.model import FaceModel
from omnitalker.motion.face.raster import backward_map
from omnitalker.motion.face.surface import picture_triangles
from omnitalker.rendering import curves
from omnitalker.rendering.membrane import Membrane
from omnitalker.rendering.mouth.steady import LOOSE, TEAR, SteadyChoice

NEIGHBOURS = 3
LIP_EDGE, SKIN = 0.025, 0.11
"""Distances from the lips, in eye distances, between which a clip's own mouth goes over into the face around it."""
MOUTH_SHARPNESS = 8.0
"""How quickly the mixture goes over from one crop to the next: mixed teeth are grey teeth."""
FACE_SHARPNESS = 3.0
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


def mixed(crops: Frame, shares: FloatArray) -> Frame:
    """(K, h, w, C) -> (h, w, C)."""
    picked = np.flatnonzero(shares > 5e-3)
    picked = picked[np.argsort(shares[picked])]
    total, weight = crops[picked[0]], float(shares[picked[0]])
    for index in picked[1:]:
        share = float(shares[index])
        weight += share
        total = cv2.addWeighted(total, 1 - share / weight, crops[index], share / weight, 0.0)
    return total


class OwnFace:
    """The skin of one identity, as it looks in other poses and expressions.

    picture: (S, S, 4) the cut-out picture that the skin belongs in.
    """

    def __init__(self, identity: Identity, bank: TextureBank, picture: Frame) -> None:
        self._known = face_descriptor(bank.motion)
        height, width = bank.crops.shape[1:3]
        left, top = np.rint(identity.landmarks[0] - bank.layout[0]).astype(int)
        self._place = slice(top, top + height), slice(left, left + width)
        edge = EDGE * identity.camera.scale
        canvas = np.zeros((height, width), np.uint8)
        oval = np.rint(bank.layout[list(face_regions.OVAL)]).astype(np.int32)
        cv2.fillPoly(canvas, [oval], 1)
        inward = cv2.distanceTransform(cv2.copyMakeBorder(canvas, 1, 1, 1, 1, 0), cv2.DIST_L2, 5)
        t = np.clip(inward[1:-1, 1:-1] / edge, 0, 1)
        window = np.rint(255 * t * t * (3 - 2 * t)).astype(np.uint8)
        self._window = cv2.merge([window] * 4)
        rest, around = cv2.bitwise_not(self._window), np.ascontiguousarray(picture[self._place])
        self._around = cv2.multiply(around, rest, scale=1 / 255)
        matte = around[..., 3]
        self._crops = np.stack([np.dstack([crop, matte]) for crop in bank.crops])

    def skin(self, picture: Frame, motion: FloatArray) -> Frame:
        """The cut-out picture (S, S, 4) with the face as `motion` shows it; a copy."""
        shares = nearest_shares(self._known, face_descriptor(motion), FACE_SHARPNESS)
        own = cv2.multiply(mixed(self._crops, shares), self._window, scale=1 / 255)
        result = picture.copy()
        result[self._place] = cv2.add(own, self._around)
        return result


class OwnMouth:
    """The mouth bank of one identity."""

    def __init__(self, identity: Identity, bank: TextureBank, alike: bool) -> None:
        """alike: whether all crops show the same mouth in the same light (stills), so that mixing is enough."""
        self._crops, self._layout = bank.crops, bank.layout
        face = FaceModel.load().deform(identity.neutral, bank.motion)
        self._known, self._gaps = mouth_descriptor(face), _gap(face)
        height, width = bank.crops.shape[1:3]
        self._window = _soft_window(width, height)
        if not alike:
            self._window *= _near_lips(bank.layout, identity.camera.scale, (width, height))
        self._choice = (
            None if alike else SteadyChoice(bank.crops, bank.layout, self._known, self._gaps)
        )
        self._membrane = Membrane(width, height)
        nothing = np.full((height, width, 2), -1e4, np.float32)
        flat = np.zeros(len(bank.layout), np.float32)
        everything = picture_triangles()
        self._from_picture = backward_map(
            bank.layout, identity.landmarks, everything, flat, (height, width), nothing
        )
        within = (bank.layout > -2) & (bank.layout < (width + 1, height + 1))
        inside = np.asarray(within.all(axis=1))
        self._triangles = everything[inside[everything].any(axis=1)]
        self._near = np.flatnonzero(inside)

    def draw(
        self,
        frame: Frame,
        picture: Frame,
        face: FloatArray,
        points: FloatArray,
        memory: RenderMemory | None = None,
    ) -> float:
        """Paint over the lips, in place. frame, picture: (H, W, 4), (S, S, 4) the skin of this frame; face: (478, 3)
        before the pose; points: sheet in frame pixels. Returns how much the inside still has to be drawn, 0..1."""
        size = (frame.shape[1], frame.shape[0])
        left, top, width, height = curves.box_around(points[self._near], 0.0, size)
        width, height = width // STEP * STEP, height // STEP * STEP
        if width < 4 or height < 4:
            return 0.0
        shape = (height // STEP, width // STEP)
        nodes = (points[: len(face)] - np.array((left - 0.5, top - 0.5), np.float32)) / STEP - 0.5
        nothing = np.full((*shape, 2), -1e4, np.float32)
        flat = np.zeros(len(face), np.float32)
        places = np.asarray(nodes, np.float32)
        grid = backward_map(places, self._layout, self._triangles, flat, shape, nothing)
        where = cv2.resize(grid, (width, height), interpolation=cv2.INTER_LINEAR)
        shares = self._shares(face, memory)
        lit = cv2.cvtColor(self._lit(picture, shares), cv2.COLOR_RGB2RGBA)
        mouth = cv2.remap(lit, where, None, cv2.INTER_LINEAR)
        region = frame[top : top + height, left : left + width]
        alpha = cv2.remap(self._window, where, None, cv2.INTER_LINEAR)
        region[:] = cv2.blendLinear(mouth, np.ascontiguousarray(region), alpha, 1 - alpha)
        steady = self._choice is not None and memory is not None
        return self._missing(face, float(self._gaps.max() if steady else self._gaps @ shares))

    def _shares(self, face: FloatArray, memory: RenderMemory | None) -> FloatArray:
        wanted = mouth_descriptor(face)
        if self._choice is None or memory is None:
            return nearest_shares(self._known, wanted, MOUTH_SHARPNESS)
        return self._choice.shares(wanted, float(_gap(face)), memory)

    def _lit(self, picture: Frame, shares: FloatArray) -> Frame:
        """(h, w, 3) the mixed mouth, led over to the colours of the skin around it."""
        mouth = mixed(self._crops, shares)
        edge = cv2.BORDER_REPLICATE  # a chin below the picture is not black
        around = cv2.remap(picture, self._from_picture, None, cv2.INTER_LINEAR, borderMode=edge)
        around = around[..., :3]
        return cv2.add(mouth, self._membrane.spread(around, mouth), dtype=cv2.CV_8U)

    def _missing(self, face: FloatArray, known: float) -> float:
        """0 where the bank knows mouths as open as this one, 1 where its crops would have to be torn apart."""
        t = float(np.clip((_gap(face) - TEAR * known - LOOSE) / 0.05, 0.0, 1.0))
        return t * t * (3 - 2 * t)


def _gap(face: FloatArray) -> FloatArray:
    """(..., 478, 3) -> (...,) mean distance between the inner lips, in eye distances."""
    upper = face[..., face_regions.INNER_LIP_UPPER[2:-2], 1]
    lower = face[..., face_regions.INNER_LIP_LOWER[2:-2], 1]
    return (upper - lower).mean(axis=-1)


def _near_lips(layout: FloatArray, unit: float, size: tuple[int, int]) -> FloatArray:
    """(h, w) 1 on the lips, 0 where the skin beside them is better taken from the face around. unit: eye distance."""
    away = np.ones((size[1], size[0]), np.uint8)
    hull = cv2.convexHull(np.rint(layout[list(face_regions.OUTER_LIPS)]).astype(np.int32))
    cv2.fillConvexPoly(away, hull, 0)
    distance = cv2.distanceTransform(away, cv2.DIST_L2, 5) / unit
    t = np.clip((SKIN - distance) / (SKIN - LIP_EDGE), 0, 1)
    return np.asarray(t * t * (3 - 2 * t), np.float32)


def _soft_window(width: int, height: int) -> FloatArray:
    """(h, w) 1 in the middle, 0 at the rim, smooth between."""

    def ramp(count: int) -> FloatArray:
        distance = (np.arange(count, dtype=np.float32) + 0.5) / count
        t = np.clip((np.minimum(distance, 1 - distance) - 0.03) / 0.12, 0, 1)
        return np.asarray(t * t * (3 - 2 * t), np.float32)

    return ramp(height)[:, None] * ramp(width)[None, :]
