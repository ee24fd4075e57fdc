"""`omnitalker corpus`: training data."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from omnitalker.base.assets import DEFAULT_CHECKPOINT

corpus_app = typer.Typer(no_args_is_help=True, help="Build or import training data.")


def register(app: typer.Typer) -> None:
    app.add_typer(corpus_app, name="corpus")


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

    told: set[str] = set()

    def tell(name: str, outcome: str) -> None:
        told.add(name)
        print(f"{name}: {outcome}", flush=True)

    report = import_folder(folder, out=out, checkpoint=checkpoint, on_clip=tell)
    for name, reason in report.left_out.items():
        if name not in told:  # it was left out by an earlier run
            tell(name, reason)
    print(
        f"{report.items} new items, {report.seconds:.0f} s; {len(report.left_out)} files left out"
    )
    if (out / "sheet.png").is_file():
        print(f"{out}: see report.json and sheet.png")
