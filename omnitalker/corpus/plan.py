"""Who says what in which manner: the whole corpus as a list, before any of it is made."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from omnitalker.base.types import MANNERS
from omnitalker.corpus.config import CorpusConfig
from omnitalker.corpus.item import Split
from omnitalker.corpus.texts import Texts
from omnitalker.corpus.voices import Speaker, draw_population

_MANDARIN_SHARE = {"espeak": 0.7, "other": 0.3}


@dataclass(frozen=True)
class Assignment:
    """One utterance to make."""

    id: str
    speaker: Speaker
    manner: str
    intensity: float
    language: str
    split: Split
    text: str

    @property
    def teacher(self) -> str:
        voice = self.speaker.voice
        return voice.teacher if self.language == "en" else voice.mandarin_teacher


class _Deck:
    """Deals sentences in order and begins again when they are used up."""

    def __init__(self, sentences: Sequence[str]) -> None:
        self._sentences = sentences
        self._next = 0

    def deal(self) -> str:
        sentence = self._sentences[self._next % len(self._sentences)]
        self._next += 1
        return sentence


def make_plan(config: CorpusConfig, texts: Texts) -> list[Assignment]:
    """All utterances. Every speaker appears before any speaker appears in a second manner."""
    speakers = draw_population(config.speakers, config.seed)
    decks = {
        "read": _Deck(texts.english_read or texts.english_own),
        "own": _Deck(texts.english_own),
        "zh": _Deck(texts.mandarin),
        "test": _Deck(texts.english_test),
        "prompt": _Deck(texts.english_test_prompts),
        "zh test": _Deck(texts.mandarin_test),
    }
    plan = []
    for turn, index, manner in _turns(config):
        speaker = speakers[index]
        rng = np.random.default_rng([config.seed, 3, turn, index])
        for number in range(config.items_per_manner):
            item = _assignment(config, speaker, index, manner, rng)
            deck = _deck_name(config, item, number, rng)
            plan.append(
                replace(item, id=f"{speaker.name}-{manner}-{turn}{number}", text=decks[deck].deal())
            )
    return plan


def _turns(config: CorpusConfig) -> Iterator[tuple[int, int, str]]:
    """(turn, speaker, manner): each speaker's manners in an order of his own."""
    rng = np.random.default_rng([config.seed, 4])
    orders = [
        [rng.permutation(len(MANNERS)) for _ in range(config.rounds)]
        for _ in range(config.speakers)
    ]
    for turn in range(config.rounds * len(MANNERS)):
        for index in rng.permutation(config.speakers):
            order = orders[index][turn // len(MANNERS)]
            yield turn, int(index), MANNERS[order[turn % len(MANNERS)]]


def _assignment(
    config: CorpusConfig, speaker: Speaker, index: int, manner: str, rng: np.random.Generator
) -> Assignment:
    family = "espeak" if speaker.voice.teacher.startswith("espeak") else "other"
    share = _MANDARIN_SHARE[family] if speaker.voice.mandarin_teacher else 0.0
    return Assignment(
        id="",
        speaker=speaker,
        manner=manner,
        intensity=0.0 if manner == "neutral" else round(float(rng.uniform(0.6, 1.0)), 3),
        language="zh" if rng.random() < share else "en",
        split=_split(config, index, manner),
        text="",
    )


def _split(config: CorpusConfig, index: int, manner: str) -> Split:
    if index % config.test_speaker_every == config.test_speaker_every // 2:
        return "test"
    draw = np.random.default_rng([config.seed, 5, index, MANNERS.index(manner)]).random()
    if draw < config.test_manner_share:
        return "test"
    return "valid" if draw < config.test_manner_share + config.valid_share else "train"


def _deck_name(
    config: CorpusConfig, item: Assignment, number: int, rng: np.random.Generator
) -> str:
    if item.language == "zh":
        return "zh test" if item.split == "test" else "zh"
    if item.split == "test":
        return "test" if number % 2 == 0 else "prompt"
    return "read" if rng.random() < config.english_sentences_share else "own"
