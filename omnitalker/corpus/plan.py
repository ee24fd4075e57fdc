"""Who says what in which manner: the whole corpus as a list, before any of it is made.

The fast teacher comes first. A round of the slow one goes through its population in tours, the few voices that
are recorded for longest first, so that training can begin with what comes early and widen with what comes later.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from omnitalker.base.types import MANNERS, Language
from omnitalker.corpus.config import CorpusConfig
from omnitalker.corpus.item import Split
from omnitalker.corpus.texts import Texts
from omnitalker.corpus.voices import (
    BUILT_IN,
    PACKS,
    Speaker,
    draw_population,
    draw_student,
    student_speaker,
)


@dataclass(frozen=True)
class Assignment:
    """One utterance to make."""

    id: str
    speaker: Speaker
    manner: str
    intensity: float
    language: Language
    split: Split
    text: str


class _Deck:
    """Deals sentences in order and begins again when they are used up."""

    def __init__(self, sentences: Sequence[str]) -> None:
        self._sentences = sentences
        self._next = 0

    def deal(self) -> str:
        sentence = self._sentences[self._next % len(self._sentences)]
        self._next += 1
        return sentence


@dataclass(frozen=True)
class _Turn:
    """A speaker's next sentence in each language, in one manner."""

    speaker: Speaker
    manner: str


def make_plan(config: CorpusConfig, texts: Texts) -> list[Assignment]:
    """All utterances: the fast student's first, then `config.rounds` rounds of everybody else."""
    rng = np.random.default_rng([config.seed, 3])
    dealer = _Dealer(config, texts, rng)
    plan = [a for turn, name in _student_turns(config) for a in dealer.deal(turn, name)]
    speakers = draw_population(config.speakers, config.seed)
    for round_ in range(config.rounds):
        for tour, turn in _turns(config, speakers, rng):
            plan += dealer.deal(turn, f"{round_}{tour}0")
    return plan


class _Dealer:
    """Turns into utterances: what is said, how strongly, and which split it belongs to."""

    def __init__(self, config: CorpusConfig, texts: Texts, rng: np.random.Generator) -> None:
        self._config = config
        self._rng = rng
        self._place = 0
        self._decks = {
            ("en", "read"): _Deck(texts.english_read or texts.english_own),
            ("en", "own"): _Deck(texts.english_own),
            ("zh", "own"): _Deck(texts.mandarin),
            ("en", "test"): _Deck(texts.english_test),
            ("zh", "test"): _Deck(texts.mandarin_test),
        }

    def deal(self, turn: _Turn, name: str) -> Iterator[Assignment]:
        """The utterances of a turn, called SPEAKER-MANNER-LANGUAGE and `name`."""
        neutral = turn.manner == "neutral"
        split = _split(self._config, turn, self._place)
        for language in turn.speaker.languages:
            yield Assignment(
                id=f"{turn.speaker.name}-{turn.manner}-{language}{name}",
                speaker=turn.speaker,
                manner=turn.manner,
                intensity=0.0 if neutral else round(float(self._rng.uniform(0.5, 1.0)), 3),
                language=language,
                split=split,
                text=self._decks[language, self._deck(split, language)].deal(),
            )
            self._place += 1

    def _deck(self, split: Split, language: Language) -> str:
        """Validation and tests have sentences of their own."""
        if split != "train":
            return "test"
        share = self._config.english_sentences_share if language == "en" else 0.0
        return "read" if self._rng.random() < share else "own"


def _student_turns(config: CorpusConfig) -> Iterator[tuple[_Turn, str]]:
    """The fast teacher: its own voice in every manner, and other throats."""
    own = student_speaker(config.seed)
    rng = np.random.default_rng([config.seed, 6])
    for number in range(config.student_sentences):
        manner = "neutral" if number % 2 == 0 else _any_manner(rng)
        yield _Turn(own, manner), f"s{number}"
    throats = [draw_student(index, config.seed) for index in range(config.students)]
    for number in range(config.sentences):
        for speaker in throats:
            manner = "neutral" if rng.random() < config.neutral_share else _any_manner(rng)
            yield _Turn(speaker, manner), f"s{number}"


def _turns(
    config: CorpusConfig, speakers: Sequence[Speaker], rng: np.random.Generator
) -> Iterator[tuple[int, _Turn]]:
    """(tour, turn): built-in voices, all packs, built-in voices in every manner, everybody else."""
    built_in = [s for s in speakers if s.name in BUILT_IN]
    packs = [s for s in speakers if s.name in PACKS]
    others = [s for s in speakers if s.name not in PACKS]
    for number in range(config.sentences):
        for speaker in built_in:
            yield number, _Turn(speaker, "neutral")
    tour = config.sentences
    for speaker in packs:
        for step, manner in enumerate(("neutral", _any_manner(rng))):
            yield tour + step, _Turn(speaker, manner)
    tour += 2
    for manner in MANNERS[1:]:
        for speaker in built_in:
            yield tour, _Turn(speaker, manner)
    tour += 1
    for index in rng.permutation(len(others)):
        manner = "neutral" if rng.random() < config.neutral_share else _any_manner(rng)
        yield tour, _Turn(others[int(index)], manner)


def _any_manner(rng: np.random.Generator) -> str:
    return MANNERS[1 + int(rng.integers(len(MANNERS) - 1))]


def _split(config: CorpusConfig, turn: _Turn, place: int) -> Split:
    """Every so many-th drawn voice is never trained on; of the others a few utterances are kept to validate with."""
    name, every = turn.speaker.name, config.test_speaker_every
    if name not in PACKS and int(name[1:]) % every == every // 2:
        return "test"
    draw = np.random.default_rng([config.seed, 5, place]).random()
    return "valid" if draw < config.valid_share else "train"
