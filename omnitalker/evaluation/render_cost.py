"""What rendering and encoding cost a process that does nothing else: imported by that process alone."""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from omnitalker.base.types import FloatArray, Identity
from omnitalker.media.writer import VideoWriter
from omnitalker.rendering.warp import WarpRenderer


@dataclass(frozen=True)
class RenderCost:
    """Seconds per frame: medians of wall time, and processor time of all threads together."""

    render_seconds: float
    encode_seconds: float
    core_seconds: float
    peak_memory_mb: float


def measure_alone(identity: Identity, values: FloatArray, size: int) -> RenderCost:
    """Run in a process of its own: one picture after another, rendered and encoded as when streaming."""
    cv2.setNumThreads(1)
    renderer = WarpRenderer(identity, size)
    renderer.frame(values[0])
    rendering, encoding = [], []
    spent = time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "face.mp4"
        start = time.perf_counter()
        with VideoWriter(path, renderer.size, with_audio=False) as writer:
            for frame in values:
                begun = time.perf_counter()
                picture = renderer.frame(frame)
                drawn = time.perf_counter()
                writer.write_frames([picture])
                rendering.append(drawn - begun)
                encoding.append(time.perf_counter() - drawn)
        finish = time.perf_counter() - start - sum(rendering) - sum(encoding)
    encode = float(np.median(encoding)) + finish / len(values)
    core = (time.process_time() - spent) / len(values)
    return RenderCost(float(np.median(rendering)), encode, core, peak_memory())


def peak_memory() -> float:
    """Megabytes this process has used at most."""
    status = Path("/proc/self/status")
    if status.is_file():
        # ru_maxrss survives exec, so a child would report its parent's peak; VmHWM starts afresh.
        lines = status.read_text().splitlines()
        return next(float(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1e3
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak / 1e3
