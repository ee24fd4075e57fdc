"""What generation works with, whoever holds it: the networks, the reader of text, the voices and the settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import torch

from omnitalker.base import assets
from omnitalker.base.machine import weights_dtype
from omnitalker.generation.guidance import Guidance
from omnitalker.generation.sample import SamplingSettings
from omnitalker.models.checkpoint import load_networks, read_settings
from omnitalker.models.dit import DualBranchDiT
from omnitalker.models.duration import DurationModel
from omnitalker.models.int8 import is_int8_possible
from omnitalker.models.prosody import ProsodyModel
from omnitalker.models.recogniser import PhonemeRecogniser
from omnitalker.models.vocoder.vocoder import Vocoder
from omnitalker.reference.library import StyleLibrary
from omnitalker.text.frontend import TextFrontend
from omnitalker.text.lexicon import read_lexicon

Precision = torch.dtype | dict[str, torch.dtype]
"""One for all networks, or by name with a "default"."""


@dataclass(frozen=True)
class Parts:
    """A checkpoint in pieces, so that a function takes what it uses and needs no pipeline."""

    transformer: DualBranchDiT
    duration: DurationModel
    vocoder: Vocoder
    recogniser: PhonemeRecogniser | None
    prosody: ProsodyModel | None
    """Decides how everything is said before it is; None where the transformer finds that out itself."""
    frontend: TextFrontend
    library: StyleLibrary
    sampling: SamplingSettings
    """The checkpoint's own default."""

    @classmethod
    def from_pretrained(
        cls,
        name: str | Path = assets.DEFAULT_CHECKPOINT,
        device: str | torch.device = "cpu",
        dtype: Precision | None = None,
    ) -> Parts:
        """A checkpoint folder, or the short name of a shipped one (`tiny`), ready for use.

        `dtype`, if not given, is what is fastest here: for the transformer bfloat16, or eight-bit
        arithmetic where that would be slow.
        """
        folder = assets.checkpoint_dir(name)
        networks = load_networks(folder, dtype or {"transformer": weights_dtype()})
        transformer = cast("DualBranchDiT", networks["transformer"])
        vocoder = cast("Vocoder", networks["vocoder"])
        if not dtype and transformer.dtype == torch.float32 and is_int8_possible():
            transformer.use_int8()
        transformer.keep_answers()
        vocoder.keep_answers()
        for network in networks.values():
            if network is not None:
                network.to(device)
        return cls(
            transformer,
            cast("DurationModel", networks["duration"]),
            vocoder,
            cast("PhonemeRecogniser | None", networks["recogniser"]),
            cast("ProsodyModel | None", networks["prosody"]),
            TextFrontend(),
            StyleLibrary(folder),
            sampling_of(read_settings(folder)),
        )

    def for_sound_alone(self) -> Parts:
        """The same without a face, where the sound needs none: the mel is then made in a single pass."""
        if self.transformer.mel_source == "noise":
            return self
        return replace(self, sampling=replace(self.sampling, steps=1, branches="mel"))

    def with_lexicon(self, path: str | Path) -> Parts:
        """The same with a user's pronunciations."""
        return replace(self, frontend=TextFrontend(read_lexicon(path)))


def sampling_of(settings: Mapping[str, Any]) -> SamplingSettings:
    """A checkpoint's own default, from its `model_index.json`."""
    return SamplingSettings(
        steps=settings["steps"],
        schedule=settings["schedule"],
        guidance=Guidance(text=settings["text_guidance"]),
        corrections=tuple(settings.get("corrections", ())),
    )
