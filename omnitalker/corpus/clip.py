"""A video in a folder to import, and what it must be like."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from omnitalker.corpus.alignment import AlignmentLimits

TRANSCRIPTS = "transcripts.csv"


@dataclass(frozen=True)
class FolderClip:
    """A video and what is known of it."""

    path: Path
    text: str
    speaker: str
    language: str = "auto"
    manner: str = "neutral"


@dataclass(frozen=True)
class ImportLimits:
    """What a clip must be like to be worth learning from."""

    alignment: AlignmentLimits = field(default_factory=lambda: AlignmentLimits(0.35, 0.2))
    longest_clip_seconds: float = 60.0
    longest_item_seconds: float = 12.0
    shortest_item_seconds: float = 1.0
    face_found: float = 0.95
    """Share of frames in which the face must be seen."""
    face_pixels: float = 80.0
    """Least height of the face; in a smaller one lips and lids are a few pixels."""
    clipped: float = 1e-3
    """Share of samples that may be at full scale."""
    sync_frames: int = 4
    """How far the mouth may be from the sound."""
    sync_correlation: float = 0.25
    """How well the opening of the mouth must go with loudness at its best lag."""
