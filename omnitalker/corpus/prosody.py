"""How the items of a corpus are said: their pitch and energy as curves."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from omnitalker.audio.curves import Curves, curves_of, voiced_pitch
from omnitalker.corpus.item import CorpusItem
from omnitalker.models.pitch import PitchTracker


def curves_of_item(item: CorpusItem) -> Curves:
    """Heard once by the shipped vocoder's pitch network."""
    kept = _KEPT.get(item.info.id)
    if kept is None or 3 * len(kept) != len(item.mel):
        mel = item.mel.astype(np.float32)
        heard = _ear()(mel)
        pitch = voiced_pitch(mel, heard.semitones, heard.sure)
        kept = _KEPT[item.info.id] = curves_of(pitch, mel.mean(axis=1))
    return kept


_KEPT: dict[str, Curves] = {}


@lru_cache(maxsize=1)
def _ear() -> PitchTracker:
    from omnitalker.base.assets import checkpoint_dir
    from omnitalker.models.vocoder.vocoder import Vocoder

    ear = Vocoder.from_pretrained(checkpoint_dir("tiny") / "vocoder").ear
    assert ear is not None
    return ear
