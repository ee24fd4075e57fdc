"""`omnitalker reenact` and `inspect`: faces of clips."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from omnitalker.cli.consent import Agreed, ask_consent
from omnitalker.cli.progress import progress_bar


def register(app: typer.Typer) -> None:
    app.command("reenact")(reenact)
    app.command("inspect")(inspect)


def reenact(
    source: Annotated[Path, typer.Option(help="Portrait or clip that lends the face.")],
    driving: Annotated[Path, typer.Option(help="Clip that lends motion and sound.")],
    output: Annotated[Path, typer.Option("--output", "-o")] = Path("out/reenacted.mp4"),
    size: Annotated[int, typer.Option(help="Picture side: 256, 512 or 768.")] = 512,
    pose: Annotated[
        Literal["relative", "absolute"],
        typer.Option(help="Head pose relative to the source's own, or the driver's itself."),
    ] = "relative",
    expression_strength: Annotated[float, typer.Option(help="0 still .. 2 exaggerated.")] = 1.0,
    pose_strength: Annotated[float, typer.Option(help="0 still .. 2 exaggerated.")] = 1.0,
    expression: Annotated[bool, typer.Option(help="Follow the driver's expression.")] = True,
    follow_pose: Annotated[bool, typer.Option(help="Follow the driver's head.")] = True,
    i_have_consent: Agreed = False,
) -> None:
    """The motion of one, the face of another.

    Example: omnitalker reenact --source portrait.png --driving clip.mp4 -o out.mp4
    """
    from omnitalker.media.intake import check_file
    from omnitalker.studio.reenact import Reenactment
    from omnitalker.studio.reenact import reenact as make

    for file in (source, driving):
        check_file(file)
    ask_consent([source, driving], i_have_consent)
    job = Reenactment(
        source=source,
        driving=driving,
        output=output,
        size=size,
        pose_mode=pose,
        expression_strength=expression_strength,
        pose_strength=pose_strength,
        follow_expression=expression,
        follow_pose=follow_pose,
    )
    with progress_bar("Reenacting") as update:
        warnings = make(job, update)
    for warning in warnings:
        print(f"note: {warning}")
    print(output)


def inspect(
    clip: Annotated[Path, typer.Argument(help="Clip or portrait to look into.")],
    plot: Annotated[
        Path | None, typer.Option(help="Write the curves of pose, blinks, gaze and mouth here.")
    ] = None,
    frames: Annotated[
        Path | None, typer.Option(help="Write pictures with landmarks into this folder.")
    ] = None,
) -> None:
    """Track a clip and show what was found: figures, curves, landmarks."""
    from omnitalker.reference.inspect import run

    for line in run(clip, plot=plot, frames=frames):
        print(line)
