"""`omnitalker verify`: was this file made by OmniTalker?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    app.command("verify")(verify)


def verify(
    file: Annotated[
        Path, typer.Argument(help="A sound or a film, also cut, scaled or encoded anew.")
    ],
) -> None:
    """Was this made by OmniTalker? Reads the marks in sound and pictures. Exit code 0: yes, 1: no mark found.

    Example: omnitalker verify out/hello.mp4
    """
    from omnitalker.studio.verify import verify as look

    verdict = look(file)
    for line in verdict.lines():
        print(line)
    raise typer.Exit(0 if verdict.is_ours else 1)
