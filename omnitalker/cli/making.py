"""`omnitalker train`, `corpus`, `style`: making models, data and voices."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Annotated, Literal

import typer

from omnitalker.base import timeline
from omnitalker.base.assets import DEFAULT_CHECKPOINT
from omnitalker.cli import options
from omnitalker.cli.progress import progress_bar

TrainKind = Literal["dit", "prosody", "duration", "aligner", "vocoder", "refiner", "mood"]

corpus_app = typer.Typer(no_args_is_help=True, help="Build or import training data.")
style_app = typer.Typer(no_args_is_help=True, help="Voices and manners as reusable files.")


def register(app: typer.Typer) -> None:
    app.command("train")(train)
    app.command("pack")(pack)
    app.add_typer(corpus_app, name="corpus")
    app.add_typer(style_app, name="style")


def train(
    kind: Annotated[TrainKind, typer.Argument(help="Which network to train.")],
    config: Annotated[Path, typer.Argument(help="Its YAML file, see configs/train.")],
    run_dir: Annotated[
        Path | None, typer.Option(help="Where checkpoints and logs go (default: runs/KIND).")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on from the run's last checkpoint, exactly.")
    ] = False,
    init_from: Annotated[
        Path | None, typer.Option(help="Begin with the weights of another checkpoint.")
    ] = None,
    override: Annotated[
        list[str] | None,
        typer.Option("--set", help="key=value over the YAML, e.g. --set loop.steps=100."),
    ] = None,
) -> None:
    """Train one of the networks. Runs under `accelerate launch` on several GPUs as it is.

    How far along it is stands in the log and in progress.json; figures go to TensorBoard, samples to samples/.

    Examples:

      omnitalker train dit configs/train/dit.yaml

      omnitalker train dit configs/train/dit.yaml --resume
    """
    from omnitalker.cli import train as trainers

    logging.getLogger("omnitalker.training").setLevel(logging.INFO)
    trainers.run(
        kind,
        config,
        run_dir=run_dir or Path("runs") / kind,
        resume=resume,
        init_from=init_from,
        overrides=tuple(override or ()),
    )


def pack(
    checkpoint: Annotated[
        Path, typer.Argument(help="Folder with transformer, duration, vocoder, recogniser.")
    ],
    voices: Annotated[
        Path | None, typer.Option(help="YAML of built-in voices, see configs/train/voices.yaml.")
    ] = None,
    steps: Annotated[int, typer.Option(help="Default network steps.")] = 4,
    schedule: Annotated[str, typer.Option(help="uniform, sway or epss.")] = "sway",
    text_guidance: Annotated[float, typer.Option(help="Default guidance; 1 = off.")] = 1.0,
) -> None:
    """Put trained parts together into a checkpoint, with its built-in voices."""
    from omnitalker.training.pack import pack as put_together

    made = put_together(
        checkpoint, voices, steps=steps, schedule=schedule, text_guidance=text_guidance
    )
    for voice, manners in made.items():
        print(f"{voice}: {', '.join(manners)}")


@corpus_app.command("build")
def corpus_build(
    config: Annotated[Path, typer.Argument(help="See configs/train/corpus.yaml.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="The corpus folder.")] = Path(
        "runs/corpus"
    ),
    workers: Annotated[int, typer.Option(help="Processes.")] = 2,
    limit: Annotated[int | None, typer.Option(help="Only the first so many items.")] = None,
) -> None:
    """Make the synthetic and real-speech corpus; stop it at any time, it goes on where it was."""
    from omnitalker.corpus import build

    build(config, out=out, workers=workers, limit=limit)


@corpus_app.command("motion")
def corpus_motion(
    config: Annotated[Path, typer.Argument(help="What the corpus was built with.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="The corpus folder.")] = Path(
        "runs/corpus"
    ),
) -> None:
    """Give every item with words its motion anew, after a change of the motion teacher."""
    from omnitalker.base.config import load_config
    from omnitalker.corpus.config import CorpusConfig
    from omnitalker.corpus.motion import refresh_motion

    count = refresh_motion(out, load_config(CorpusConfig, config))
    typer.echo(f"{count} items move by the teacher of today")


@corpus_app.command("import")
def corpus_import(
    folder: Annotated[Path, typer.Argument(help="Talking videos, each with a .txt beside it.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="The corpus folder.")] = Path(
        "runs/corpus"
    ),
    checkpoint: Annotated[str, typer.Option(help="For its aligner.")] = DEFAULT_CHECKPOINT,
) -> None:
    """Track, align and filter your own videos into training data."""
    from omnitalker.corpus import import_folder

    def tell(name: str, outcome: str) -> None:
        print(f"{name}: {outcome}", flush=True)

    report = import_folder(folder, out=out, checkpoint=checkpoint, on_clip=tell)
    print(
        f"{report.items} new items, {report.seconds:.0f} s; {len(report.left_out)} files left out"
    )
    if (out / "sheet.png").is_file():
        print(f"{out}: see report.json and sheet.png")


@style_app.command("create")
def style_create(
    clip: Annotated[Path, typer.Argument(help="A clip or recording of 1-10 s.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The .safetensors to write.")],
    text: Annotated[str | None, typer.Option(help="What is said in it (optional).")] = None,
    checkpoint: options.Checkpoint = DEFAULT_CHECKPOINT,
) -> None:
    """Analyse a clip once; use its voice and manner for ever with --style."""
    from omnitalker.reference.style import save_style
    from omnitalker.studio.casting import Studio

    with progress_bar("Analysing") as update:
        update(0.1, "loading")
        studio = Studio.from_pretrained(checkpoint)
        update(0.4, "tracking and listening")
        reference = studio.reference(clip, text)
        update(1.0)
    for warning in reference.warnings:
        print(f"note: {warning}")
    save_style(studio.style(ref=clip, ref_text=text), output)
    print(f"{output}: use it with --style {output}")


@style_app.command("list")
def style_list(
    checkpoint: options.Checkpoint = DEFAULT_CHECKPOINT,
) -> None:
    """The built-in voices and their manners."""
    from omnitalker.base import assets
    from omnitalker.reference.library import StyleLibrary

    for name, manners in StyleLibrary(assets.checkpoint_dir(checkpoint)).catalogue().items():
        print(f"{name:12} {', '.join(manners)}")


@style_app.command("show")
def style_show(file: Annotated[Path, typer.Argument(help="A style file.")]) -> None:
    """What is in a style file."""
    from omnitalker.reference.style import load_style

    style = load_style(file)
    seconds = float(style.blocks * timeline.BLOCK_SECONDS)
    known = float((style.phonemes > 0).mean())
    print(f"length      {seconds:.2f} s")
    print(f"voice       {'yes' if style.has_voice else 'no (a placeholder)'}")
    print(f"face        {'yes' if style.has_motion else 'no (a placeholder)'}")
    print(f"phonemes    {100 * known:.0f} % known")
    for name, value in sorted(style.metadata.items()):
        print(f"{name:11} {value}")


@style_app.command("mix")
def style_mix(
    voice: Annotated[Path, typer.Argument(help="Style file that lends the voice.")],
    face: Annotated[Path, typer.Argument(help="Style file that lends the facial manner.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The .safetensors to write.")],
    expressiveness: Annotated[float, typer.Option(help="0 calm .. 2 lively.")] = 1.0,
) -> None:
    """The voice of one, the facial manner of another."""
    from omnitalker.reference.style import load_style, mix_styles, save_style, scale_style

    mixed = scale_style(mix_styles(load_style(voice), load_style(face)), expressiveness)
    save_style(mixed, output)
    print(f"{output}: use it with --style {output}")
