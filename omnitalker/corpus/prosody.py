"""How the items of a corpus are said: their pitch and energy, heard once and kept beside the mel.

Legend: T mel frames at 93.75/s.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from omnitalker.audio.curves import Curves, curves_of, voiced_pitch
from omnitalker.corpus.item import CorpusItem
from omnitalker.models.pitch import PitchTracker


def curves_of_item(item: CorpusItem) -> Curves:
    """What networks are told of an item's prosody."""
    return curves_of(item.pitch.astype(np.float32), item.energy.astype(np.float32))


def heard(mel: npt.NDArray[Any]) -> dict[str, npt.NDArray[np.float16]]:
    """(T, 100) log-mel -> `pitch` (T,), natural log of Hz and 0 where unvoiced, and `energy` (T,), its mean.

    By the shipped vocoder's pitch network, in the words of `CorpusItem`.
    """
    whole = mel.astype(np.float32)
    melody = _ear()(whole)
    return {
        "pitch": voiced_pitch(whole, melody.semitones, melody.sure).astype(np.float16),
        "energy": whole.mean(axis=1).astype(np.float16),
    }


@lru_cache(maxsize=1)
def _ear() -> PitchTracker:
    from omnitalker.base.assets import checkpoint_dir
    from omnitalker.models.vocoder.vocoder import Vocoder

    ear = Vocoder.from_pretrained(checkpoint_dir("tiny") / "vocoder").ear
    assert ear is not None
    return ear
