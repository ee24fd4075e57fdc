"""A person's own face and mouth in many shapes, all laid out alike, so that a renderer can mix and bend them.

Every crop is bent so that its landmarks lie where the layout has them: for the face that of the main picture, for
the mouth a half-open frontal one, so that the inside has room.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from omnitalker.base.types import Camera, FloatArray, Frame, Identity, IntArray, TextureBank
from omnitalker.motion.face import regions as face_regions
from omnitalker.motion.face.descriptors import (
    face_descriptor,
    look_descriptor,
    mouth_descriptor,
)
from omnitalker.motion.face.model import FaceModel
from omnitalker.motion.face.raster import backward_map
from omnitalker.motion.face.surface import picture_triangles
from omnitalker.motion.names import GAZE_SLICE, INDEX, MOTION_DIM, POSE_SLICE
from omnitalker.reference.painted_lids import paint_lids

MOST_MOUTHS = 48
MOST_FACES = 16
MOST_LOOKS = 24
ALIKE = 1e-4
"""Descriptors nearer than this show the same thing: one crop is enough."""
FEWEST = 4
"""A bank with fewer crops is not worth having."""
LIP_MARGIN = 0.16
"""Skin kept around the lips, in eye distances."""
FACE_MARGIN = 0.06
STEEPEST = 0.38
"""Frames with the head turned further (radians from the picture's pose) show lips from the side and are left out."""
LID_MARGIN = 0.17
"""Skin kept around the eyes, in eye distances: not as far as the brows, which move by themselves."""
SHUT = 0.85
"""Blinks of both eyes from this strength on show lids that are closed."""
CALM = 0.15
"""Radians by which the head may be turned away from the picture's pose in the frame that shows them."""
OPEN_EYES = 0.35
"""Blinks above this strength do not enter the bank of faces."""
CRISPER = 0.45
"""Sharpening that makes up for the crop being resampled twice more."""
_LIPS = np.array(face_regions.LIPS + face_regions.LIP_CORNERS)
_OVAL = np.array(face_regions.OVAL)
EYES = np.array(face_regions.LEFT_EYE + face_regions.RIGHT_EYE)
_BLINKS = [INDEX["eyeBlinkLeft"], INDEX["eyeBlinkRight"]]
_SHUT = {"eyeBlinkLeft": 1.0, "eyeBlinkRight": 1.0}


def mouth_bank(
    identity: Identity, frames: Sequence[Frame], landmarks: FloatArray, motion: FloatArray
) -> TextureBank | None:
    """Mouths of a clip, as different as possible. Frames and landmarks as in `identity.picture`."""
    layout, box = layout_of(identity, {"jawOpen": 0.35}, _LIPS, LIP_MARGIN)
    usable = _facing(identity, motion) & _visible(identity, landmarks[:, _LIPS])
    descriptors = mouth_descriptor(FaceModel.load().deform(identity.neutral, motion))
    chosen = _different(descriptors, usable, MOST_MOUTHS)
    return _bank(frames, landmarks, motion, chosen, layout, box)


def face_bank(
    identity: Identity, frames: Sequence[Frame], landmarks: FloatArray, motion: FloatArray
) -> TextureBank | None:
    """Faces of a clip in different poses and expressions, for the light on them and their folds."""
    oval = identity.landmarks[_OVAL]
    margin = FACE_MARGIN * identity.camera.scale
    low = np.floor(np.maximum(oval.min(axis=0) - margin, 0))
    high = np.ceil(np.minimum(oval.max(axis=0) + margin, identity.size))
    layout = (identity.landmarks - low).astype(np.float32)
    blinks = motion[:, _BLINKS].max(axis=1)
    usable = (blinks < OPEN_EYES) & _visible(identity, landmarks[:, _OVAL])
    chosen = _different(face_descriptor(motion), usable, MOST_FACES)
    width, height = (high - low).astype(int)
    return _bank(frames, landmarks, motion, chosen, layout, (int(width), int(height)))


def _bank(
    frames: Sequence[Frame],
    landmarks: FloatArray,
    motion: FloatArray,
    chosen: IntArray,
    layout: FloatArray,
    box: tuple[int, int],
) -> TextureBank | None:
    if len(chosen) < FEWEST:
        return None
    crops = [_rectified(frames[index], landmarks[index], layout, box) for index in chosen]
    return TextureBank(np.stack(crops), motion[chosen].astype(np.float32), layout)


def lid_bank(
    identity: Identity, frames: Sequence[Frame], landmarks: FloatArray, motion: FloatArray
) -> TextureBank | None:
    """The frame of a clip in which both eyes are best closed; where they never are, lids are painted."""
    shut = motion[:, _BLINKS].min(axis=1)
    turned = np.abs(motion[:, POSE_SLICE][:, :3] - identity.coefficients[POSE_SLICE][:3])
    usable = (shut > SHUT) & (turned.max(axis=1) < CALM) & _visible(identity, landmarks[:, EYES])
    if not usable.any():
        return painted_lid_bank(identity)
    best = np.array([np.argmax(np.where(usable, shut - turned.max(axis=1), -np.inf))])
    layout, box = layout_of(identity, _SHUT, EYES, LID_MARGIN)
    crops = [_rectified(frames[index], landmarks[index], layout, box) for index in best]
    return TextureBank(np.stack(crops), motion[best].astype(np.float32), layout)


def painted_lid_bank(identity: Identity) -> TextureBank:
    """Closed eyes made of the picture of open ones."""
    layout, box = layout_of(identity, _SHUT, EYES, LID_MARGIN)
    motion = identity.coefficients.copy()
    motion[_BLINKS] = 1.0
    lifted = _frontal(identity, {}) - _frontal(identity, _SHUT)
    shut = _rectified(identity.picture, identity.landmarks, layout, box)
    crop = paint_lids(identity, shut, layout, layout + lifted)
    return TextureBank(crop[None], motion[None], layout)


def look_bank(
    identity: Identity, frames: Sequence[Frame], landmarks: FloatArray, motion: FloatArray
) -> TextureBank | None:
    """Eyes in every look that stills of known coefficients show; bent onto lids a little closed."""
    turned = np.abs(motion[:, POSE_SLICE][:, :3] - identity.coefficients[POSE_SLICE][:3])
    usable = (turned.max(axis=1) < CALM) & _visible(identity, landmarks[:, EYES])
    face = FaceModel.load().deform(identity.neutral, motion)
    gaze = motion[:, GAZE_SLICE]
    descriptors = np.concatenate(
        [
            look_descriptor(face, list(upper), list(lower), gaze[:, columns])
            for upper, lower, columns in (
                (face_regions.LEFT_LID_UPPER, face_regions.LEFT_LID_LOWER, slice(0, 2)),
                (face_regions.RIGHT_LID_UPPER, face_regions.RIGHT_LID_LOWER, slice(2, 4)),
            )
        ],
        axis=1,
    )
    chosen = _different(descriptors, usable, MOST_LOOKS)
    layout, box = layout_of(identity, {"eyeBlinkLeft": 0.3, "eyeBlinkRight": 0.3}, EYES, LID_MARGIN)
    return _bank(frames, landmarks, motion, chosen, layout, box)


def layout_of(
    identity: Identity, expression: dict[str, float], region: IntArray, margin: float
) -> tuple[FloatArray, tuple[int, int]]:
    """(478, 2) landmarks of a frontal face in crop pixels, and the (width, height) of a crop around the region.

    margin: in eye distances.
    """
    points = _frontal(identity, expression)
    low = points[region].min(axis=0) - margin * identity.camera.scale
    high = points[region].max(axis=0) + margin * identity.camera.scale
    width, height = np.ceil(high - low).astype(int)
    return (points - low).astype(np.float32), (int(width), int(height))


def _frontal(identity: Identity, expression: dict[str, float]) -> FloatArray:
    """(478, 2) pixels, the middle of the head at the origin."""
    coefficients = np.zeros(MOTION_DIM, np.float32)
    for name, strength in expression.items():
        coefficients[INDEX[name]] = strength
    face = FaceModel.load().deform(identity.neutral, coefficients)
    return Camera(identity.camera.scale, 0.0, 0.0).project(face)


def _facing(identity: Identity, motion: FloatArray) -> npt.NDArray[np.bool_]:
    turned = motion[:, POSE_SLICE][:, :3] - identity.coefficients[POSE_SLICE][:3]
    return np.asarray(np.abs(turned).max(axis=1) < STEEPEST)


def _visible(identity: Identity, points: FloatArray) -> npt.NDArray[np.bool_]:
    """(F,) all points (F, P, 2) inside the picture."""
    return np.asarray(((points > 1) & (points < identity.size - 2)).all(axis=(1, 2)))


def _different(descriptors: FloatArray, usable: npt.NDArray[np.bool_], most: int) -> IntArray:
    """Indices far from each other: the calmest first, then each time the one farthest from those chosen."""
    indices = np.flatnonzero(usable)
    if not len(indices):
        return indices
    points = descriptors[indices]
    chosen = [int(np.argmin(np.linalg.norm(points - np.median(points, axis=0), axis=1)))]
    distance = np.linalg.norm(points - points[chosen[0]], axis=1)
    while len(chosen) < min(most, len(indices)) and distance.max() > ALIKE:
        chosen.append(int(np.argmax(distance)))
        distance = np.minimum(distance, np.linalg.norm(points - points[chosen[-1]], axis=1))
    return indices[chosen]


def _rectified(
    frame: Frame, landmarks: FloatArray, layout: FloatArray, box: tuple[int, int]
) -> Frame:
    """Outside the face the crop repeats the nearest skin; it is not used there."""
    width, height = box
    depth = np.zeros(len(layout), np.float32)
    where = np.full((height, width, 2), -1e4, np.float32)
    backward_map(layout, landmarks, picture_triangles(), depth, (height, width), where)
    crop = cv2.remap(frame, where, None, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    soft = cv2.GaussianBlur(crop, (0, 0), 1.0)
    return cv2.addWeighted(crop, 1 + CRISPER, soft, -CRISPER, 0)
