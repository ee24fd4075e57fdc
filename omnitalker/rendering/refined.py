"""The warp renderer with a learned last touch, trained on the very person (`omnitalker train refiner`)."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
import torch

from omnitalker.base.errors import InputError
from omnitalker.base.types import FloatArray, Frame, Identity, MotionTrack, RenderMemory
from omnitalker.models.refiner import build_refiner, refine
from omnitalker.rendering.face_box import FaceBox
from omnitalker.rendering.warp import WarpRenderer


class RefinedRenderer:
    """Same interface as `WarpRenderer`. The network sees the face at the size it was trained at."""

    def __init__(self, identity: Identity, size: int = 512) -> None:
        if identity.refiner is None:
            raise InputError(
                f"Identity '{identity.name}' has no refiner. Train one on its clip with: omnitalker train refiner "
                "configs/train/refiner.yaml --set clip=CLIP, then use the identity file that it writes."
            )
        self.identity = identity
        self.size = (size, size)
        self._warp = WarpRenderer(identity, identity.size)
        self._box = FaceBox(identity)
        tensors = {name: torch.from_numpy(value.copy()) for name, value in identity.refiner.items()}
        self._refiner = build_refiner(tensors)

    def frame(self, coefficients: FloatArray, memory: RenderMemory | None = None) -> Frame:
        return self._sized(self._touched(self._warp.frame(coefficients, memory), coefficients))

    def person(self, coefficients: FloatArray, memory: RenderMemory | None = None) -> Frame:
        """(61,) -> (H, W, 4) premultiplied RGB and coverage."""
        person = self._warp.person(coefficients, memory)
        colour = self._touched(np.ascontiguousarray(person[..., :3]), coefficients)
        solid = person[..., 3:] == 255
        person[..., :3] = np.where(solid, colour, person[..., :3])
        return self._sized(person)

    def render(self, track: MotionTrack) -> Iterator[Frame]:
        memory = RenderMemory()
        return (self.frame(values, memory) for values in track.values)

    def _touched(self, frame: Frame, coefficients: FloatArray) -> Frame:
        place = self._box.place(coefficients)
        face = np.ascontiguousarray(frame[place])
        better = refine(self._refiner, torch.from_numpy(face)).numpy()
        window = self._box.window
        frame[place] = cv2.blendLinear(better, face, window, 1 - window)
        return frame

    def _sized(self, frame: Frame) -> Frame:
        if frame.shape[0] == self.size[1]:
            return frame
        method = cv2.INTER_AREA if self.size[0] < len(frame) else cv2.INTER_CUBIC
        return cv2.resize(frame, self.size, interpolation=method)
