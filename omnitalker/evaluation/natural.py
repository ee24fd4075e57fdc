"""Naturalness of speech as listeners would rate it, 1 to 5: DistillMOS (weights inside its wheel)."""

from __future__ import annotations

import numpy as np
import torch
from scipy.signal import resample_poly

from omnitalker.base.errors import MissingExtra
from omnitalker.base.types import FloatArray


class Naturalness:
    def __init__(self) -> None:
        try:
            from distillmos import ConvTransformerSQAModel
        except ImportError as error:
            raise MissingExtra("distillmos", "eval", "naturalness") from error
        self._judge = ConvTransformerSQAModel().eval()

    @torch.no_grad()
    def __call__(self, samples: FloatArray) -> float:
        """(N,) at 24 kHz -> 1 to 5."""
        heard = resample_poly(samples, 2, 3).astype(np.float32)  # it hears 16 kHz
        return float(self._judge(torch.from_numpy(heard)[None]))
