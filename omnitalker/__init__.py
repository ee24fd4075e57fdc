"""OmniTalker: text and one short reference clip in, a talking head in that voice and manner out.

Importing this package loads nothing heavy; the names below are imported when they are first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from omnitalker.base.version import VERSION

if TYPE_CHECKING:
    from omnitalker.base.types import AVChunk, Identity, MotionTrack, Speech, StylePrompt
    from omnitalker.generation.request import SpeakRequest
    from omnitalker.pipeline import OmniTalkerPipeline

__version__ = VERSION

_HOMES = {
    "OmniTalkerPipeline": "omnitalker.pipeline",
    "DualBranchDiT": "omnitalker.models.dit",
    "DurationModel": "omnitalker.models.duration",
    "PhonemeRecogniser": "omnitalker.models.recogniser",
    "Vocoder": "omnitalker.models.vocoder.vocoder",
    "SpeakRequest": "omnitalker.generation.request",
    "AVChunk": "omnitalker.base.types",
    "Identity": "omnitalker.base.types",
    "MotionTrack": "omnitalker.base.types",
    "Speech": "omnitalker.base.types",
    "StylePrompt": "omnitalker.base.types",
}

__all__ = [
    "AVChunk",
    "Identity",
    "MotionTrack",
    "OmniTalkerPipeline",
    "SpeakRequest",
    "Speech",
    "StylePrompt",
    "__version__",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'omnitalker' has no attribute '{name}'")
    return getattr(importlib.import_module(_HOMES[name]), name)
