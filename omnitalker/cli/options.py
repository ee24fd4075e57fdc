"""Options that several commands share, said once."""

from __future__ import annotations

from typing import Annotated

import typer

Checkpoint = Annotated[str, typer.Option(help="Checkpoint folder.")]
Device = Annotated[str, typer.Option(help="cpu, cuda, cuda:1, mps.")]
RendererName = Annotated[
    str, typer.Option(help="warp (photo-real), refined (learned on top), sketch (debugging).")
]
