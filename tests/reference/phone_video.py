"""A film as a phone held upright writes it: the pixels lie on their side, and a matrix says how to turn them."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path

import av
import cv2
import numpy as np

from omnitalker.base.types import Frame

MATRIX = 44
"""Bytes from the name of an MP4 track header (version 0) to its matrix."""


def write_film(path: Path, frames: Sequence[Frame]) -> Path:
    height, width = frames[0].shape[:2]
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for frame in frames:
            picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), format="rgb24")
            container.mux(stream.encode(picture))
        container.mux(stream.encode())
    return path


def write_phone_film(path: Path, frames: Sequence[Frame]) -> Path:
    """Upright frames in, turned pixels and the note to turn them back out."""
    write_film(path, [cv2.rotate(frame, cv2.ROTATE_90_COUNTERCLOCKWISE) for frame in frames])
    content = bytearray(path.read_bytes())
    place = content.index(b"tkhd") + MATRIX
    one = 1 << 16
    content[place : place + 36] = struct.pack(">9i", 0, one, 0, -one, 0, 0, 0, 0, 1 << 30)
    path.write_bytes(content)
    return path
