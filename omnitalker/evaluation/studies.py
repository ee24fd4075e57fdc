"""All cases of an evaluation, study by study: what issue and model card ask about a checkpoint."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import Any

import numpy as np

from omnitalker.corpus.item import ItemInfo
from omnitalker.evaluation import sentences
from omnitalker.evaluation.cases import (
    Case,
    Measure,
    Pair,
    Prompt,
    built_in,
    held_out,
    pairs_of,
    spread,
    unusual,
)
from omnitalker.reference.library import StyleLibrary

MANY_STEPS = "16 steps, guided"
MANY_STEPS_STYLES = "16 steps, guided, styles"
LONG_PROMPT = 8.0
"""Seconds: enough to see how often somebody blinks."""
ITEMS_PER_TEACHER_CASE = 25


@dataclass(frozen=True)
class Plan:
    """How much of each study."""

    english: int = 100
    unusual: int = 100
    mandarin: int = 40
    readers: int = 26
    voices: int = 20
    prompt_seconds: tuple[float, ...] = (1.0, 3.0, 8.0)
    crossing: int = 12
    styles: int = 64
    mixtures: int = 24
    rendered: int = 16
    steps: int = 20
    guidance: float = 2.0
    """Of the many-step comparison."""
    long_minutes: float = 5.0
    teacher_items: int = 640
    """Recordings that the manner classifier learns from."""

    def scaled(self, share: float) -> Plan:
        """A quick look: `share` of everything, but never nothing."""
        counts: dict[str, Any] = {
            name: max(2, round(value * share))
            for name, value in vars(self).items()
            if isinstance(value, int)
        }
        return replace(self, **counts, long_minutes=max(0.6, self.long_minutes * min(1.0, share)))


def all_cases(infos: Sequence[ItemInfo], plan: Plan) -> list[Case]:
    """With a corpus: everything, in an order in which a run that is cut off has some of each study."""
    english = held_out(infos, "en", plan.english, "English")
    texts = [case.text for case in english]
    prompts = [case.prompt for case in english]
    en, zh = pairs_of(infos, "en"), pairs_of(infos, "zh")
    styles = _styles(en, texts, plan, "styles", None)
    studies = [
        english,
        unusual(prompts, texts, plan.unusual),
        held_out(infos, "zh", plan.mandarin, "Mandarin"),
        *_readers(infos, plan),
        *_voices(infos, plan),
        *_crossing(en, zh, plan),
        styles,
        _styles(en, texts, plan, f"styles, {LONG_PROMPT:g} s prompt", LONG_PROMPT)[::3],
        _mixtures(en, plan),
        [
            replace(c, study="rendered", measures=frozenset(("rendered",)))
            for c in _moving(english, plan)
        ],
        *_many_steps(english, styles, plan),
        _teachers(infos, plan),
    ]
    order = [
        ((index + 0.5) / len(study), number, case)
        for number, study in enumerate(studies)
        for index, case in enumerate(study)
    ]
    ordered = [case for *_, case in sorted(order, key=lambda entry: entry[:2])]
    return [*_long(prompts, plan), *ordered]


def without_corpus(styles: StyleLibrary, plan: Plan) -> list[Case]:
    return built_in(styles, plan.english)


def _readers(infos: Sequence[ItemInfo], plan: Plan) -> list[list[Case]]:
    """Real people never trained, at several lengths of prompt."""
    people = [
        info for info in infos if info.split == "test" and info.is_real and info.seconds > 2.5
    ]
    return _by_length([(i.speaker, (i.id,)) for i in spread(people, plan.readers)], "people", plan)


def _voices(infos: Sequence[ItemInfo], plan: Plan) -> list[list[Case]]:
    """Synthetic voices of which nothing was trained, likewise."""
    known = {info.speaker for info in infos if info.split == "train"}
    groups: dict[str, Pair] = {}
    for pair in [*pairs_of(infos, "zh"), *pairs_of(infos, "en")]:
        if pair.prompt.speaker not in known:
            groups[pair.prompt.speaker] = pair
    chosen = [(speaker, pair.both) for speaker, pair in sorted(groups.items())]
    return _by_length(spread(chosen, plan.voices), "voices", plan)


def _by_length(
    prompts: Sequence[tuple[str, tuple[str, ...]]], name: str, plan: Plan
) -> list[list[Case]]:
    return [
        [
            Case(
                f"{name}, {seconds:g} s prompt",
                speaker,
                sentences.ENGLISH[index % len(sentences.ENGLISH)],
                prompt=Prompt(items, seconds),
                measures=frozenset(("voice", "words", "natural", "phonemes")),
                speaker=speaker,
            )
            for index, (speaker, items) in enumerate(prompts)
        ]
        for seconds in plan.prompt_seconds
    ]


def _crossing(en: Sequence[Pair], zh: Sequence[Pair], plan: Plan) -> list[list[Case]]:
    """The same voices in their own language and in the other one."""
    return [
        [
            Case(
                f"{voices} voice, {language} text",
                pair.prompt.id,
                texts[index % len(texts)],
                language,
                Prompt((pair.prompt.id,)),
                frozenset(("voice", "phonemes")),
                speaker=pair.prompt.speaker,
            )
            for index, pair in enumerate(spread(pairs, plan.crossing))
        ]
        for voices, pairs in (("en", en), ("zh", zh))
        for language, texts in (("en", sentences.ENGLISH), ("zh", sentences.MANDARIN))
    ]


def _styles(
    pairs: Sequence[Pair], texts: Sequence[str], plan: Plan, study: str, seconds: float | None
) -> list[Case]:
    """About ten seconds in, about ten seconds out."""
    return [
        Case(
            study,
            f"{pair.prompt.speaker}-{pair.prompt.manner}",
            f"{texts[(5 * index) % len(texts)]} {texts[(5 * index + 2) % len(texts)]}",
            prompt=Prompt(pair.both, seconds),
            measures=frozenset(("style", "voice")),
            manner=pair.prompt.manner,
            speaker=pair.prompt.speaker,
        )
        for index, pair in enumerate(spread(pairs, plan.styles))
    ]


def _mixtures(pairs: Sequence[Pair], plan: Plan) -> list[Case]:
    """The voice of one and the face of another."""
    order = np.random.default_rng(3).permutation(len(pairs))
    cases = []
    for index, voice in enumerate(spread(pairs, plan.mixtures)):
        face = pairs[order[index]]
        if face.prompt.speaker == voice.prompt.speaker:
            face = pairs[order[-1 - index]]
        cases.append(
            Case(
                "mixtures",
                f"{voice.prompt.id}+{face.prompt.id}",
                f"{sentences.ENGLISH[index % 6]} {sentences.ENGLISH[(index + 1) % 6]}",
                prompt=Prompt(voice.both, face=face.both),
                measures=frozenset(("voice", "mixture")),
                manner=face.prompt.manner,
                speaker=voice.prompt.speaker,
            )
        )
    return cases


def _moving(english: Sequence[Case], plan: Plan) -> list[Case]:
    return spread([case for case in english if len(case.text) > 40], plan.rendered)


def _many_steps(english: Sequence[Case], styles: Sequence[Case], plan: Plan) -> list[list[Case]]:
    """Words of single sentences; manners over ten seconds, in which somebody may blink more than once."""
    asked: tuple[tuple[str, Sequence[Case], frozenset[Measure]], ...] = (
        (MANY_STEPS, english, frozenset(("words", "phonemes"))),
        (MANY_STEPS_STYLES, styles, frozenset(("style", "voice"))),
    )
    return [
        [
            replace(case, study=study, steps=16, guidance=plan.guidance, measures=measures)
            for case in spread(cases, plan.steps)
        ]
        for study, cases, measures in asked
    ]


def _long(prompts: Sequence[Prompt], plan: Plan) -> list[Case]:
    """Minutes in one run: the same passage again and again, so that only drift makes a difference."""
    times = max(2, round(plan.long_minutes * 60 / sentences.PASSAGE_SECONDS))
    text = " ".join([sentences.PASSAGE] * times)
    return [Case("long", "passage", text, prompt=prompts[0], kind="long")] if prompts else []


def _teachers(infos: Sequence[ItemInfo], plan: Plan) -> list[Case]:
    """Recordings of trained styles in all manners alike, and those of tests, to tell manners apart by.

    Every case has some of each manner, so that a run that is cut off knows them all.
    """
    cases = []
    for split, most in (("train", plan.teacher_items), ("test", plan.teacher_items // 3)):
        groups: dict[str, list[str]] = {}
        for info in infos:
            made = info.has_motion and not info.is_real
            if made and info.split == split and info.language == "en" and info.seconds > 2:
                groups.setdefault(info.manner, []).append(info.id)
        fair = [spread(ids, most // max(1, len(groups))) for ids in groups.values()]
        chosen = [name for turn in zip_longest(*fair) for name in turn if name]
        for begin in range(0, len(chosen), ITEMS_PER_TEACHER_CASE):
            part = tuple(chosen[begin : begin + ITEMS_PER_TEACHER_CASE])
            cases.append(Case(f"teacher, {split}", str(begin), kind="teacher", items=part))
    return cases
