"""What generation works with, whoever holds it: the networks, the reader of text, the voices and the settings."""

from __future__ import annotations

from dataclasses import dataclass

from omnitalker.generation.sample import SamplingSettings
from omnitalker.models.dit import DualBranchDiT
from omnitalker.models.duration import DurationModel
from omnitalker.models.recogniser import PhonemeRecogniser
from omnitalker.models.vocoder.vocoder import Vocoder
from omnitalker.reference.library import StyleLibrary
from omnitalker.text.frontend import TextFrontend


@dataclass(frozen=True)
class Parts:
    """A checkpoint in pieces, so that a function takes what it uses and needs no pipeline."""

    transformer: DualBranchDiT
    duration: DurationModel
    vocoder: Vocoder
    recogniser: PhonemeRecogniser | None
    frontend: TextFrontend
    library: StyleLibrary
    sampling: SamplingSettings
    """The checkpoint's own default."""
