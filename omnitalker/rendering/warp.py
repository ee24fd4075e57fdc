"""The renderer without a network: one elastic picture, drawn eyes, a drawn mouth, a background that rests."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np

from omnitalker.base.errors import InputError
from omnitalker.base.types import (
    FloatArray,
    Frame,
    Identity,
    IntArray,
    MotionTrack,
    RenderMemory,
)
from omnitalker.motion.face import regions as face_regions
from omnitalker.motion.face.model import FaceModel
from omnitalker.motion.face.raster import backward_map
from omnitalker.motion.face.surface import picture_triangles
from omnitalker.motion.names import MOTION_DIM, POSE_SLICE
from omnitalker.rendering.backdrop import over
from omnitalker.rendering.body import swayed
from omnitalker.rendering.curves import box_around
from omnitalker.rendering.eye.lid_patch import DrawnFace
from omnitalker.rendering.eye.pair import EyePair
from omnitalker.rendering.folds import Box, fold_boxes, soften_folds
from omnitalker.rendering.mesh import build_sheet, flattened
from omnitalker.rendering.mouth.drawn import DrawnMouth
from omnitalker.rendering.scale import scaled
from omnitalker.rendering.skin_folds import SEEN_STRENGTH, STRENGTH, SkinFolds
from omnitalker.rendering.texture import OwnFace, OwnMouth

NODES = 128
"""Nodes of the warp along one side; between them it is linear."""
_OVAL = np.array(face_regions.OVAL)
_EYES = (face_regions.LEFT_EYE, face_regions.RIGHT_EYE)
TURNED = 0.12
"""From this turn on (radians, away from the picture's pose) the face may cover parts of itself: finer nodes then."""
FOLDED = 0.02
"""How far around the outline of the face folds are looked for, in frame widths."""


class _Part:
    """A stretch of the sheet that is warped with nodes `step` pixels apart."""

    def __init__(self, edge: IntArray, triangles: IntArray, step: int) -> None:
        self._triangles = triangles[np.isin(triangles, edge).any(axis=1)]
        self._points = np.unique(self._triangles)
        self._step = step

    def refine(
        self,
        where: FloatArray,
        points: FloatArray,
        source: FloatArray,
        depth: FloatArray,
        box: Box | None = None,
    ) -> None:
        """Write the finer warp into `where` (H, W, 2), in place. points: (V, 2) in frame pixels; box: only there."""
        step = self._step
        size = (where.shape[1], where.shape[0])
        left, top, width, height = box or box_around(points[self._points], 1.0, size)
        width, height = width // step * step, height // step * step
        if width < 2 or height < 2:
            return
        region = where[top : top + height, left : left + width]
        start = step // 2
        fine = np.ascontiguousarray(region[start::step, start::step])
        corner = np.array((left - 0.5, top - 0.5), np.float32)
        nodes = np.asarray((points - corner) / step - 0.5, np.float32)
        backward_map(nodes, source, self._triangles, depth, (fine.shape[0], fine.shape[1]), fine)
        region[:] = fine if step == 1 else cv2.resize(fine, (width, height))


class WarpRenderer:
    """Pictures of one identity at one size. Everything that no frame changes is computed here."""

    def __init__(self, identity: Identity, size: int = 512) -> None:
        if size < 64 or size % 2:
            raise InputError(f"Frame size {size}: expected an even number of at least 64 pixels.")
        identity = scaled(identity, size)
        self.identity = identity
        self.size = (size, size)
        self._zoom = size / identity.size
        self._model, self._camera = FaceModel.load(), identity.camera
        self._neutral = flattened(identity)
        self._sheet = build_sheet(identity, self._neutral)
        self._before = self._model.deform(self._neutral, identity.coefficients)[_OVAL]
        self._eyes = EyePair(identity)
        self._mouth = DrawnMouth(identity)
        stills = identity.lids is not None and len(identity.lids.crops) > 1
        self._own_mouth = OwnMouth(identity, identity.mouths, stills) if identity.mouths else None
        self._folds = SkinFolds(identity, SEEN_STRENGTH if stills else STRENGTH)
        self._layers(identity)
        faces = identity.faces
        self._own_face = OwnFace(identity, faces, self._picture) if faces else None
        triangles = picture_triangles()
        # A mouth bank paints over the lips, with fine nodes of its own.
        edges = _EYES if self._own_mouth else (*_EYES, face_regions.INNER_LIPS)
        self._fine = [_Part(np.array(loop), triangles, 1) for loop in edges]
        self._face = _Part(np.arange(len(identity.landmarks)), self._sheet.triangles, 2)
        self._edges = _Part(np.arange(len(self._sheet.rest)), self._sheet.triangles, 1)

    def _layers(self, identity: Identity) -> None:
        dimmed = identity.picture * (identity.matte.astype(np.float32) / 255)[..., None]
        self._picture = np.dstack([np.rint(dimmed).astype(np.uint8), identity.matte])
        self._background = cv2.resize(identity.background, self.size, interpolation=cv2.INTER_CUBIC)
        axis = (np.arange(NODES, dtype=np.float32) + 0.5) * (identity.size / NODES) - 0.5
        self._unmoved = np.stack(np.meshgrid(axis, axis), axis=-1)

    def place(
        self, face: FloatArray, coefficients: FloatArray, frame: int = 0
    ) -> tuple[FloatArray, FloatArray]:
        """Where all points of the sheet come to lie: (V, 2) in frame pixels, (V,) depth.

        frame: its number in the video, for the body that breathes.
        """
        sheet, model = self._sheet, self._model
        net = sheet.space + sheet.drag @ (face[_OVAL] - self._before)
        camera = model.pose(np.concatenate([face, net]), coefficients)
        points = self._camera.project(camera)
        loose = slice(len(face), None)
        rest = sheet.rest[loose]
        points[loose] = rest + sheet.follows[:, None] * (points[loose] - rest)
        points[loose] += self._camera.scale * sheet.body[:, None] * swayed(frame)
        return (points + 0.5) * self._zoom - 0.5, camera[:, 2]

    def frame(self, coefficients: FloatArray, memory: RenderMemory | None = None) -> Frame:
        """(61,) -> (H, W, 3) RGB. memory: of the video that the frame belongs to."""
        return over(self.person(coefficients, memory), self._background)

    def person(self, coefficients: FloatArray, memory: RenderMemory | None = None) -> Frame:
        """(61,) -> (H, W, 4): the presenter cut out, RGB premultiplied with the coverage in channel 3."""
        if coefficients.shape != (MOTION_DIM,):
            raise InputError(
                f"A frame needs {MOTION_DIM} coefficients, got an array of shape {coefficients.shape}."
            )
        face = self._model.deform(self._neutral, coefficients)
        points, depth = self.place(face, coefficients, memory.frame if memory else 0)
        turned = self._turned(coefficients)
        where = self._warp(points, depth, turned)
        picture = self._picture
        if self._own_face:
            picture = self._own_face.skin(picture, coefficients)
        picture = self._folds.shade(picture, coefficients)
        person = cv2.remap(picture, where, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        if turned:
            soften_folds(person, where, self._outline(points))
        share = 1.0
        if self._own_mouth:
            share = self._own_mouth.draw(person, picture, face, points, memory)
        if share > 0:
            self._mouth.draw(person, points, coefficients, self._zoom, share)
        self._eyes.draw(DrawnFace(person, picture, face, points, coefficients), self._zoom)
        if memory:
            memory.frame += 1
        return person

    def _outline(self, points: FloatArray) -> Box:
        return box_around(points[_OVAL], FOLDED * self.size[0], self.size)

    def _turned(self, coefficients: FloatArray) -> bool:
        turn = coefficients[POSE_SLICE][:2] - self.identity.coefficients[POSE_SLICE][:2]
        return bool(np.abs(turn).max() > TURNED)

    def _warp(self, points: FloatArray, depth: FloatArray, turned: bool) -> FloatArray:
        """(H, W, 2) the pixel of the picture that each pixel of the frame shows.

        Coarse nodes do for most of it; around eyes and lips and where a turned face covers itself every pixel is a
        node, so that edges stay sharp and no node lies between two sides of one.
        """
        sheet = self._sheet
        source = self._eyes.source(sheet.rest, points, self._zoom)
        nodes = (points + 0.5) * (NODES / self.size[0]) - 0.5
        grid = self._unmoved.copy()
        backward_map(nodes, source, sheet.triangles, depth, (NODES, NODES), grid)
        where = cv2.resize(grid, self.size, interpolation=cv2.INTER_LINEAR)
        if turned:
            self._face.refine(where, points, source, depth)
            for box in fold_boxes(where, self._outline(points)):
                self._edges.refine(where, points, source, depth, box)
        for part in self._fine:
            part.refine(where, points, source, depth)
        return where

    def render(self, track: MotionTrack) -> Iterator[Frame]:
        memory = RenderMemory()
        return (self.frame(values, memory) for values in track.values)
