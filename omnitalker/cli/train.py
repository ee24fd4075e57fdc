"""`omnitalker train` and `pack`: networks, and checkpoints of them."""

from __future__ import annotations

import importlib.util
import logging
from pathlib import Path
from typing import Annotated, Literal

import typer

from omnitalker.base.errors import MissingExtra

TrainKind = Literal["dit", "prosody", "duration", "aligner", "vocoder", "refiner", "mood"]


def register(app: typer.Typer) -> None:
    app.command("train")(train)
    app.command("pack")(pack)


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
    What was learnt lies in the run's folder at its end, named as `pack` wants it.

    Examples:

      omnitalker train dit configs/train/dit.yaml

      omnitalker train dit configs/train/dit.yaml --resume
    """
    logging.getLogger("omnitalker.training").setLevel(logging.INFO)
    for package in ("accelerate", "tensorboard", "vocos"):
        if importlib.util.find_spec(package) is None:
            raise MissingExtra(package, "train", "Training")
    from omnitalker.training import runner

    runner.train(
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
