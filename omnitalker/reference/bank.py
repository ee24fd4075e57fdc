"""A person's own mouth in many shapes, all laid out alike, so that a renderer can mix and bend them.

Every crop is bent so that its landmarks lie where a half-open, frontal mouth has them: the layout. Its colours are
led over to those of the main picture around the lips, so that no seam and no change of light shows.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from omnitalker.motion import face_regions
from omnitalker.motion.face import FaceModel
from omnitalker.motion.names import EXPRESSION_SLICE, INDEX, MOTION_DIM, POSE_SLICE
from omnitalker.motion.raster import backward_map
from omnitalker.motion.surface import picture_triangles
from omnitalker.reference.matting import fill
from omnitalker.types import Camera, FloatArray, Frame, Identity, IntArray, TextureBank

Mask = npt.NDArray[np.bool_]

MOST = 40
"""Crops kept."""
MARGIN = 0.16
"""Skin kept around the lips, in eye distances."""
STEEPEST = 0.38
"""Frames with the head turned further (radians from the picture's pose) show lips from the side and are left out."""
_LIPS = np.array(face_regions.LIPS + face_regions.LIP_CORNERS)


def mouth_bank(
    identity: Identity, frames: Sequence[Frame], landmarks: FloatArray, motion: FloatArray
) -> TextureBank | None:
    """Mouths of a clip, as different as possible; None where it shows fewer than four. Frames as `identity.picture`."""
    layout, box = _layout(identity)
    usable = _usable(identity, landmarks, motion)
    if len(usable) < 4:
        return None
    shapes = lip_shapes(identity.neutral, motion[usable])
    chosen = usable[_farthest(shapes, MOST)]
    base = _rectified(identity.picture, identity.landmarks, layout, box)
    edge = _edge(box)
    crops = []
    for index in chosen:
        crop = _rectified(frames[index], landmarks[index], layout, box)
        crops.append(_led_over(crop, base, edge))
    return TextureBank(
        crops=np.stack(crops),
        shapes=motion[chosen, EXPRESSION_SLICE].astype(np.float32),
        layout=layout,
    )


def lip_shapes(neutral: FloatArray, motion: FloatArray) -> FloatArray:
    """(F, 3 * lip points) where the lips are in head space."""
    points = FaceModel.load().deform(neutral, motion)[:, _LIPS]
    return points.reshape(len(motion), -1)


def _layout(identity: Identity) -> tuple[FloatArray, tuple[int, int]]:
    """(478, 2) landmarks of the half-open mouth in crop pixels, and the crop's (width, height)."""
    model = FaceModel.load()
    coefficients = np.zeros(MOTION_DIM, np.float32)
    coefficients[INDEX["jawOpen"]] = 0.35
    face = model.deform(identity.neutral, coefficients)
    points = Camera(identity.camera.scale, 0.0, 0.0).project(face)
    lips = points[_LIPS]
    margin = MARGIN * identity.camera.scale
    low, high = lips.min(axis=0) - margin, lips.max(axis=0) + margin
    width, height = np.ceil(high - low).astype(int)
    return (points - low).astype(np.float32), (int(width), int(height))


def _usable(identity: Identity, landmarks: FloatArray, motion: FloatArray) -> IntArray:
    turned = motion[:, POSE_SLICE][:, :3] - identity.coefficients[POSE_SLICE][:3]
    inside = ((landmarks[:, _LIPS] > 2) & (landmarks[:, _LIPS] < identity.size - 3)).all(
        axis=(1, 2)
    )
    return np.flatnonzero((np.abs(turned).max(axis=1) < STEEPEST) & inside)


def _farthest(shapes: FloatArray, count: int) -> IntArray:
    """Indices of shapes far from each other: each next one is the farthest from those chosen."""
    chosen = [0]
    distance = np.linalg.norm(shapes - shapes[0], axis=1)
    while len(chosen) < min(count, len(shapes)):
        chosen.append(int(np.argmax(distance)))
        distance = np.minimum(distance, np.linalg.norm(shapes - shapes[chosen[-1]], axis=1))
    return np.array(chosen)


def _rectified(
    frame: Frame, landmarks: FloatArray, layout: FloatArray, box: tuple[int, int]
) -> Frame:
    width, height = box
    depth = np.zeros(len(layout), np.float32)
    where = np.full((height, width, 2), -1e4, np.float32)
    where = backward_map(layout, landmarks, picture_triangles(), depth, (height, width), where)
    return cv2.remap(frame, where, None, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)


def _edge(box: tuple[int, int]) -> Mask:
    """(h, w) True on the rim of the crop."""
    width, height = box
    rim = np.ones((height, width), bool)
    thick = max(3, round(0.09 * height))
    rim[thick:-thick, thick:-thick] = False
    return rim


def _led_over(crop: Frame, base: Frame, edge: Mask) -> Frame:
    """Add the smooth difference that makes the rim equal to the base's."""
    difference = cv2.GaussianBlur(base.astype(np.float32) - crop, (0, 0), 2.0)
    smooth = fill(np.where(edge[..., None], difference, 0), edge)
    return np.rint(np.clip(crop + smooth, 0, 255)).astype(np.uint8)
