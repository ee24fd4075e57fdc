"""Is somebody speaking? 16 kHz sound in windows of 32 ms -> a probability each.

silero where its package is installed (it carries its weights), else a measure of energy above the noise.
"""

from __future__ import annotations

from typing import Final, Protocol

import numpy as np

from omnitalker.base.types import FloatArray

RATE: Final = 16_000
WINDOW: Final = 512
WINDOW_SECONDS: Final = WINDOW / RATE


class VoiceActivity(Protocol):
    def probability(self, window: FloatArray) -> float:
        """(512,) at 16 kHz -> 0..1. Windows must come in order."""
        ...


def voice_activity() -> VoiceActivity:
    """The best detector that is installed."""
    try:
        return SileroActivity()
    except ImportError:
        return EnergyActivity()


class SileroActivity:
    """The model of the `silero-vad` package, one copy per listener because it remembers."""

    def __init__(self) -> None:
        import torch
        from silero_vad import load_silero_vad

        self._torch = torch
        self._model = load_silero_vad(onnx=False)

    def probability(self, window: FloatArray) -> float:
        with self._torch.inference_mode():
            return float(self._model(self._torch.from_numpy(window)[None], RATE))


class EnergyActivity:
    """Loudness over a floor that follows the quietest moments; deaf to what hums evenly."""

    def __init__(self) -> None:
        self._floor = 1e-3

    def probability(self, window: FloatArray) -> float:
        level = float(np.sqrt(np.mean(np.square(window))) + 1e-6)
        rate = 0.2 if level < self._floor else 0.005
        self._floor = max(self._floor + rate * (level - self._floor), 3e-4)
        decibels = 20 * np.log10(level / self._floor)
        return float(1 / (1 + np.exp(-(decibels - 9) / 2)))
