"""A recording of a real person, before it is read: what its set tells of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from omnitalker.corpus.item import Split


@dataclass(frozen=True)
class RealClip:
    """A file of one speaker, and what is known of it."""

    id: str
    path: Path
    speaker: str
    source: str
    text: str = ""
    quality: str = ""
    """"good" where the transcript may be trained on."""
    split: Split = "train"
    weight: float = 1.0
    language: str = "en"
    """Of other languages than ours only the voice is learnt."""
    manner: str = "neutral"
    sex: str = ""
    bandwidth_hz: float = 12_000.0
    """Where its spectrum ends: nothing above is to be learnt from it."""


@dataclass(frozen=True)
class RealSettings:
    """How much real speech counts and what of it is kept for tests."""

    seed: int = 7
    test_readers: int = 20
    lj_valid: int = 3
    lj_weight: float = 2.0
    reader_weight: float = 3.0
    test_share: float = 0.12
    """Of the speakers of every set in a manifest."""
