"""`omnitalker eval model`: one command, one table, JSON and a picture: how well a checkpoint talks and moves."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from concurrent.futures import BrokenExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from omnitalker.base import assets
from omnitalker.base.files import AtomicFile
from omnitalker.evaluation import rows as tables
from omnitalker.evaluation.cases import Case
from omnitalker.evaluation.journal import Journal, subject_of
from omnitalker.evaluation.picture import draw
from omnitalker.evaluation.rows import Row, row
from omnitalker.evaluation.studies import Plan, all_cases, without_corpus
from omnitalker.evaluation.summary import summarise
from omnitalker.evaluation.workers import run
from omnitalker.generation.sample import SamplingSettings
from omnitalker.pipeline import OmniTalkerPipeline

log = logging.getLogger(__name__)
OnProgress = Callable[[float, str], None]


@dataclass(frozen=True)
class Evaluation:
    """What is asked. Figures go to `output` (.json), the picture and the single records beside it."""

    checkpoint: str
    output: Path
    corpus: Path | None = None
    """Held-out items to judge by; None: the checkpoint's own voices, and fewer figures."""
    plan: Plan = field(default_factory=Plan)
    sampling: SamplingSettings | None = None
    """None: the live setting of the checkpoint."""
    studies: tuple[str, ...] = ()
    """Only studies whose names begin so; () = all."""
    workers: int = 2
    resume: bool = False
    """Go on with the records that are there, if they are of the same weights and settings."""
    max_minutes: float | None = None
    """Begin no new case after so long; what there is by then is summed up."""
    speed: bool = True
    """Also measure speed at the end, when nothing else runs."""


@dataclass(frozen=True)
class Result:
    rows: list[Row]
    failures: dict[str, str]
    raw: Result | None = None
    """The same without the checkpoint's corrections, where that was measured."""

    def table(self) -> str:
        lines = [tables.table(self.rows, () if self.raw is None else self.raw.rows)]
        lines += [f"failed: {name}: {reason}" for name, reason in sorted(self.failures.items())]
        return "\n".join(lines)


def evaluate(asked: Evaluation, on_progress: OnProgress | None = None) -> Result:
    """Measure what is missing, sum it all up, write it down."""
    folder = assets.checkpoint_dir(asked.checkpoint)
    pipeline = OmniTalkerPipeline.from_pretrained(asked.checkpoint)
    live = asked.sampling or pipeline.sampling
    cases = _wanted(_cases(pipeline, asked), asked.studies)
    journal = Journal(
        records_file(asked.output), subject_of(folder, repr(live)), resume=asked.resume
    )
    missing = journal.missing(cases)
    try:
        run(
            missing,
            journal,
            checkpoint=str(folder),
            corpus_dir=str(asked.corpus) if asked.corpus else None,
            live=live,
            workers=asked.workers,
            max_minutes=asked.max_minutes,
            on_progress=on_progress,
        )
    except (KeyboardInterrupt, BrokenExecutor) as error:
        log.warning("stopped by %s: summing up what there is", type(error).__name__)
    extra = _speed(asked.checkpoint) if asked.speed else []
    return report(journal, asked.output, extra)


def report(journal: Journal, output: Path, extra: list[Row] | None = None) -> Result:
    """Sum up the records there are: table, JSON, picture."""
    studies = journal.by_study()
    result = Result([*summarise(studies), *(extra or [])], journal.failures())
    readers = {
        study: {r["name"]: round(r["voice"]["similarity"], 3) for r in records}
        for study, records in studies.items()
        if study.startswith(("people", "voices"))
    }
    written: dict[str, Any] = {
        "figures": tables.plain(result.rows),
        "similarity_each": readers,
        "failures": result.failures,
    }
    with AtomicFile(output) as temporary:
        temporary.write_text(json.dumps(written, indent=1) + "\n", encoding="utf-8")
    with AtomicFile(output.with_suffix(".txt")) as temporary:
        temporary.write_text(result.table() + "\n", encoding="utf-8")
    draw(studies, result.rows, output.with_suffix(".png"))
    return result


def records_file(output: Path) -> Path:
    return output.with_suffix(".records.jsonl")


def _cases(pipeline: OmniTalkerPipeline, asked: Evaluation) -> list[Case]:
    if asked.corpus is None:
        return without_corpus(pipeline.styles, asked.plan)
    from omnitalker.corpus.store import open_corpus

    return all_cases(open_corpus(asked.corpus).infos, asked.plan)


def _wanted(cases: list[Case], studies: tuple[str, ...]) -> list[Case]:
    return [case for case in cases if not studies or case.study.startswith(studies)]


def _speed(checkpoint: str) -> list[Row]:
    from omnitalker.evaluation.bench.speed import measure

    found = measure(OmniTalkerPipeline.from_pretrained(checkpoint).casting, runs=3)
    group = "speed (seconds of work per second)"
    return [
        row(group, "sound alone", found["sound"]["real_time_factor"], 3, at_most=0.12),
        row(
            group,
            "text to mp4, 512 px",
            found["video at 512 px"]["real_time_factor"],
            3,
            at_most=0.4,
        ),
        row(
            "speed",
            "first sound of a live reply, seconds",
            found["first sound, live"]["seconds"],
            3,
        ),
    ]
