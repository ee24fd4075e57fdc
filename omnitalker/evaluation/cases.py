"""What is evaluated: who shall say what, and what is measured of it. Plain values that travel to worker processes."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

import numpy as np

from omnitalker.corpus.item import ItemInfo
from omnitalker.evaluation import sentences
from omnitalker.reference.library import StyleLibrary

Measure = Literal[
    "words",
    "natural",
    "phonemes",
    "slips",
    "voice",
    "style",
    "lips",
    "distances",
    "rendered",
    "mixture",
]
Kind = Literal["speak", "long", "teacher"]
CLEAR: frozenset[Measure] = frozenset(
    ("words", "natural", "phonemes", "slips", "voice", "style", "lips")
)
T = TypeVar("T")


@dataclass(frozen=True)
class Prompt:
    """A style prompt: of corpus items one after another, or one of the checkpoint's own voices."""

    items: tuple[str, ...] = ()
    """Ids."""
    seconds: float | None = None
    """Use only the last so many seconds, and all of them; None: whatever the sampling setting uses."""
    face: tuple[str, ...] = ()
    """Ids whose motion replaces that of `items`."""
    built_in: tuple[str, str] | None = None
    """Voice and manner."""


@dataclass(frozen=True)
class Case:
    """Say `text` like `prompt`, and measure."""

    study: str
    name: str
    text: str = ""
    language: str = "en"
    prompt: Prompt = Prompt()
    measures: frozenset[Measure] = frozenset()
    kind: Kind = "speak"
    manner: str = ""
    speaker: str = ""
    target: str = ""
    """Id of the teacher's own reading of `text`, in the same voice and manner."""
    steps: int | None = None
    """None: the live setting."""
    guidance: float | None = None
    items: tuple[str, ...] = ()
    """`teacher`: the recordings to describe."""

    @property
    def key(self) -> str:
        """Changes with anything that could change the result."""
        parts = [repr(getattr(self, name)) for name in sorted(vars(self)) if name != "measures"]
        text = "|".join([*parts, ",".join(sorted(self.measures))])
        return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()[:16]


@dataclass(frozen=True)
class Pair:
    """Two utterances of one never trained voice in one manner: one prompts, the other's text is said."""

    prompt: ItemInfo
    target: ItemInfo

    @property
    def reversed(self) -> Pair:
        return Pair(self.target, self.prompt)

    @property
    def both(self) -> tuple[str, str]:
        return self.prompt.id, self.target.id


def pairs_of(infos: Sequence[ItemInfo], language: str) -> list[Pair]:
    """Every test style (speaker and manner) of synthetic voices that has two utterances with text."""
    groups: dict[tuple[str, str], list[ItemInfo]] = {}
    for info in infos:
        wanted = info.split == "test" and info.language == language and info.seconds > 1.5
        if wanted and info.has_text and info.text and not info.is_real:
            groups.setdefault((info.speaker, info.manner), []).append(info)
    return [Pair(*group[:2]) for _, group in sorted(groups.items()) if len(group) > 1]


def held_out(infos: Sequence[ItemInfo], language: str, most: int, study: str) -> list[Case]:
    """Test sentences, each once, by voices in manners that were never trained; the teacher read them too."""
    there = pairs_of(infos, language)
    candidates = {p.target.text: p for p in [*(pair.reversed for pair in there), *there]}
    cases = []
    for number, pair in enumerate(spread(list(candidates.values()), most)):
        measures: set[Measure] = set(CLEAR)
        if number % 2 == 0:
            measures.add("distances")
        cases.append(
            Case(
                study,
                pair.target.id,
                pair.target.text,
                language,
                Prompt((pair.prompt.id,)),
                frozenset(measures),
                manner=pair.target.manner,
                speaker=pair.target.speaker,
                target=pair.target.id,
            )
        )
    return cases


def unusual(prompts: Sequence[Prompt], texts: Sequence[str], most: int) -> list[Case]:
    """One word, sixty words, many numbers: where words get lost."""
    share = most / 100
    long = sentences.of_sixty_words(texts or sentences.ENGLISH, round(12 * share))
    short = list(sentences.ONE_WORD[: round(30 * share)])
    numbers = sentences.with_numbers(round(58 * share))
    return [
        Case(
            "unusual texts",
            f"{kind}-{index}",
            text,
            prompt=prompts[(7 * index) % len(prompts)],
            measures=frozenset(("slips", "phonemes")),
        )
        for kind, group in (("one-word", short), ("sixty-words", long), ("numbers", numbers))
        for index, text in enumerate(group)
    ]


def built_in(styles: StyleLibrary, most: int) -> list[Case]:
    """For a checkpoint without its corpus: the shipped voices say the built-in sentences."""
    cases: list[Case] = []
    for voice, manners in styles.catalogue().items():
        for manner in manners:
            language = "zh" if len(cases) % 5 == 4 else "en"
            texts = sentences.MANDARIN if language == "zh" else sentences.ENGLISH
            cases.append(
                Case(
                    f"built-in {language}",
                    f"{voice}-{manner}",
                    texts[len(cases) % len(texts)],
                    language,
                    Prompt(built_in=(voice, manner)),
                    CLEAR,
                    manner=manner,
                    speaker=voice,
                )
            )
    return spread(cases, most)


def spread(values: Sequence[T], most: int) -> list[T]:
    """At most `most`, evenly from the whole list."""
    if len(values) <= most:
        return list(values)
    return [values[index] for index in np.linspace(0, len(values) - 1, most).astype(int)]
