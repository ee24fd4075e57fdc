"""`omnitalker eval model`: one command, one table, JSON: how well a checkpoint talks and moves."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from omnitalker.audio.mel import mel_covering
from omnitalker.evaluation.cases import Case, built_in_cases, held_out_cases, real_voice_cases
from omnitalker.evaluation.figures import (
    LipFigures,
    correlation,
    expression_rows,
    frechet_distance,
    lip_figures,
    pose_rows,
    style_figures,
)
from omnitalker.evaluation.voice import VoiceSimilarity
from omnitalker.evaluation.words import (
    ErrorCount,
    PocketsphinxRecogniser,
    SpeechRecogniser,
    count_errors,
    words_of,
)
from omnitalker.files import AtomicFile
from omnitalker.models.recogniser import align, recognise
from omnitalker.request import SpeakRequest
from omnitalker.text.symbols import SILENT
from omnitalker.types import FloatArray, TimedPhoneme

if TYPE_CHECKING:
    from omnitalker.pipeline import OmniTalkerOutput, OmniTalkerPipeline
    from omnitalker.sampling.generate import SamplingSettings

OnProgress = Callable[[float, str], None]


@dataclass(frozen=True)
class Plan:
    """How much to evaluate."""

    english: int = 100
    mandarin: int = 40
    real: int = 26
    prompt_seconds: tuple[float, ...] = (1.0, 3.0, 8.0)
    """Lengths of prompt at which real voices are judged."""


@dataclass(frozen=True)
class Spoken:
    case: Case
    output: OmniTalkerOutput
    wall_seconds: float
    phonemes: tuple[TimedPhoneme, ...]
    """What the recogniser finds of the intended phonemes, with times."""


def evaluate(
    pipeline: OmniTalkerPipeline,
    corpus_dir: str | Path | None = None,
    *,
    plan: Plan | None = None,
    sampling: SamplingSettings | None = None,
    on_progress: OnProgress | None = None,
) -> dict[str, Any]:
    """The table as nested plain values. Without a corpus the shipped voices are judged."""
    plan = plan or Plan()
    groups = _groups(pipeline, corpus_dir, plan)
    total = max(1, sum(map(len, groups.values())))
    ears, voices = PocketsphinxRecogniser(), VoiceSimilarity()
    result: dict[str, Any] = {}
    done = 0
    for name, cases in groups.items():
        spoken = []
        for case in cases:
            spoken.append(speak(pipeline, case, sampling))
            done += 1
            if on_progress:
                on_progress(done / total, name)
        if spoken:
            result[name] = judge(pipeline, spoken, ears, voices)
    return result


def speak(
    pipeline: OmniTalkerPipeline, case: Case, sampling: SamplingSettings | None = None
) -> Spoken:
    from omnitalker.pipeline import collect

    request = SpeakRequest(case.text, case.prompt, sampling=sampling or pipeline.sampling)
    started = time.perf_counter()
    output = collect(pipeline.stream(request))
    wall = time.perf_counter() - started
    mel = mel_covering(output.speech.samples)
    intended = pipeline.frontend.prepare(case.text).phonemes
    assert pipeline.recogniser is not None, "this checkpoint has no recogniser to judge with"
    return Spoken(case, output, wall, align(pipeline.recogniser, mel, intended).phonemes)


def judge(
    pipeline: OmniTalkerPipeline,
    spoken: Sequence[Spoken],
    ears: SpeechRecogniser,
    voices: VoiceSimilarity,
) -> dict[str, Any]:
    """All figures of one group."""
    seconds = sum(s.output.speech.seconds for s in spoken)
    figures: dict[str, Any] = {
        "pieces": len(spoken),
        "seconds": round(seconds, 1),
        "real_time_factor_sound": sum(s.wall_seconds for s in spoken) / seconds,
        "phoneme_error_rate": _phoneme_errors(pipeline, spoken, teacher=False).rate,
    }
    teachers = [s for s in spoken if s.case.teacher_sound is not None]
    if spoken[0].case.language == "en":
        figures["word_error_rate"] = _word_errors(ears, spoken, teacher=False).rate
    if teachers:
        figures["teacher_phoneme_error_rate"] = _phoneme_errors(pipeline, teachers, True).rate
        if spoken[0].case.language == "en":
            figures["teacher_word_error_rate"] = _word_errors(ears, teachers, True).rate
    figures["similarity"] = _similarity(voices, spoken)
    figures |= _lips(spoken)
    figures |= _manners(spoken)
    figures |= _distances(teachers)
    return figures


def write_report(result: dict[str, Any], path: str | Path) -> None:
    with AtomicFile(path) as temporary:
        temporary.write_text(json.dumps(result, indent=2), encoding="utf-8")


def table(result: dict[str, Any]) -> str:
    """Figures down, groups across."""
    names = list(dict.fromkeys(key for group in result.values() for key in group))
    width = max(map(len, names), default=0)
    lines = [" " * width + "".join(f"{group:>22}" for group in result)]
    for name in names:
        cells = (group.get(name, "") for group in result.values())
        shown = (f"{c:>22.3f}" if isinstance(c, float) else f"{c!s:>22}" for c in cells)
        lines.append(f"{name:{width}}" + "".join(shown))
    return "\n".join(lines)


def _groups(
    pipeline: OmniTalkerPipeline, corpus_dir: str | Path | None, plan: Plan
) -> dict[str, list[Case]]:
    if corpus_dir is None:
        cases = built_in_cases(pipeline.styles, plan.english)
        return {
            f"built-in {language}": [case for case in cases if case.language == language]
            for language in ("en", "zh")
        }
    from omnitalker.training.corpus.store import open_corpus

    corpus = open_corpus(corpus_dir)
    english = [c for c in held_out_cases(corpus, "en", 10**6) if not c.is_real]
    groups = {
        "held-out en": english[: plan.english],
        "held-out zh": held_out_cases(corpus, "zh", plan.mandarin),
    }
    for seconds in plan.prompt_seconds:
        groups[f"real, {seconds:g} s prompt"] = real_voice_cases(corpus, plan.real, seconds)
    crossing = [c for c in english if c.language == "en"][: plan.mandarin // 2]
    chinese = "今天的天气很好，我们去公园散步吧。"
    groups["en voice, zh text"] = [
        replace(c, text=chinese, language="zh", teacher_sound=None, teacher_motion=None)
        for c in crossing
    ]
    return groups


def _word_errors(ears: SpeechRecogniser, spoken: Sequence[Spoken], teacher: bool) -> ErrorCount:
    total = ErrorCount()
    for piece in spoken:
        heard = ears.transcribe(_sound(piece, teacher))
        said = " ".join(word.text for word in piece.output.speech.words)
        total += count_errors(words_of(said), words_of(heard))
    return total


def _phoneme_errors(
    pipeline: OmniTalkerPipeline, spoken: Sequence[Spoken], teacher: bool
) -> ErrorCount:
    assert pipeline.recogniser is not None
    total = ErrorCount()
    for piece in spoken:
        heard = recognise(pipeline.recogniser, mel_covering(_blocks(_sound(piece, teacher))))
        meant = [p.symbol for p in pipeline.frontend.prepare(piece.case.text).phonemes]
        total += count_errors(
            [symbol for symbol in meant if symbol not in SILENT],
            [t.phoneme.symbol for t in heard.phonemes if t.phoneme.symbol not in SILENT],
        )
    return total


def _similarity(voices: VoiceSimilarity, spoken: Sequence[Spoken]) -> float:
    values = [
        voices(piece.case.prompt_sound, piece.output.speech.samples)
        for piece in spoken
        if piece.case.prompt_sound is not None
    ]
    return float(np.mean(values)) if values else float("nan")


def _lips(spoken: Sequence[Spoken]) -> dict[str, float]:
    """By the coefficients; `eval face` measures the same on rendered frames."""
    each: list[LipFigures] = [lip_figures(s.output.motion.values, s.phonemes) for s in spoken]
    closures = sum(lips.closures for lips in each)
    return {
        "bilabials_closed": sum(lips.closed for lips in each) / max(1, closures),
        "lip_contrast": float(np.nanmean([lips.contrast for lips in each])),
    }


def _manners(spoken: Sequence[Spoken]) -> dict[str, float]:
    """Correlation of style figures between prompt and output."""
    pairs = [
        (
            style_figures(piece.case.prompt_sound, piece.case.prompt.motion, _rate_of(piece.case)),
            style_figures(
                piece.output.speech.samples, piece.output.motion.values, _rate(piece.phonemes)
            ),
        )
        for piece in spoken
        if piece.case.prompt_sound is not None and piece.case.prompt.has_motion
    ]
    if len(pairs) < 8:
        return {}
    return {
        f"r {name}": correlation([a[name] for a, _ in pairs], [b[name] for _, b in pairs])
        for name in pairs[0][0]
    }


def _distances(spoken: Sequence[Spoken]) -> dict[str, float]:
    pairs = [s for s in spoken if s.case.teacher_motion is not None]
    if not pairs:
        return {}
    made = np.concatenate([s.output.motion.values for s in pairs])
    true = np.concatenate([s.case.teacher_motion.values for s in pairs if s.case.teacher_motion])
    return {
        "E-FD": frechet_distance(expression_rows(made), expression_rows(true)),
        "P-FD": frechet_distance(pose_rows(made), pose_rows(true)),
    }


def _rate(phonemes: tuple[TimedPhoneme, ...]) -> float:
    """Phonemes per second of speech, pauses left out."""
    spoken = [p for p in phonemes if p.phoneme.symbol not in SILENT]
    return len(spoken) / max(1e-3, sum(p.end - p.start for p in spoken))


def _rate_of(case: Case) -> float:
    symbols = case.prompt.phonemes
    changes = np.flatnonzero(np.diff(symbols)) + 1
    runs = np.split(symbols, changes)
    spoken = [len(run) for run in runs if run[0] > 5]
    return len(spoken) / max(1e-3, sum(spoken) / 93.75)


def _sound(piece: Spoken, teacher: bool) -> FloatArray:
    if teacher:
        assert piece.case.teacher_sound is not None
        return piece.case.teacher_sound
    return piece.output.speech.samples


def _blocks(samples: FloatArray) -> FloatArray:
    return samples[: len(samples) // 3840 * 3840]
