"""The curves that tell prosody, frame by frame: log-F0 with voicing, and energy.

Legend: T mel frames at 93.75/s.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from omnitalker.base import assets

SURE = 0.5
"""How certain the pitch network must be that there is a voice."""
AUDIBLE_NATS = 5.0
"""Frames further below the loud ones have no voice, whatever the network takes their noise for."""


class PitchEar:
    """Hears the melody of a mel with a vocoder's pitch network."""

    def __init__(self, vocoder: str | Path) -> None:
        from omnitalker.models.vocoder.vocoder import Vocoder

        folder = assets.find(vocoder) or Path(vocoder)
        self._net: Any = Vocoder.from_pretrained(str(folder)).eval().decoder.pitch

    def hear(self, mel: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
        """(T, 100) log-mel -> (T,) natural log of Hz, 0 where nothing is voiced."""
        import torch

        with torch.no_grad():
            hz, sure = self._net.hear(torch.from_numpy(mel.astype(np.float32))[None])
        energy = energy_of(mel)
        audible = energy > np.percentile(energy, 95) - AUDIBLE_NATS
        voiced = (sure[0] > SURE).numpy() & audible
        return np.where(voiced, np.log(hz[0].numpy()), 0.0).astype(np.float32)


@lru_cache(maxsize=1)
def shipped_ear() -> PitchEar:
    """The ear of the shipped checkpoint."""
    return PitchEar(Path(assets.DEFAULT_CHECKPOINT) / "vocoder")


def energy_of(mel: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    """(T, 100) log-mel -> (T,) its mean over the bands."""
    return mel.astype(np.float32).mean(axis=1)


def curves_of(mel: npt.NDArray[Any]) -> dict[str, npt.NDArray[np.float16]]:
    """Both curves of a mel, as the corpus stores them."""
    return {
        "pitch": shipped_ear().hear(mel).astype(np.float16),
        "energy": energy_of(mel).astype(np.float16),
    }
