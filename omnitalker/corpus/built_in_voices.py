"""Makes a checkpoint's built-in voices: one style prompt per voice and manner, taken from the corpus."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from omnitalker.base import timeline
from omnitalker.base.config import load_config
from omnitalker.base.errors import ConfigError
from omnitalker.base.types import MANNERS, Language, StylePrompt
from omnitalker.corpus.item import CorpusItem, ItemInfo
from omnitalker.corpus.store import Corpus, open_corpus
from omnitalker.reference.library import FOLDER, SUFFIX
from omnitalker.reference.style import build_style, save_style


@dataclass(frozen=True)
class VoicesConfig:
    corpus: Path
    voices: dict[str, str] = field(default_factory=dict)
    """Name of the voice -> speaker of the corpus."""
    mandarin: tuple[str, ...] = ()
    """Voices whose prompts are Mandarin; those of the others are English."""
    source: str = ""
    """Only items of this teacher, where a speaker has several; "" = any."""
    seconds: float = 4.0
    """Length wanted of a prompt."""
    shortest: float = 2.4


def build_voices(config_path: str | Path, checkpoint: str | Path) -> dict[str, list[str]]:
    """Write `checkpoint/voices/NAME/MANNER.safetensors`; returns voice -> manners written."""
    config = load_config(VoicesConfig, config_path)
    corpus = open_corpus(config.corpus)
    written: dict[str, list[str]] = {}
    for voice, speaker in config.voices.items():
        language: Language = "zh" if voice in config.mandarin else "en"
        chosen = _choose(corpus, speaker, language, config)
        if "neutral" not in chosen:
            raise ConfigError(
                f"voice {voice}: speaker {speaker} has no neutral item of that length"
            )
        folder = Path(checkpoint) / FOLDER / voice
        folder.mkdir(parents=True, exist_ok=True)
        for manner, index in chosen.items():
            prompt = ending(prompt_of(corpus[index]), config.seconds)
            save_style(prompt, folder / (manner + SUFFIX))
        written[voice] = list(chosen)
    return written


def prompt_of(item: CorpusItem) -> StylePrompt:
    """A corpus item as a style prompt."""
    phonemes, tones = item.phonemes_per_frame()
    info = item.info
    return build_style(
        mel=item.mel.astype(np.float32),
        motion=item.motion.astype(np.float32) if info.has_motion else None,
        phonemes=phonemes,
        tones=tones,
        metadata={
            "speaker": info.speaker,
            "manner": info.manner,
            "language": info.language,
            "text": info.text,
            "source": info.source,
        },
    )


def ending(prompt: StylePrompt, seconds: float) -> StylePrompt:
    """The last whole blocks of a prompt, at most `seconds` long: what generation continues."""
    blocks = min(prompt.blocks, timeline.blocks_to_cover(seconds))
    mel = slice(-blocks * timeline.BLOCK_MEL_FRAMES, None)
    return replace(
        prompt,
        mel=prompt.mel[mel],
        motion=prompt.motion[-blocks * timeline.BLOCK_VIDEO_FRAMES :],
        phonemes=prompt.phonemes[mel],
        tones=prompt.tones[mel],
    )


def _choose(
    corpus: Corpus, speaker: str, language: Language, config: VoicesConfig
) -> dict[str, int]:
    """Manner -> index of the item nearest to the wanted length; stronger intensity breaks ties.

    In the voice's language, if the manner was recorded in it.
    """
    found: dict[str, int] = {}
    for manner in MANNERS:
        candidates = [
            (
                info.language != language,
                abs(info.seconds - config.seconds) - info.intensity,
                index,
            )
            for index, info in enumerate(corpus.infos)
            if _fits(info, speaker, manner, config)
        ]
        if candidates:
            found[manner] = min(candidates)[-1]
    return found


def _fits(info: ItemInfo, speaker: str, manner: str, config: VoicesConfig) -> bool:
    return (
        info.speaker == speaker
        and config.source in ("", info.source)
        and info.manner == manner
        and info.has_motion
        and info.seconds >= config.shortest
    )
