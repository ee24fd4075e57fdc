"""Minutes of speech in one run: does memory grow, do voice, pace or loudness drift?"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from omnitalker.base import timeline
from omnitalker.base.types import FloatArray, TimedWord
from omnitalker.evaluation.figures import voice_figures
from omnitalker.evaluation.sentences import PASSAGE

if TYPE_CHECKING:
    from omnitalker.evaluation.material import Material
    from omnitalker.generation.request import SpeakRequest


def measure(material: Material, request: SpeakRequest) -> dict[str, Any]:
    """Figures of every reading of the passage, and the memory in use while it was made.

    The sound goes to a file, so that what grows is the generator's own memory.
    """
    words: list[TimedWord] = []
    memory: list[tuple[float, float]] = []
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sound.f32"
        with path.open("wb") as file:
            for chunk in material.pipeline.stream(request):
                file.write(chunk.samples.tobytes())
                words.extend(chunk.words)
                memory.append((chunk.start, resident_mb()))
        wall = time.perf_counter() - began
        sound = np.fromfile(path, np.float32)
    readings = [
        _reading(material, request, sound, group) for group in _by_reading(words) if len(group) > 1
    ]
    seconds = np.array([at for at, _ in memory])
    used = np.array([mb for _, mb in memory])
    settled = used[(seconds > 20) & (seconds < 70)]
    return {
        "seconds": len(sound) / timeline.SAMPLE_RATE,
        "wall": wall,
        "readings": readings,
        "memory_first_mb": float(np.median(settled if len(settled) else used[:1])),
        "memory_last_mb": float(np.median(used[-20:])),
        "memory": [[round(at, 1), round(mb, 1)] for at, mb in memory[::5]],
    }


def _by_reading(words: list[TimedWord]) -> list[list[TimedWord]]:
    groups: dict[int, list[TimedWord]] = {}
    for word in words:
        groups.setdefault(word.start_char // (len(PASSAGE) + 1), []).append(word)
    return [groups[key] for key in sorted(groups)]


def _reading(
    material: Material, request: SpeakRequest, sound: FloatArray, words: list[TimedWord]
) -> dict[str, float]:
    first, last = words[0].start, words[-1].end
    part = sound[int(first * timeline.SAMPLE_RATE) : int(last * timeline.SAMPLE_RATE)]
    prompt = material.pipeline.vocoder.decode(_batch(request.style.mel))[0].float().numpy()
    voice = voice_figures(part)
    return {
        "start": first,
        "similarity": material.voices(prompt, part),
        "words_per_second": len(words) / (last - first),
        "loudness": float(np.sqrt(np.mean(part.astype(np.float64) ** 2))),
        "pitch_level": voice.pitch_level,
    }


def resident_mb() -> float:
    """Megabytes of this process that are in memory now."""
    status = Path("/proc/self/status")
    if status.is_file():
        lines = status.read_text().splitlines()
        return next(float(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1e3
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def _batch(mel: FloatArray) -> Any:
    import torch

    return torch.from_numpy(mel)[None]
