"""One utterance of the corpus: sound, mel, motion and timed phonemes that are equally long.

Legend: N samples at 24 kHz, T mel frames, F motion frames, P phonemes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt

from omnitalker.audio.pcm import from_int16
from omnitalker.base import timeline
from omnitalker.base.errors import InputError
from omnitalker.motion.names import NAMES
from omnitalker.text.symbols import SYMBOL_IDS, SYMBOLS, TONES

Split = Literal["train", "valid", "test"]
MADE_BY: Final = frozenset(("kokoro", "hibari"))
"""The sources that are teachers; everything else is a recording of somebody."""


@dataclass(frozen=True)
class ItemInfo:
    """What is known of an utterance without reading its arrays: one line of the manifest."""

    id: str
    speaker: str
    language: str
    """`en` or `zh`; another code where only the voice of a recording is learnt."""
    source: str
    """What made the sound: `kokoro`, `hibari`, or the set of a real recording (`lj`, `librispeech`, `vctk`, ...)."""
    text: str = ""
    manner: str = "neutral"
    intensity: float = 0.0
    split: Split = "train"
    has_text: bool = True
    """False: the phonemes are placeholders (the mask symbol), only the sound may be learnt."""
    has_motion: bool = False
    weight: float = 1.0
    """How often to draw this item, against 1 for a synthetic one."""
    blocks: int = 0
    style: Mapping[str, float] = field(default_factory=dict)
    """Numbers that made this speaker and manner what they are, for motion and for evaluation."""
    extra: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_real(self) -> bool:
        """Whether a person said it."""
        return self.source not in MADE_BY

    @property
    def seconds(self) -> float:
        return float(self.blocks * timeline.BLOCK_SECONDS)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> ItemInfo:
        return cls(**values)


@dataclass(frozen=True)
class CorpusItem:
    """An utterance with its arrays, all `info.blocks` blocks long."""

    info: ItemInfo
    samples: npt.NDArray[np.int16]
    """(N,) N = 3840 blocks."""
    mel: npt.NDArray[np.float16]
    """(T, 100) natural-log mel, T = 15 blocks."""
    symbols: npt.NDArray[np.int16]
    """(P,) ids of `text.symbols.SYMBOLS`."""
    tones: npt.NDArray[np.int16]
    """(P,)."""
    starts: npt.NDArray[np.float32]
    """(P + 1,) seconds; phoneme p lasts from starts[p] to starts[p + 1]; covers the whole item."""
    motion: npt.NDArray[np.float16]
    """(F, 61) F = 4 blocks; zeros where `info.has_motion` is False."""
    pitch: npt.NDArray[np.float16]
    """(T,) natural log of F0 in Hz, 0 where nothing is voiced."""
    energy: npt.NDArray[np.float16]
    """(T,) mean of the log-mel over its bands."""

    @property
    def sound(self) -> npt.NDArray[np.float32]:
        """(N,) in [-1, 1]."""
        return from_int16(self.samples)

    def with_info(self, **changes: Any) -> CorpusItem:
        return replace(self, info=replace(self.info, **changes))

    def phonemes_per_frame(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Symbol ids and tones of every mel frame: (T,), (T,). A frame takes the phoneme at its centre."""
        centres = np.arange(len(self.mel)) / float(timeline.MEL_RATE)
        index = np.searchsorted(self.starts[1:-1], centres, side="right")
        return self.symbols[index].astype(np.int64), self.tones[index].astype(np.int64)


def check_item(item: CorpusItem) -> None:
    """Raise `InputError` unless the arrays agree with one another and with the clocks."""
    info, blocks, phones = item.info, item.info.blocks, len(item.symbols)
    expected = {
        "samples": ((blocks * timeline.BLOCK_SAMPLES,), item.samples.shape),
        "mel": ((blocks * timeline.BLOCK_MEL_FRAMES, timeline.N_MELS), item.mel.shape),
        "motion": ((blocks * timeline.BLOCK_VIDEO_FRAMES, len(NAMES)), item.motion.shape),
        "pitch": ((blocks * timeline.BLOCK_MEL_FRAMES,), item.pitch.shape),
        "energy": ((blocks * timeline.BLOCK_MEL_FRAMES,), item.energy.shape),
        "tones": ((phones,), item.tones.shape),
        "starts": ((phones + 1,), item.starts.shape),
    }
    wrong = [f"{k} {got}, expected {want}" for k, (want, got) in expected.items() if want != got]
    if wrong or blocks < 1 or phones < 1:
        raise InputError(f"corpus item {info.id} ({blocks} blocks): {'; '.join(wrong) or 'empty'}")
    if item.starts[0] != 0 or abs(item.starts[-1] - info.seconds) > 1e-3:
        raise InputError(
            f"corpus item {info.id}: phonemes last from {item.starts[0]:.3f} to {item.starts[-1]:.3f} s, "
            f"expected 0 to {info.seconds:.3f} s"
        )
    if np.any(np.diff(item.starts) <= 0):
        raise InputError(f"corpus item {info.id}: phoneme times must increase")
    if not (item.symbols.min() >= 0 and item.symbols.max() < len(SYMBOLS)):
        raise InputError(f"corpus item {info.id}: symbol ids must be below {len(SYMBOLS)}")
    if not (item.tones.min() >= 0 and item.tones.max() < TONES):
        raise InputError(f"corpus item {info.id}: tones must be below {TONES}")
    if not np.isfinite(item.mel.astype(np.float32)).all():
        raise InputError(f"corpus item {info.id}: mel has values that are not finite")


def masked_phonemes(seconds: float) -> dict[str, npt.NDArray[Any]]:
    """The phonemes of an item whose words are not known: one mask symbol that lasts all through."""
    return {
        "symbols": np.array([SYMBOL_IDS["_"]], np.int16),
        "tones": np.zeros(1, np.int16),
        "starts": np.array([0.0, seconds], np.float32),
    }
