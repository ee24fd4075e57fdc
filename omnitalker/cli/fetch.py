"""`omnitalker fetch`: the weights, where they did not come with the program."""

from __future__ import annotations

from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    app.command("fetch")(fetch)


def fetch(
    wheel: Annotated[str, typer.Argument(help="The wheel omnitalker-tiny: a path or a URL.")],
    sha256: Annotated[
        str | None, typer.Option("--sha256", help="Its digest; a URL needs one.")
    ] = None,
) -> None:
    """Unpack a wheel of weights into the cache, every file checked."""
    from omnitalker.base.fetch import fetch as bring

    for folder in bring(wheel, sha256):
        print(f"{folder} is ready")
