"""An identity at the size it is shown at: smaller pictures are quicker to mix and to warp, and do not shimmer."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from omnitalker.base.types import Camera, FloatArray, Frame, Identity, TextureBank


def scaled(identity: Identity, size: int) -> Identity:
    """The same person in pictures of size x size; larger than it is, an identity stays as it is."""
    if size >= identity.size:
        return identity
    factor = size / identity.size
    camera = identity.camera
    middle = _moved(np.array([camera.centre_x, camera.centre_y], np.float32), factor)
    square = (size, size)
    landmarks = _moved(identity.landmarks, factor)
    faces, mouths = identity.faces, identity.mouths
    return replace(
        identity,
        picture=cv2.resize(identity.picture, square, interpolation=cv2.INTER_AREA),
        matte=cv2.resize(identity.matte, square, interpolation=cv2.INTER_AREA),
        background=cv2.resize(identity.background, square, interpolation=cv2.INTER_AREA),
        landmarks=landmarks,
        camera=Camera(camera.scale * factor, float(middle[0]), float(middle[1]), camera.distance),
        faces=None if faces is None else _faces(faces, identity.landmarks, landmarks, factor),
        mouths=None if mouths is None else _smaller(mouths, factor),
        lids=None if identity.lids is None else _smaller(identity.lids, factor),
    )


def _moved(points: FloatArray, factor: float) -> FloatArray:
    """Pixels of the picture, whose centres are whole numbers, in the scaled picture."""
    return np.asarray((points + 0.5) * factor - 0.5, np.float32)


def _smaller(bank: TextureBank, factor: float) -> TextureBank:
    height, width = bank.crops.shape[1:3]
    smaller = (max(8, round(width * factor)), max(8, round(height * factor)))
    exact = np.array([smaller[0] / width, smaller[1] / height], np.float32)
    crops = [cv2.resize(crop, smaller, interpolation=cv2.INTER_AREA) for crop in bank.crops]
    return TextureBank(np.stack(crops), bank.motion, (bank.layout + 0.5) * exact - 0.5)


def _faces(bank: TextureBank, before: FloatArray, after: FloatArray, factor: float) -> TextureBank:
    """Crops of the face lie on whole pixels of the picture, so they are cut anew, not only resized."""
    height, width = bank.crops.shape[1:3]
    offset = before[0] - bank.layout[0]
    corner = np.ceil(_moved(offset, factor))
    end = np.floor(_moved(offset + np.array([width - 1, height - 1]), factor))
    size = (end - corner + 1).astype(int)
    shift = (offset + 0.5) * factor - 0.5 - corner
    affine = np.array([[factor, 0, shift[0]], [0, factor, shift[1]]], np.float32)
    crops = [_resampled(crop, affine, (int(size[0]), int(size[1])), factor) for crop in bank.crops]
    return TextureBank(np.stack(crops), bank.motion, (after - corner).astype(np.float32))


def _resampled(crop: Frame, affine: FloatArray, size: tuple[int, int], factor: float) -> Frame:
    soft = cv2.GaussianBlur(crop, (0, 0), 0.4 / factor)
    return cv2.warpAffine(
        soft, affine, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
