"""What the page offers: which options of an order, and voices that are none of the checkpoint's."""

from __future__ import annotations

FROM_REFERENCE = "my reference"
SAVED = "saved: "

OPTIONS_SHOWN = (
    "text", "face", "voice", "emotion", "language", "speed", "size", "seed", "intensity", "pauses", "pitch",
    "pitch_range", "energy", "loudness", "expressiveness", "head_motion", "aspect", "background", "subtitles",
    "direct",
)  # fmt: skip
"""Controls of the page, and inputs of its API in this order. Files come by upload alone."""
