"""The shapes a picture can have."""

from __future__ import annotations

from typing import Literal

Aspect = Literal["1:1", "16:9", "9:16", "4:5"]
ASPECTS: dict[Aspect, tuple[int, int]] = {
    "1:1": (1, 1),
    "16:9": (16, 9),
    "9:16": (9, 16),
    "4:5": (4, 5),
}
