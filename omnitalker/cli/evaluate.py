"""`omnitalker eval`: figures of a checkpoint or a face."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from omnitalker.base.assets import DEFAULT_CHECKPOINT, checkpoint_dir
from omnitalker.cli.progress import progress_bar

eval_app = typer.Typer(no_args_is_help=True, help="Measure a checkpoint or a face.")


def register(app: typer.Typer) -> None:
    app.add_typer(eval_app, name="eval")


@eval_app.command("model")
def eval_model(
    checkpoint: Annotated[str, typer.Argument(help="Checkpoint folder.")] = DEFAULT_CHECKPOINT,
    corpus: Annotated[
        Path | None, typer.Option(help="Corpus with held-out items; without: built-in voices.")
    ] = None,
    share: Annotated[float, typer.Option(help="Part of all cases: 0.1 is a quick look.")] = 1.0,
    study: Annotated[
        list[str] | None, typer.Option(help="Only studies whose names begin so; may be repeated.")
    ] = None,
    steps: Annotated[int | None, typer.Option(help="Network steps (default: live).")] = None,
    guidance: Annotated[
        float | None, typer.Option(help="Text guidance; 1 = off (default: live).")
    ] = None,
    prompt_seconds: Annotated[
        float | None, typer.Option(help="At most so much of a prompt is used (default: live).")
    ] = None,
    workers: Annotated[int, typer.Option(help="Processes of one thread each.")] = 2,
    resume: Annotated[
        bool, typer.Option(help="Go on after a cut-off, with the same weights.")
    ] = False,
    max_minutes: Annotated[
        float | None, typer.Option(help="Begin no new case after so long, and sum up.")
    ] = None,
    speed: Annotated[bool, typer.Option(help="Measure speed at the end.")] = True,
    raw: Annotated[
        bool, typer.Option(help="Also without the checkpoint's corrections, beside each figure.")
    ] = True,
    output: Annotated[Path, typer.Option("--output", "-o")] = Path("out/eval.json"),
) -> None:
    """Words, voice, manner, lips, long texts and speed of a checkpoint in one table, JSON and a picture."""
    from dataclasses import replace

    from omnitalker.evaluation.model import Evaluation, evaluate
    from omnitalker.evaluation.studies import Plan
    from omnitalker.generation.guidance import Guidance
    from omnitalker.generation.parts import sampling_of
    from omnitalker.models.checkpoint import read_settings

    sampling = sampling_of(read_settings(checkpoint_dir(checkpoint)))
    if guidance is not None:
        sampling = replace(sampling, guidance=Guidance(text=guidance))
    if steps:
        sampling = replace(sampling, steps=steps)
    if prompt_seconds:
        sampling = replace(sampling, prompt_seconds=prompt_seconds)
    plan = Plan() if share >= 1 else Plan().scaled(share)
    asked = Evaluation(
        checkpoint,
        output,
        corpus,
        plan,
        sampling,
        tuple(study or ()),
        workers,
        resume,
        max_minutes,
        speed,
    )
    with progress_bar("Evaluating") as update:
        result = evaluate(asked, on_progress=update)
    if raw and sampling.corrections:
        bare = replace(sampling, corrections=())
        beside = output.with_name(f"{output.stem}_raw{output.suffix}")
        with progress_bar("Evaluating raw") as update:
            measured = evaluate(
                replace(asked, output=beside, sampling=bare, speed=False), on_progress=update
            )
        result = replace(result, raw=measured)
    print(result.table())
    print(output)


@eval_app.command("face")
def eval_face(
    clip: Annotated[Path, typer.Argument(help="A clip of at least 2 s with one face.")],
    size: Annotated[int, typer.Option(help="Picture side.")] = 512,
    output: Annotated[Path, typer.Option("--output", "-o")] = Path("out/eval_face.json"),
) -> None:
    """Track, render, track again: how true the picture is, and what a frame costs."""
    from omnitalker.evaluation.face import run, table

    with progress_bar("Evaluating") as update:
        report = run(clip, output, size, on_progress=update)
    marks = {True: "met", False: "MISSED", None: ""}
    for name, value, goal, met in table(report):
        shown = "-" if value is None else f"{value:.3f}"
        print(f"{name:34}{shown:>10}  {goal:10}{marks[met]}")
    print(output)


@eval_app.command("talkers")
def eval_talkers(
    folder: Annotated[
        Path, typer.Argument(help="Clips of people who talk, with manifest.csv (and .align files).")
    ],
    checkpoint: Annotated[
        str, typer.Option(help="Whose recogniser hears the phonemes.")
    ] = DEFAULT_CHECKPOINT,
    output: Annotated[Path, typer.Option("--output", "-o")] = Path("out/eval_talkers.json"),
) -> None:
    """How near the made mouth comes to real ones: same words, same times, on clips that nothing was learnt from."""
    import json
    from dataclasses import asdict

    from omnitalker.corpus.alignment import load_recogniser
    from omnitalker.evaluation.talkers import compare, read_talkers
    from omnitalker.generation.motion_teacher import teach

    recogniser = load_recogniser(checkpoint_dir(checkpoint) / "recogniser")
    clips = list(read_talkers(folder, recogniser))
    named = {clip.talker for clip in clips}
    groups = {talker: [c for c in clips if c.talker == talker] for talker in sorted(named)}
    figures = {
        talker: asdict(compare(found, lambda phonemes, samples: teach(phonemes, samples).values))
        for talker, found in groups.items()
    }
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(json.dumps(figures, indent=1), encoding="utf-8")
    for talker, values in figures.items():
        print(talker, ", ".join(f"{name} {value:.3g}" for name, value in values.items()))


@eval_app.command("vocoder")
def eval_vocoder(
    vocoder: Annotated[Path, typer.Argument(help="Vocoder folder.")] = Path(
        DEFAULT_CHECKPOINT, "vocoder"
    ),
    corpus: Annotated[Path, typer.Option(help="Corpus with held-out items.")] = Path("runs/corpus"),
    clips: Annotated[int, typer.Option(help="Clips of real, and as many of made voices.")] = 40,
    output: Annotated[Path, typer.Option("--output", "-o")] = Path("out/eval_vocoder.json"),
) -> None:
    """Held-out speech taken apart to mels and put together again: is it still understood, who is it?"""
    import json

    from omnitalker.base.files import AtomicFile
    from omnitalker.evaluation.rows import plain, table
    from omnitalker.evaluation.vocoder_report import report

    rows = report(vocoder, corpus, clips)
    with AtomicFile(output) as temporary:
        temporary.write_text(json.dumps(plain(rows), indent=1) + "\n", encoding="utf-8")
    print(table(rows))
    print(output)


@eval_app.command("card")
def eval_card(
    results: Annotated[Path, typer.Argument(help="What 'eval model' wrote (.json).")],
    card: Annotated[Path, typer.Argument(help="The model card.")] = Path(
        DEFAULT_CHECKPOINT, "README.md"
    ),
) -> None:
    """Put the figures of an evaluation into a model card."""
    from omnitalker.evaluation.card import write_card

    write_card(results, card)
    print(card)


@eval_app.command("speed")
def eval_speed(
    checkpoint: Annotated[str, typer.Argument(help="Checkpoint folder.")] = DEFAULT_CHECKPOINT,
    face: Annotated[str | None, typer.Option(help="Built-in, portrait or clip.")] = None,
    size: Annotated[int, typer.Option(help="Picture side.")] = 512,
    runs: Annotated[int, typer.Option(help="Counted runs of each.")] = 5,
) -> None:
    """How much faster than real time sound and video are made. Close other programs first."""
    from omnitalker.evaluation.bench.speed import measure
    from omnitalker.studio.casting import Casting

    result = measure(
        Casting.from_pretrained(checkpoint),
        face=face,
        size=size,
        runs=runs,
    )
    for what, figures in result.items():
        print(f"{what:20}", "  ".join(f"{name} {value}" for name, value in figures.items()))


@eval_app.command("marks")
def eval_marks(
    folder: Annotated[Path, typer.Argument(help="Real recordings and films, in any depth.")],
    checkpoint: Annotated[str, typer.Option(help="Whose vocoder speaks.")] = DEFAULT_CHECKPOINT,
    most: Annotated[int, typer.Option(help="Files of each kind at the most.")] = 200,
) -> None:
    """How well the marks in sound and pictures hold, how often one is seen where none is, what they cost.

    Example: omnitalker eval marks recordings/ --most 50
    """
    from omnitalker.evaluation.marks.study import study
    from omnitalker.evaluation.rows import shown, table

    found = []
    for row in study(folder, checkpoint, most):
        found.append(row)
        print(f"{row.group}: {row.name} {shown(row.value)}", file=sys.stderr, flush=True)
    print(table(found))


@eval_app.command("scenes")
def eval_scenes(
    checkpoint: Annotated[str, typer.Argument(help="Checkpoint folder.")] = DEFAULT_CHECKPOINT,
    part: Annotated[
        list[str] | None,
        typer.Option(help="Only: directions, voices, speakers, film, long; may be repeated."),
    ] = None,
    lines: Annotated[int, typer.Option(help="Of the scene whose speakers are judged.")] = 60,
    minutes: Annotated[float, typer.Option(help="Of the long scene.")] = 10.0,
    output: Annotated[Path, typer.Option("--output", "-o")] = Path("out/scenes.json"),
) -> None:
    """Directions obeyed, speakers of lines, cuts, cost beside single lines, a long scene."""
    import json

    from omnitalker.base.files import AtomicFile
    from omnitalker.evaluation import scenes
    from omnitalker.studio.casting import Casting

    studio = Casting.from_pretrained(checkpoint)
    found: dict[str, Any] = {}
    asked = part or ["directions", "voices", "speakers", "film", "long"]
    with progress_bar("Measuring") as update:
        if "directions" in asked:
            rows = scenes.directions(studio, report=update)
            right = sum(row["right"] for row in rows)
            found["directions"] = {"changes": len(rows), "right": right / len(rows), "rows": rows}
            print(f"directions: {right} of {len(rows)} intended changes go where they should")
            for row in rows:
                if not row["right"]:
                    print(f"  wrong: {row}")
        if "voices" in asked:
            found["voices"] = scenes.voices(studio, checkpoint, update)["rows"]
            for row in found["voices"]:
                print(f"voice: {row}")
        if "speakers" in asked:
            found["speakers"] = scenes.speakers(studio, lines, update)
            print(f"speakers: {found['speakers']}")
        if "film" in asked:
            found["film"] = scenes.film(studio)
            print(f"film: {found['film']}")
        if "long" in asked:
            found["long"] = scenes.long_scene(studio, minutes, output.with_suffix(".mp4"))
            print(f"long: {found['long']}")
    with AtomicFile(output) as temporary:
        temporary.write_text(json.dumps(found, indent=1, ensure_ascii=False), encoding="utf-8")
    print(output)
