"""What is evaluated: prompts and sentences never trained, with the teacher's own reading to compare with."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from omnitalker.errors import InputError
from omnitalker.reference.style import build_style
from omnitalker.styles import StyleLibrary
from omnitalker.training.corpus.item import CorpusItem
from omnitalker.training.corpus.store import Corpus
from omnitalker.training.voices import prompt_of
from omnitalker.types import FloatArray, MotionTrack, StylePrompt

REAL_SOURCES = frozenset(("lj", "librispeech", "vctk"))

SENTENCES = {
    "en": (
        "The train leaves at seven thirty, so please be at the station early.",
        "She put the small blue box on top of the old piano.",
        "Would you mind closing the window before the rain comes in?",
        "Five brown foxes jumped over a very lazy sheepdog.",
        "My brother baked a simple apple pie for the whole village.",
        "We measured everything twice, and it still did not fit.",
    ),
    "zh": (
        "今天的天气很好，我们去公园散步吧。",
        "请把这本书放在桌子上。",
        "你明天早上几点钟起床？",
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Case:
    """Say `text` like `prompt`."""

    prompt: StylePrompt
    text: str
    language: str
    speaker: str
    manner: str
    is_real: bool = False
    prompt_sound: FloatArray | None = None
    """(N,) the prompt as it really sounded; None: only its mel is known."""
    teacher_sound: FloatArray | None = None
    """(N,) the teacher's own reading of `text`, in the same voice and manner."""
    teacher_motion: MotionTrack | None = None


def held_out_cases(corpus: Corpus, language: str, most: int) -> list[Case]:
    """Test items in pairs of one speaker and manner: one prompts, the other is the text to say."""
    groups: dict[tuple[str, str], list[int]] = defaultdict(list)
    for index, info in enumerate(corpus.infos):
        if info.split == "test" and info.language == language and info.seconds > 2.0:
            groups[info.speaker, info.manner].append(index)
    cases = []
    for (speaker, _), members in sorted(groups.items()):
        items = [corpus[index] for index in members]
        spoken = [item for item in items if item.info.has_text and item.info.text]
        if len(items) < 2 or not spoken:
            continue
        target = spoken[-1]
        prompt = next(item for item in items if item is not target)
        cases.append(_case(prompt, target, speaker))
    return _spread(cases, most)


def real_voice_cases(corpus: Corpus, most: int, seconds: float | None = None) -> list[Case]:
    """People never trained: prompted by their recording, asked to say built-in sentences."""
    found = [
        index
        for index, info in enumerate(corpus.infos)
        if info.split == "test" and info.source in REAL_SOURCES and info.seconds > 2.5
    ]
    cases = []
    for number, index in enumerate(found[:most]):
        item = corpus[index]
        text = SENTENCES["en"][number % len(SENTENCES["en"])]
        cases.append(
            Case(
                prompt=_shortened(prompt_of(item), seconds),
                text=text,
                language="en",
                speaker=item.info.speaker,
                manner=item.info.manner,
                is_real=True,
                prompt_sound=_sound(item),
            )
        )
    return cases


def built_in_cases(styles: StyleLibrary, most: int) -> list[Case]:
    """For a checkpoint without its corpus: the shipped voices say the built-in sentences."""
    cases: list[Case] = []
    for voice, manners in styles.catalogue().items():
        for manner in manners:
            language = "zh" if len(cases) % 5 == 4 else "en"
            text = SENTENCES[language][len(cases) % len(SENTENCES[language])]
            cases.append(Case(styles.get(voice, manner), text, language, voice, manner))
    if not cases:
        raise InputError("the checkpoint has no built-in voices; pass --corpus with held-out items")
    return _spread(cases, most)


def _case(prompt: CorpusItem, target: CorpusItem, speaker: str) -> Case:
    has_motion = target.info.has_motion
    return Case(
        prompt=prompt_of(prompt),
        text=target.info.text,
        language=target.info.language,
        speaker=speaker,
        manner=target.info.manner,
        is_real=target.info.source in REAL_SOURCES,
        prompt_sound=_sound(prompt),
        teacher_sound=_sound(target),
        teacher_motion=MotionTrack(target.motion.astype(np.float32)) if has_motion else None,
    )


def _shortened(prompt: StylePrompt, seconds: float | None) -> StylePrompt:
    if seconds is None:
        return prompt
    frames = int(seconds * 93.75)
    return build_style(
        mel=prompt.mel[:frames],
        motion=prompt.motion[: int(seconds * 25)] if prompt.has_motion else None,
        phonemes=prompt.phonemes[:frames],
        tones=prompt.tones[:frames],
    )


def _sound(item: CorpusItem) -> FloatArray:
    return item.samples.astype(np.float32) / 32768.0


def _spread(cases: Sequence[Case], most: int) -> list[Case]:
    """At most `most`, evenly from the whole list."""
    if len(cases) <= most:
        return list(cases)
    return [cases[index] for index in np.linspace(0, len(cases) - 1, most).astype(int)]
